"""GP-API's reports as sources: every record of a window once, though the vendor pages by offset over moving rows.

A window that fits one page is read in one request, which nothing can move under. A larger one is cut into days, and a
day of several pages is read in pages that overlap, so that a row which moved between two of them is noticed.
A row that appears on a page already read, while another goes, is seen by the next pull; a row that stood all the
time is never missed.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from recon.frames.records import values_or_none
from recon.frames.shapes import are_records
from recon.heartland.gp_api import GpApi, GpFault, refuse
from recon.heartland.settlement import DEPOSIT_FIELDS, DISPUTE_FIELDS, SETTLED_FIELDS, TRANSACTION_FIELDS, id_fields
from recon.store.content import content_text
from recon.store.port import UNNAMED, Page, Window
from recon.wire import Broken, Misunderstood, Refused
from recon.wire.listing import Listing

LARGEST_PAGE = 1000
LONGEST_DAYS = 31
_DAY = dt.timedelta(days=1)
_OVERLAP = 20  # rows by which each page of a day is smaller than the one before
_MOST_READS = 3
_ROUND = 5  # page sizes are multiples of it
_COMFORT = 0.8  # of a page: how full a cut window may be expected to be
_UNSUPPORTED = {400, 403, 404}  # how GP-API refuses a report that a merchant or an application does not have

Row = Mapping[str, Any]


@dataclass(frozen=True)
class Report:
    """One list of GP-API: where it is, what its answer is called and how a window is asked for."""

    name: str
    path: str
    array: str
    start: str = "from_time_created"
    end: str = "to_time_created"
    types: tuple[str, ...] = ("",)  # passes: the vendor shows sales only unless refunds are asked for
    settlement: bool = True  # asked for the account of settlement reports
    optional: bool = False  # not every merchant has it
    ids: tuple[str, ...] = ("id",)
    id_fields: tuple[str, ...] = ("id",)  # with those that the mapping makes a canonical id of
    day_fields: tuple[str, ...] = ("time_created",)


_TYPES = ("SALE", "REFUND")
_OF_ACCOUNTS = ("mid", "tid", "merchant_id", "account_id")
_CARD_IDS = (*id_fields(TRANSACTION_FIELDS), "arn", "brand_reference", *_OF_ACCOUNTS, "transaction_id",
             "parent_resource_id")  # fmt: skip
_SOLD_ON = ("time_created_reference", "time_created")  # the merchant's own clock, where it is told
TRANSACTIONS = Report(
    "gp_api.transactions",
    "/transactions",
    "transactions",
    types=_TYPES,
    settlement=False,
    id_fields=_CARD_IDS,
    day_fields=_SOLD_ON,
)
SETTLED = Report(
    "gp_api.settlement_transactions",
    "/settlement/transactions",
    "transactions",
    types=_TYPES,
    optional=True,
    ids=("settlement_transaction_reference", "id"),
    id_fields=(*_CARD_IDS, *id_fields(SETTLED_FIELDS)),
    day_fields=_SOLD_ON,
)
DEPOSITS = Report(
    "gp_api.deposits", "/settlement/deposits", "deposits", id_fields=(*id_fields(DEPOSIT_FIELDS), *_OF_ACCOUNTS)
)
DISPUTES = Report(
    "gp_api.disputes",
    "/settlement/disputes",
    "disputes",
    start="from_stage_time_created",
    end="to_stage_time_created",
    id_fields=(*id_fields(DISPUTE_FIELDS), "reference", "arn", *_OF_ACCOUNTS),
    day_fields=("stage_time_created",),
)
MONTHLY_FEES = Report(
    "gp_api.monthly_fees",
    "/settlement/reports/monthly-fees",
    "monthly_fees",
    optional=True,
    ids=(),
    id_fields=_OF_ACCOUNTS,
)
REPORTS = (TRANSACTIONS, SETTLED, DEPOSITS, DISPUTES, MONTHLY_FEES)


@dataclass(frozen=True)
class _Cut:
    """Days of one type, to be read as one."""

    start: dt.date
    end: dt.date
    type: int  # which of the report's types

    @property
    def days(self) -> int:
        return (self.end - self.start).days + 1


@dataclass(frozen=True)
class _Listed:
    """One answer: its rows, the page size that the vendor kept to, and how many rows it says there are."""

    rows: tuple[Row, ...]
    size: int
    total: int | None


class GpReport:
    """One report as a source of the store; `id_fields` are those in which a card number sets the row aside."""

    def __init__(self, api: GpApi, report: Report, *, page_size: int = LARGEST_PAGE) -> None:
        self._api = api
        self._report = report
        self._size = min(page_size, LARGEST_PAGE)
        self._listing = Listing(report.array)
        self.name = report.name
        self.id_fields = report.id_fields
        self.day_fields = report.day_fields
        self.absence = ""  # why the report was not there when it was last asked for; blank where it was

    def row_id(self, row: Mapping[str, object]) -> str:
        """The vendor's id; of a month's fees merchant, day and currency.

        Where the vendor gives none, the digest of what never changes in a record: other records may share it.
        """
        report = self._report
        for name in report.ids:
            named = row.get(name)
            if named:
                return str(named)
        if report is MONTHLY_FEES:
            told = (_merchant(row), str(row.get("time_created") or "")[:10], str(row.get("currency") or "").upper())
            return ":".join(told).rstrip(":")
        fixed = [str(row.get(name) or "") for name in ("time_created", "type", "currency", "reference", "batch_id")]
        return f"{UNNAMED}{hashlib.sha256(json.dumps([*fixed, _merchant(row)]).encode()).hexdigest()[:24]}"

    def row_ids(self, rows: Sequence[Row]) -> list[str]:
        """The id of each row, as `row_id` gives it."""
        ids = values_or_none(rows, self._report.ids[0]) if self._report.ids else [None]
        return [*map(str, ids)] if all(ids) else [*map(self.row_id, rows)]

    async def pages(self, window: Window, cursor: str | None) -> AsyncIterator[Page]:
        """The records whose time lies in the window, behind the cursor; days and types that fit one answer at once.

        A report that the merchant does not have, or the application may not read, is empty, and says so as `absence`.
        Memory: one day of rows.

        Raises: NotSignedIn, Refused, Unreachable, Throttled, Broken, Misunderstood.
        """
        cuts = _behind(_cuts_of(window, len(self._report.types)), cursor)
        if not cuts:
            yield Page((), None)
        while cuts:
            cut, *cuts = cuts
            rows = await self._read(cut)
            if isinstance(rows, list):
                cuts = [*rows, *cuts]
            else:
                yield Page(rows, _cursor(cuts[0]) if cuts else None)

    async def standing(self, ids: Sequence[str]) -> frozenset[str]:
        """All of the records where the report itself is not there: what cannot be asked for was not deleted."""
        return frozenset(ids if self.absence else ())

    async def _read(self, cut: _Cut) -> tuple[Row, ...] | list[_Cut]:
        """All rows of the cut, or the smaller cuts that it is to be read in."""
        before: list[str] = []
        for _ in range(_MOST_READS):
            first = await self._first(cut)
            if first is None:
                return ()
            self._size = min(self._size, first.size)  # the vendor may allow less than was asked for
            if len(first.rows) < first.size and (first.total is None or first.total <= len(first.rows)):
                return self._of_type(first.rows, cut)
            if cut.days > 1:
                return _smaller(cut, first)
            step = _step(first)
            rows = await (self._read_overlapping(cut, first, step) if step else self._read_plainly(cut, first))
            if rows is not None:
                if step:
                    return self._of_type(rows, cut)
                ids, last = self._ids(rows), before
                if ids == last:
                    return self._of_type(rows, cut)
                before = ids
        raise Broken(
            f"The rows of GP-API's {self._report.path} on {cut.start} move while they are read; "
            "pull again in a quieter hour",
            reads=_MOST_READS,
        )

    async def _first(self, cut: _Cut) -> _Listed | None:
        """The first page, with the size that the vendor keeps to even where it tells neither that nor the total.

        A round number of rows may be a smaller page than was asked for. It is one where there are other rows behind
        it and it is the same when it is asked for again: a row that has just come would then be on it.
        """
        first = await self._ask(cut, 1, self._size)
        for _ in range(_MOST_READS):
            count = 0 if first is None or first.total is not None else len(first.rows)
            if first is None or not 0 < count < first.size or count % _ROUND:
                return first
            behind = await self._ask(cut, 2, count)
            if behind is None or self._names(behind.rows) <= self._names(first.rows):
                return first
            before, first = first, await self._ask(cut, 1, self._size)
            if first is not None and self._names(first.rows) == self._names(before.rows):
                break
        return first and replace(first, size=len(first.rows))

    def _names(self, rows: Sequence[Row]) -> set[str]:
        """By what each row is told from others: its id, or all that it says where the vendor does not name it."""
        named = zip(self.row_ids(rows), rows, strict=True)
        return {f"{one}{content_text(row)}" if one.startswith(UNNAMED) else one for one, row in named}

    async def _read_overlapping(self, cut: _Cut, first: _Listed, step: int) -> tuple[Row, ...] | None:
        """The rows of a day of several pages; None where rows moved, so that some may be missing.

        Page n of size s begins at row s x (n - 1). Each page is by `step` smaller than the one before, so it begins
        before that one's end; what both hold must be the same rows.
        """
        found = list(first.rows)
        number, size = 1, first.size
        while True:
            number, size = number + 1, size - step
            shared = len(found) - size * (number - 1)
            page = await self._ask(cut, number, size)
            if page is None or self._ids(page.rows[:shared]) != self._ids(found[-shared:]):
                return None
            found += page.rows[shared:]
            if len(page.rows) < size:
                return tuple(found)

    def _ids(self, rows: Sequence[Row]) -> list[str]:
        return sorted(self.row_ids(rows))

    async def _read_plainly(self, cut: _Cut, first: _Listed) -> tuple[Row, ...] | None:
        """The rows of a day of very many pages, one after the other; they count once two readings are the same.

        Raises: Broken where a full page holds nothing but rows that were read before.
        """
        found, number, known = list(first.rows), 1, self._names(first.rows)
        while True:
            number += 1
            page = await self._ask(cut, number, first.size)
            if page is None:
                return None
            found += page.rows
            if len(page.rows) < first.size:
                return tuple(found)
            before, known = known, known | self._names(page.rows)
            if known == before:
                raise Broken(
                    f"Page {number} of GP-API's {self._report.path} on {cut.start} repeats the pages before it, so "
                    "nobody can tell what else there is; ask Heartland why pages repeat, then pull again",
                    rows=len(known),
                )

    async def _ask(self, cut: _Cut, page: int, size: int) -> _Listed | None:
        """One page of a cut, oldest first; None where the merchant does not have the report."""
        report = self._report
        query = [
            ("page", str(page)),
            ("page_size", str(size)),
            ("order", "ASC"),
            (report.start, cut.start.isoformat()),
            (report.end, cut.end.isoformat()),
        ]
        if report.types[cut.type]:
            query.append(("type", report.types[cut.type]))
        if report.settlement:
            query += await self._api.settlement_account()
        found = await self._api.get(report.path, query, self._listing.read)
        if isinstance(found, GpFault):
            if report.optional and found.status in _UNSUPPORTED:
                self.absence = f"GP-API does not give {report.path}: {found}"
                return None
            refuse(found, report.path)
        self.absence = ""
        return self._listed(found, page, size)

    def _listed(self, found: Mapping[str, Any], page: int, size: int) -> _Listed:
        """The rows of an answer; a list without rows may be null. Raises: Misunderstood."""
        if self._report.array not in found:
            raise Misunderstood(f"GP-API's answer to {self._report.path} has no {self._report.array}")
        rows = found[self._report.array] or []
        if not isinstance(rows, list) or not are_records(rows, dict):
            raise Misunderstood(f"GP-API's {self._report.array} are no list of records")
        paging = found.get("paging")
        paging = paging if isinstance(paging, Mapping) else {}
        kept, answered = _whole(paging.get("page_size")), _whole(paging.get("page"))
        if answered is not None and answered != page:
            raise Misunderstood(f"GP-API gave page {answered} of {self._report.path} where page {page} was asked for")
        total = _whole(found.get("total_record_count"))
        return _Listed(tuple(rows), min(kept or size, size), total)

    def _of_type(self, rows: Sequence[Row], cut: _Cut) -> tuple[Row, ...]:
        """The rows of the pass; another pass has the others, should the vendor not keep to the type.

        A row that came twice is given once. Rows of one id that say different things are all given, and so are those
        that the vendor does not name, for nobody knows that they are one record.
        """
        wanted, others = self._report.types[cut.type], set(self._report.types)
        types = values_or_none(rows, "type") if wanted else []
        if types.count(wanted) < len(types):
            kinds = [str(one or wanted).upper() for one in types]
            mine = [kind == wanted or (kind not in others and cut.type == 0) for kind in kinds]
            rows = [row for row, is_mine in zip(rows, mine, strict=True) if is_mine]
        ids = self.row_ids(rows)
        return tuple(rows if len(set(ids)) == len(ids) else _each_once(rows, ids))


class GpDisputes(GpReport):
    """Disputes. The vendor lists each at its present stage only; a stage is kept as a record of its own, since each
    may have moved money."""

    def row_id(self, row: Mapping[str, object]) -> str:
        """The dispute's id with the stage, as "DIS_1:CHARGEBACK"."""
        named = super().row_id(row)
        return f"{named}:{row['stage']}" if row.get("stage") else named

    def row_ids(self, rows: Sequence[Row]) -> list[str]:
        """The id of each row."""
        return [*map(self.row_id, rows)]

    async def standing(self, ids: Sequence[str]) -> frozenset[str]:
        """Those stages that a dispute has left for another one: they happened, though no list shows them any more.

        Raises: RemoteError.
        """
        is_left = await asyncio.gather(*map(self._has_moved_on, ids))
        return frozenset(one for one, left in zip(ids, is_left, strict=True) if left)

    async def _has_moved_on(self, row_id: str) -> bool:
        dispute, _, stage = row_id.rpartition(":")
        if not dispute:
            return False
        try:
            found = await self._api.one(self._report.path.strip("/"), dispute)
        except Refused:
            return True  # who may not look it up has no ground to call money that moved undone
        return found is not None and str(found.get("stage") or stage) != stage


