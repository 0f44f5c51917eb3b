"""Text that may be shown: secrets are struck out and card numbers masked, whatever they stand in."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Iterator
from html.entities import html5
from typing import Any, NoReturn
from weakref import WeakValueDictionary

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

    __slots__ = ("__weakref__", "_spelled", "_value")

    def __init__(self, value: str) -> None:
        self._value = value
        self._spelled: re.Pattern[str] | None = None
        _known[id(self)] = self

    def reveal(self) -> str:
        """The secret itself; call it where the request is made, and keep it in no name of your own."""
        return self._value

    def struck(self, text: str) -> str:
        """The text with *** wherever the secret stands in it, however it is written there."""
        if len(self._value) < SHORTEST_STRUCK:
            return text
        # Kept here and nowhere else: no cache may outlive the secret.
        self._spelled = self._spelled or re.compile("|".join(_spellings(self._value)))
        return self._spelled.sub(STRUCK, text)

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


_IN_BASE64 = {"+": "(?:[+-]|%2[Bb])", "/": "(?:[/_]|%2[Ff])"}

_known: WeakValueDictionary[int, Secret] = WeakValueDictionary()


def redacted(text: str) -> str:
    """The text without every living `Secret` in any spelling, what stands where secrets usually stand, and cards."""
    for secret in sorted(_known.values(), key=lambda one: len(one.reveal()), reverse=True):
        text = secret.struck(text)
    for pattern, kept in _SPOKEN:
        text = pattern.sub(kept, text)
    return masked(text)


def _spellings(value: str) -> Iterator[str]:
    """Patterns of a secret as it may be written: letter by letter, as hexadecimal digits, in base64."""
    yield "".join(map(_letter, value))
    data = value.encode("utf-8", "surrogatepass")
    yield f"(?i:{data.hex()})"
    # Base64 looks different behind 1 or 2 letters more, as a password does behind a name; what hangs over is left out.
    for before in range(3):
        coded = base64.b64encode(b"\0" * before + data).decode()
        whole = coded[(before * 8 + 5) // 6 : (before + len(data)) * 8 // 6]
        if len(whole) >= SHORTEST_STRUCK:
            yield "".join(_IN_BASE64.get(one, one) for one in whole) + "[A-Za-z0-9+/_-]?(?:=|%3[Dd]){0,2}"


def _letter(char: str) -> str:
    """One letter of a secret as any encoder may write it: bare, escaped, or as a code of URLs, HTML, JSON or Python.

    No encoder touches ASCII letters and digits; that they stay literal makes the search quick.
    """
    if char.isascii() and char.isalnum():
        return char
    data = char.encode("utf-8", "surrogatepass")
    named = [name[:-1] for name, meant in html5.items() if meant == char and name.endswith(";")]
    in_html = [f"#0*{ord(char)}", f"#x0*{ord(char):x}", *named]
    written = [
        rf"\\*{re.escape(char)}",
        "".join(f"%(?:25)*{byte:02x}" for byte in data),
        "".join(rf"\\+x{byte:02x}" for byte in data),
        # An encoder that quotes what another one quoted doubles every backslash.
        *(re.escape(quoted(char)[1:-1]).replace(r"\\", r"\\+") for quoted in (json.dumps, repr, ascii)),
        f"&(?:amp;)*(?:{'|'.join(in_html)});",
        *([r"\+"] if char == " " else []),
    ]
    return f"(?i:{'|'.join(written)})"
