"""Answers in JSON around a list of records: each page read with what the pages before it have shown of their shape."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from recon.frames.shapes import Shape, record_type, shape_of
from recon.wire.port import Answer

_MOST_LEARNT = 8  # shapes; answers that go on differing are read the usual way


class Listing:
    """How the answers of one report are read: an object, one of whose names stands for a list of records."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._shape = Shape({})
        self._beside: frozenset[str] = frozenset()  # the other names of the object
        self._decoder: msgspec.json.Decoder[Any] | None = None
        self._learnt = 0

    def read(self, answer: Answer) -> Any:
        """What `answer.json()` gives, but for the list's records, which may be `Record`s: mappings like any other.

        Raises: Broken as `answer.json()` does.
        """
        if self._decoder is not None:
            try:
                return _mapping(self._decoder.decode(answer.body))
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass  # an answer of another shape, or none: read and judged the usual way
        whole = answer.json()
        if self._learnt < _MOST_LEARNT:
            self._learn(whole)
        return whole

    def _learn(self, whole: object) -> None:
        rows = whole.get(self._name) if isinstance(whole, Mapping) else None
        if not isinstance(whole, Mapping) or not isinstance(rows, list) or not rows:
            return
        if not {dict}.issuperset(map(type, rows)):
            return
        self._learnt += 1
        try:
            seen = shape_of(rows)
            if seen is not None:
                self._shape = self._shape.joined(seen)
                self._beside |= frozenset(whole) - {self._name}
                self._decoder = msgspec.json.Decoder(self._answer_type(), float_hook=Decimal)
        except (ValueError, RecursionError):  # a name that no type can have, records too deep within each other
            self._decoder = None

    def _answer_type(self) -> Any:
        others = {f"f{at}": name for at, name in enumerate(sorted(self._beside))}
        fields = [(slot, Any | msgspec.UnsetType, msgspec.UNSET) for slot in others]
        rows: Any = list[record_type(self._shape)]  # type: ignore[misc]
        return msgspec.defstruct(
            "Answered", [("rows", rows), *fields], rename={"rows": self._name, **others}, forbid_unknown_fields=True
        )


def _mapping(answered: msgspec.Struct) -> dict[str, Any]:
    told = zip(answered.__struct_encode_fields__, msgspec.structs.astuple(answered), strict=True)
    return {name: value for name, value in told if value is not msgspec.UNSET}