def sources(api: GpApi, *, page_size: int = LARGEST_PAGE) -> tuple[GpReport, ...]:
    """Every report of GP-API as a source: transactions, settled ones, deposits, disputes, monthly fees."""
    kinds = {DISPUTES: GpDisputes}
    return tuple(kinds.get(report, GpReport)(api, report, page_size=page_size) for report in REPORTS)


def _each_once(rows: Sequence[Row], ids: Sequence[str]) -> Iterator[Row]:
    """The rows without those that came before just as they are, unless nobody named them."""
    seen: dict[str, list[Row]] = {}
    for row, row_id in zip(rows, ids, strict=True):
        same = seen.setdefault(row_id, [])
        if row not in same or row_id.startswith(UNNAMED):
            same.append(row)
            yield row


def _cuts_of(window: Window, types: int) -> list[_Cut]:
    """The window in parts of at most a month, each type by itself: beyond a month the vendor does not count."""
    found: list[_Cut] = []
    start = window.start
    while start <= window.end:
        end = min(start + (LONGEST_DAYS - 1) * _DAY, window.end)
        found += [_Cut(start, end, which) for which in range(types)]
        start = end + _DAY
    return found


def _smaller(cut: _Cut, first: _Listed) -> list[_Cut]:
    """The cut in equal parts that should fit a page each, as far as days allow."""
    parts = 2
    if first.total is not None:
        parts = max(2, -(-first.total // max(1, int(first.size * _COMFORT))))
    days = max(1, cut.days // parts)
    starts = [cut.start + at * _DAY for at in range(0, cut.days, days)]
    return [replace(cut, start=start, end=min(start + (days - 1) * _DAY, cut.end)) for start in starts]


def _step(first: _Listed) -> int:
    """By how many rows each page may be smaller than the one before so that all rows are reached; 0: by none.

    Pages of sizes s, s - d, s - 2d, ... reach row (s + d)^2 / 4d at most; a third is left for rows to come.
    """
    if first.total is None:
        return 0
    return min(_OVERLAP, first.size**2 // (6 * max(first.total, 1)))


def _cursor(cut: _Cut) -> str:
    """Where a reading goes on: this day of this type, and all behind it in the order of `_cuts_of`."""
    return f"{cut.start.isoformat()} {cut.type}"


def _behind(cuts: list[_Cut], cursor: str | None) -> list[_Cut]:
    """The cuts from the cursor on, the first one from its day."""
    if cursor is None:
        return cuts
    try:
        day, which = dt.date.fromisoformat(cursor[:10]), int(cursor[11:])
    except ValueError as cause:
        raise Misunderstood("A reading of GP-API cannot go on from this mark", cursor=cursor) from cause
    for at, cut in enumerate(cuts):
        if cut.type == which and cut.start <= day <= cut.end:
            return [replace(cut, start=day), *cuts[at + 1 :]]
    return []


def _merchant(row: Mapping[str, object]) -> str:
    system = row.get("system")
    named = [str(system.get(name) or "") for name in ("mid", "hierarchy")] if isinstance(system, Mapping) else []
    return "/".join(part for part in named if part)


def _whole(value: object) -> int | None:
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() else None
