"""Text that may be shown: secrets are struck out and card numbers masked, whatever they stand in."""

from __future__ import annotations

import base64
import hmac
import json
import re
from typing import Any, NoReturn
from urllib.parse import quote, quote_plus
from weakref import WeakValueDictionary
from xml.sax.saxutils import escape

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from recon.wire.cards import masked

STRUCK = "***"
SHORTEST_STRUCK = 4  # a shorter secret would strike out half of every sentence

_NAMES = (
    r"(?:[\w.-]*(?:password|passwd|pwd|secret|token|api[_-]?key|app[_-]?key|session[_-]?id|authorization|cookie|assertion)"
    r"|nonce|passcode|pin|cvv2?|cvc)"
)
_SPOKEN = (
    # "Authorization: Bearer abc", "Bearer abc", "Basic abc"
    (re.compile(r"\b(bearer|basic|digest)\s+[\w.~+/=:-]{6,}", re.I), rf"\1 {STRUCK}"),
    # {"client_secret": "abc"}, also as Python shows it
    (re.compile(rf"""((["']){_NAMES}\2\s*[:=]\s*)(["'])(?:\\.|(?!\3).)*\3""", re.I | re.S), rf"\1\3{STRUCK}\3"),
    # <userpassword>abc</userpassword>, with or without a namespace
    (re.compile(rf"(<(?:\w+:)?({_NAMES})\b[^>]*>)[^<]*", re.I), rf"\1{STRUCK}"),
    # client_secret=abc&..., set-cookie: abc
    (re.compile(rf"(\b{_NAMES}\s*[=:]\s*)(?!\s)(?!\*\*\*)[^\s&;,<>\"']+", re.I), rf"\1{STRUCK}"),
    # https://user:password@host
    (re.compile(r"(\b[a-z][a-z0-9+.-]*://)[^/\s@]+@", re.I), rf"\1{STRUCK}@"),
)


class Secret:
    """A value that is never shown: only `reveal()` gives it; str, repr, format and json give ***, pickle refuses."""

    __slots__ = ("__weakref__", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        _known[id(self)] = self

    def reveal(self) -> str:
        """The secret itself; call it where the request is made, and keep it in no name of your own."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({STRUCK!r})"

    def __str__(self) -> str:
        return STRUCK

    def __format__(self, spec: str) -> str:
        return STRUCK

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Secret):
            return NotImplemented
        return hmac.compare_digest(self._value.encode(), other._value.encode())

    def __hash__(self) -> int:
        return hash(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Read from text, or taken as it is; written as ***."""
        from_text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.json_or_python_schema(
            json_schema=from_text,
            python_schema=core_schema.union_schema([core_schema.is_instance_schema(cls), from_text]),
            serialization=core_schema.plain_serializer_function_ser_schema(str, return_schema=core_schema.str_schema()),
        )


_known: WeakValueDictionary[int, Secret] = WeakValueDictionary()


def redacted(text: str) -> str:
    """The text without every living `Secret` in any spelling, what stands where secrets usually stand, and cards."""
    for spelling in sorted(_spellings(), key=len, reverse=True):
        text = text.replace(spelling, STRUCK)
    for pattern, kept in _SPOKEN:
        text = pattern.sub(kept, text)
    return masked(text)


def _spellings() -> set[str]:
    """How the living secrets may be written: as they are, in a URL, in XML, in JSON, in base64."""
    found: set[str] = set()
    for value in {secret.reveal() for secret in list(_known.values())}:
        if len(value) < SHORTEST_STRUCK:
            continue
        in_base64 = base64.b64encode(value.encode()).decode()
        as_json = json.dumps(value)[1:-1]
        found |= {value, quote(value, safe=""), quote_plus(value), escape(value), as_json, in_base64, repr(value)[1:-1]}
    return found
