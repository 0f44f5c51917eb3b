"""Records of JSON that are mostly shaped alike: read into slots instead of dictionaries, and told like any mapping.

A dictionary for each record, and one for each record inside it, takes most of the time in which a page is read. But
the names that a service gives are few and always the same; who knows them from an earlier page reads the next one
without them. A page that brings another name, or another kind of value under one, is read the usual way.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, Sequence, ValuesView
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter, or_
from typing import Any, ClassVar

import msgspec

_PLAIN = (str, int, bool, type(None))
_Plain = str | int | bool | None
_ABSENT = msgspec.UNSET
_NOTHING = {type(None), msgspec.UnsetType}


class Record(msgspec.Struct, gc=False, eq=False):
    """One record as a mapping that nobody changes; its names come in alphabetical order.

    Below it stand texts, whole numbers, flags, nulls, other records and lists of these; never a number with a point.
    """

    slots: ClassVar[Mapping[str, str]] = {}  # where each name of the shape is kept

    def __getitem__(self, name: str) -> Any:
        value = getattr(self, self.slots[name])
        if value is _ABSENT:
            raise KeyError(name)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The value under the name, or else the default."""
        slot = self.slots.get(name)
        value = _ABSENT if slot is None else getattr(self, slot)
        return default if value is _ABSENT else value

    def __iter__(self) -> Iterator[str]:
        return (name for name, slot in self.slots.items() if getattr(self, slot) is not _ABSENT)

    def __contains__(self, name: object) -> bool:
        return name in self.slots and getattr(self, self.slots[name]) is not _ABSENT  # type: ignore[index]

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Mapping) else NotImplemented

    __hash__ = None  # type: ignore[assignment]  # as that of a dictionary

    def __repr__(self) -> str:
        return repr(dict(self))

    def keys(self) -> KeysView[str]:
        """The names that the record has."""
        return KeysView(self)

    def values(self) -> ValuesView[Any]:
        """What stands under them."""
        return ValuesView(self)

    def items(self) -> ItemsView[str, Any]:
        """Both."""
        return ItemsView(self)


Mapping.register(Record)


@dataclass(frozen=True)
class Below:
    """What was seen under a name beside texts, whole numbers, flags and nulls."""

    record: Shape | None = None
    is_list: bool = False
    element: Shape | None = None  # of the records in a list

    def joined(self, other: Below) -> Below:
        """What either has seen."""
        return Below(
            _joined(self.record, other.record), self.is_list or other.is_list, _joined(self.element, other.element)
        )


@dataclass(frozen=True)
class Shape:
    """The names of records, and what stands below each."""

    names: Mapping[str, Below]

    def joined(self, other: Shape) -> Shape:
        """The names of both."""
        found = dict(self.names)
        for name, below in other.names.items():
            found[name] = found[name].joined(below) if name in found else below
        return Shape(found)


def shape_of(records: Iterable[Mapping[str, Any]]) -> Shape | None:
    """What the records have in common with others to come: all of their names; None where one has a value that no
    `Record` holds, such as a number with a point."""
    found: dict[str, Below] = {}
    for record in records:
        for name, value in record.items():
            below = _PLAIN_ONLY if isinstance(value, _PLAIN) else _below(value)
            if below is None:
                return None
            known = found.get(name)
            if known is None:
                found[name] = below
            elif below is not _PLAIN_ONLY:
                found[name] = known.joined(below)
    return Shape(found)


_PLAIN_ONLY = Below()


def _below(value: object) -> Below | None:
    if isinstance(value, Mapping):
        shape = shape_of([value])
        return None if shape is None else Below(record=shape)
    if not isinstance(value, list):
        return None
    inner = [one for one in value if not isinstance(one, _PLAIN)]
    if not all(isinstance(one, Mapping) for one in inner):
        return None
    shape = shape_of(inner) if inner else None
    return None if inner and shape is None else Below(is_list=True, element=shape)


def _joined(one: Shape | None, other: Shape | None) -> Shape | None:
    return one.joined(other) if one is not None and other is not None else one or other


def record_type(shape: Shape) -> Any:
    """The type whose instances hold records of the shape, any of the names absent, and nothing else.

    Raises: ValueError for a name that no such type can have.
    """
    names = sorted(shape.names)
    slots = {name: f"f{at}" for at, name in enumerate(names)}
    fields = [(slots[name], _kind(shape.names[name]), _ABSENT) for name in names]
    return msgspec.defstruct(
        "Shaped",
        fields,
        bases=(Record,),
        namespace={"slots": slots},
        rename={slot: name for name, slot in slots.items()},
        gc=False,
        eq=False,
        forbid_unknown_fields=True,
    )


def _kind(below: Below) -> Any:
    kinds: list[Any] = [_Plain, msgspec.UnsetType]
    if below.record is not None:
        kinds.append(record_type(below.record))
    if below.is_list:
        element: Any = _Plain if below.element is None else _Plain | record_type(below.element)
        kinds.append(list[element])
    return reduce(or_, kinds)


def are_records(rows: Iterable[object], *others: type) -> bool:
    """True where each row is a `Record`, be it of several shapes, or exactly of one of the other types."""
    return all(kind in others or issubclass(kind, Record) for kind in set(map(type, rows)))


def of_one_type(rows: Sequence[Any]) -> tuple[type[Record], Sequence[Any]] | None:
    """The type of records that are all of one, and they, one without a name for each None; else None."""
    kinds = set(map(type, rows))
    known = kinds - _NOTHING
    kind = known.pop() if len(known) == 1 else None
    if kind is None or not issubclass(kind, Record):
        return None
    empty = kind()
    return kind, rows if len(kinds) == 1 else [one if type(one) is kind else empty for one in rows]


def slot_values(kind: type[Record], rows: Sequence[Any], names: Sequence[str]) -> Iterator[Sequence[Any]]:
    """What stands under each name in rows of that type; None, or what is no value at all, where a row has none.

    All of a row at once, while it still stands in the processor's cache.
    """
    slots = [kind.slots[name] for name in names if name in kind.slots]
    # With a slot said twice, the getter gives a tuple even where it is the only one.
    found = zip(*map(attrgetter(*slots, *slots[:1]), rows), strict=True) if slots and rows else iter(())
    none = [None] * len(rows)
    return (next(found, none) if name in kind.slots else none for name in names)


def or_none(values: Sequence[Any]) -> list[Any]:
    """The values, None where there is none."""
    return [None if one is _ABSENT else one for one in values]
