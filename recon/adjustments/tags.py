"""What a proposed line says beside account and place: the class, project and customer of the lines that it mends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from recon.money import to_cents
from recon.variances.model import Cell

NAMES = ("class", "project", "customer")
Tags = tuple[str | None, ...]  # of NAMES, in their order
NO_TAGS: Tags = (None, None, None)
_PLURAL = {"class": "classes", "project": "projects", "customer": "customers"}


@dataclass(frozen=True)
class TaggedLine:
    """One line of an entry or of a ledger, debit above zero."""

    cell: Cell
    tags: Tags
    cents: int


@dataclass(frozen=True)
class TaggedLines:
    """The lines that an entry books, and what about their tags a person should know."""

    lines: tuple[TaggedLine, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Tagging:
    """The lines that variances name, and what is usual at each account and place."""

    expected: Mapping[str, TaggedLine]
    actual: Mapping[str, TaggedLine]
    usual: Mapping[Cell, frozenset[Tags]]  # only of cells where any line carries a tag

    @classmethod
    def of(
        cls, expected: pl.DataFrame, actual: pl.DataFrame, expected_ids: Iterable[str], actual_ids: Iterable[str]
    ) -> Tagging:
        """What EXPECTED and LEDGER lines tell of those ids."""
        carried = [name for name in NAMES if expected[name].null_count() < expected.height]
        by_cell = expected.filter(pl.any_horizontal(pl.col(carried).is_not_null())) if carried else expected.clear()
        places = ["account", "location", "department"]
        cells = expected.join(by_cell.select(places), on=places, how="semi", nulls_equal=True)
        usual: dict[Cell, frozenset[Tags]] = {}
        for account, location, department, *tags in cells.select(*places, *NAMES).unique().iter_rows():
            cell = (account, location, department)
            usual[cell] = usual.get(cell, frozenset()) | {tuple(tags)}
        return cls(_named(expected, expected_ids), _named(actual, actual_ids), usual)

    def lines(
        self, cells: Iterable[tuple[Cell, int]], expected_ids: Sequence[str], actual_ids: Sequence[str]
    ) -> TaggedLines:
        """The lines that book the cells of a variance which names those lines: of each cell, one per set of tags.

        Where only lines of one side stand in a cell and make up its cents, each is booked, or taken back, with its
        own tags. Else the amount is a difference between lines: it takes the tags on which the expected lines agree,
        and none where they do not.
        """
        found: list[TaggedLine] = []
        notes: list[str] = []
        for cell, cents in cells:
            wanted = _within(cell, self.expected, expected_ids)
            stands = _within(cell, self.actual, actual_ids)
            parts = _parts(wanted, 1) if not stands else _parts(stands, -1) if not wanted else {}
            if sum(parts.values()) == cents != 0:
                found += [TaggedLine(cell, tags, part) for tags, part in parts.items() if part]
                continue
            known = frozenset(line.tags for line in wanted or stands) or self.usual.get(cell, frozenset({NO_TAGS}))
            found.append(TaggedLine(cell, _agreed(known), cents))
            notes += _torn(cell, known)
        return TaggedLines(tuple(found), tuple(notes))


def _named(lines: pl.DataFrame, ids: Iterable[str]) -> dict[str, TaggedLine]:
    """The lines of these ids, by id."""
    rows = lines.filter(pl.col("line_id").is_in(list(ids))).with_columns(cents=to_cents("amount"))
    columns = ("line_id", "account", "location", "department", "cents", *NAMES)
    return {
        line: TaggedLine((account, location, department), tuple(tags), cents)
        for line, account, location, department, cents, *tags in rows.select(columns).iter_rows()
    }


def _within(cell: Cell, lines: Mapping[str, TaggedLine], ids: Sequence[str]) -> list[TaggedLine]:
    """Those of the lines that stand in the cell; a cell without department holds those of every department."""
    some = (lines[one] for one in ids if one in lines)
    return [one for one in some if one.cell[:2] == cell[:2] and cell[2] in (None, one.cell[2])]


def _parts(lines: Iterable[TaggedLine], sign: int) -> dict[Tags, int]:
    """The cents of the lines by their tags, in order of the tags."""
    sums: dict[Tags, int] = {}
    for line in sorted(lines, key=lambda one: tuple(tag or "" for tag in one.tags)):
        sums[line.tags] = sums.get(line.tags, 0) + sign * line.cents
    return sums


def _agreed(known: frozenset[Tags]) -> Tags:
    """Of each tag the value that all say."""
    return tuple(values.pop() if len(values := set(one)) == 1 else None for one in zip(*known, strict=True))


def _torn(cell: Cell, known: frozenset[Tags]) -> list[str]:
    """The tags on which the lines of a cell do not agree, in words."""
    account, location, _ = cell
    place = account if location is None else f"{account} at {location}"
    said = {name: sorted({tags[number] or "none" for tags in known}) for number, name in enumerate(NAMES)}
    return [
        f"lines on {place} name different {_PLURAL[name]} ({', '.join(values)}), so that this one names none"
        for name, values in said.items()
        if len(values) > 1
    ]
