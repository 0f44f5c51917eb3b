"""Slips: the lines of one document at one place, the unit in which entries are compared.

A ledger entry that holds several stores or several documents is several slips; a document that is
spread over several entries is several slips too. Amounts are integer cents, debit above zero. A month
has its slips as one frame; a `Slip` is made of a row only where somebody has to look at it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, overload

import numpy as np
import polars as pl

from recon.identity import normal_document

Place = tuple[str | None, str | None]  # location, department
Content = tuple[tuple[str, int], ...]  # account and cents, by account; accounts at zero left out
NEAR = 8  # slips that share an amount with one without a partner: so many are looked at before and after its day
_UNIT, _RECORD = "\x1f", "\x1e"  # between an account and its cents, and between accounts: in no account's name


@dataclass(frozen=True)
class Slip:
    """The lines of one document at one place on one side."""

    key: str
    reconciliation: str
    documents: tuple[str, ...]  # normalised; several where one entry spells its document in several ways
    place: Place
    amounts: tuple[tuple[str, int], ...]  # account and cents, one per line
    line_ids: tuple[str, ...]  # beside amounts
    line_dates: tuple[dt.date, ...]  # beside amounts
    in_period: bool  # at least one line is
    currency: str
    title: str  # the document as people wrote it
    roles: Mapping[str, frozenset[str]] | None = None  # account to roles, expected side only
    unmapped: bool = False
    correction: bool = False  # carries a posting key of ours: it completes an entry, it is not one by itself

    @cached_property
    def content(self) -> Content:
        """What the slip books, per account."""
        return sum_content(self.amounts)

    @cached_property
    def dates(self) -> tuple[dt.date, ...]:
        """The distinct days of its lines, in order."""
        return tuple(sorted(set(self.line_dates)))

    @property
    def date(self) -> dt.date:
        """The day of the slip: its earliest line."""
        return self.dates[0]

    @property
    def document(self) -> str | None:
        """The document, where all lines agree on one."""
        return self.documents[0] if len(self.documents) == 1 else None


def sum_content(amounts: Iterable[tuple[str, int]]) -> Content:
    """Cents per account, by account, without the accounts that sum to zero."""
    total: dict[str, int] = {}
    for account, cents in amounts:
        total[account] = total.get(account, 0) + cents
    return tuple(sorted((account, cents) for account, cents in total.items() if cents))


def join_content(slips: Iterable[Slip]) -> Content:
    """What several slips book together."""
    return sum_content(pair for slip in slips for pair in slip.amounts)


class Slips(Sequence[Slip]):
    """The slips of one side by key: a frame with one row each, and the `Slip` of a row when it is asked for.

    `frame` has key, reconciliation, documents, location, department, accounts, cents, line_ids, dates, roles
    (lists beside each other, one item per line), in_period, whole (all lines are in the period), unmapped,
    correction, currency, title, and what equality needs as columns: document (where there is one), date (the
    first), content (accounts and their cents as one text), total (cents of the accounts in debit),
    recurring (others book the same at the place).
    """

    def __init__(self, frame: pl.DataFrame, series: frozenset[str], named: pl.DataFrame) -> None:
        self.frame = frame
        self.series = series  # forms of the documents: every digit as 9, every letter as A
        self.named = named  # document, location, department: what stands anywhere
        self._made: dict[int, Slip] = {}

    @classmethod
    def of(cls, slips: pl.DataFrame) -> Slips:
        """The slips of a frame that lacks what equality needs, by key."""
        forms = slips.select(pl.col("documents").explode()).to_series().drop_nulls().unique()
        series = forms.str.replace_all(r"[0-9]", "9").str.replace_all(r"[A-Z]", "A").unique()
        frame = _with_content(slips.sort("key"))
        recurring = pl.struct("location", "department", "content").is_duplicated()
        named = frame.select("document", "location", "department").drop_nulls("document")
        return cls(frame.with_columns(recurring=recurring), frozenset(series.to_list()), named)

    def only(self, mask: pl.Series) -> Slips:
        """The slips where the mask is true; what recurs and which documents there are is still said of all."""
        return Slips(self.frame.filter(mask), self.series, self.named)

    def __len__(self) -> int:
        return self.frame.height

    @overload
    def __getitem__(self, row: int) -> Slip: ...

    @overload
    def __getitem__(self, row: slice) -> list[Slip]: ...

    def __getitem__(self, row: int | slice) -> Slip | list[Slip]:
        if isinstance(row, slice):
            return self.at(range(len(self))[row])
        if not -len(self) <= row < len(self):
            raise IndexError(row)
        return self.at([row % len(self)])[0]

    def at(self, rows: Sequence[int]) -> list[Slip]:
        """The slips of these rows; each is made once."""
        new = [row for row in dict.fromkeys(rows) if row not in self._made]
        for row, fields in zip(new, self.frame[new].iter_rows(named=True), strict=True):
            self._made[row] = _made_slip(fields)
        return [self._made[row] for row in rows]

    def lines(self) -> pl.DataFrame:
        """The slips as lines to be matched: one row per slip, in order; `amount` is its debits in cents."""
        return self.frame.select(
            id="key",
            amount="total",
            date="date",
            reference="document",
            currency="currency",
            key_document="document",  # as it is compared here; a reference loses its leading zeros
            key_location="location",
            key_department="department",
            key_content="content",
        )

    def rows_of(self, keys: pl.Series) -> pl.Series:
        """The row of each key, in the order of the keys."""
        rows = self.frame.select("key").with_row_index("row")
        return keys.alias("key").to_frame().join(rows, on="key", how="left", maintain_order="left")["row"]

    def keyed(self, keys: Collection[str]) -> Slips:
        """Some of the slips; what recurs and which documents there are is still said of all of them."""
        return self.only(self.frame["key"].is_in(list(keys)))

    def like(self, lines: pl.DataFrame, rows: pl.Series) -> pl.Series:
        """Those of the rows whose slip books at its place what one of the lines does."""
        wanted = lines.select(location="key_location", department="key_department", content="key_content").unique()
        cells = self.frame.select("location", "department", "content")[rows].with_columns(row=rows)
        return cells.join(wanted, on=wanted.columns, how="semi", nulls_equal=True)["row"]

    def documents_at(self, places: Collection[Place]) -> dict[Place, list[str]]:
        """The distinct documents that stand at each of the places, in order; places without one are left out."""
        wanted = pl.DataFrame([*places], schema={"location": pl.String, "department": pl.String}, orient="row")
        here = (
            self.named.join(wanted, on=["location", "department"], how="semi", nulls_equal=True).unique().sort(pl.all())
        )
        found: dict[Place, list[str]] = {}
        for document, *place in here.iter_rows():
            found.setdefault((place[0], place[1]), []).append(document)
        return found

    def sharing(self, slips: Iterable[Slip], rows: pl.Series) -> pl.Series:
        """Those of the rows that share a document with one of the slips, or an amount on an account near its day.

        Of rows that share an amount, the NEAR before the day of the slip and the NEAR from it on, by day and key.
        """
        slips = list(slips)
        documents = pl.Series([text for slip in slips for text in slip.documents], dtype=pl.String)
        mine = self.frame.select("key", "document", "date", "accounts", "cents")[rows].with_columns(row=rows)
        named = mine.filter(pl.col("document").is_in(documents.unique().implode()))["row"]
        amounts = [(*pair, slip.date) for slip in slips for pair in slip.content]
        wanted = pl.DataFrame(amounts, schema={"account": pl.String, "cents": pl.Int64, "day": pl.Date}, orient="row")
        pair = ["account", "cents"]
        numbers = wanted.select(pair).unique().with_row_index("pair")
        paid = _sums(mine, "row").join(numbers, on=pair).join(mine.select("row", "key", "date"), on="row")
        paid = paid.sort("pair", "date", "key")
        asked = wanted.join(numbers, on=pair).select("pair", "day").unique()
        return pl.concat([named, paid["row"].gather(_near(paid, asked))]).unique()

    def holding(self, line_ids: pl.Series) -> pl.DataFrame:
        """Row and key of the slips that hold any of the lines."""
        lines = self.frame.select("key", "line_ids").with_row_index("row").explode("line_ids")
        return lines.filter(pl.col("line_ids").is_in(line_ids.implode())).select("row", "key").unique().sort("row")

    @cached_property
    def habits(self) -> pl.DataFrame:
        """Row by row: document, shared (other slips have it too), recurring (others book the same at the place)."""
        shared = pl.col("document").is_duplicated() & pl.col("document").is_not_null()
        return self.frame.select("document", "recurring", shared=shared)


def _made_slip(row: dict[str, Any]) -> Slip:
    return Slip(
        key=row["key"],
        reconciliation=row["reconciliation"],
        documents=tuple(row["documents"]),
        place=(row["location"], row["department"]),
        amounts=tuple(zip(row["accounts"], row["cents"], strict=True)),
        line_ids=tuple(row["line_ids"]),
        line_dates=tuple(row["dates"]),
        in_period=row["in_period"],
        currency=row["currency"],
        title=row["title"],
        roles=None if row["roles"] is None else _roles(row["accounts"], row["roles"]),
        unmapped=row["unmapped"],
        correction=row["correction"],
    )


def _roles(accounts: list[str], roles: list[list[str]]) -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    for account, names in zip(accounts, roles, strict=True):
        found[account] = found.get(account, frozenset()) | frozenset(names or ())
    return found


def _with_content(slips: pl.DataFrame) -> pl.DataFrame:
    """The slips with the columns that equality needs."""
    numbered = slips.with_row_index("_slip")
    content = (
        _sums(numbered, "_slip")
        .sort("_slip", "account")
        .group_by("_slip", maintain_order=True)
        .agg(
            content=pl.concat_str("account", pl.col("cents").cast(pl.String), separator=_UNIT).str.join(_RECORD),
            total=pl.col("cents").filter(pl.col("cents") > 0).sum(),
        )
    )
    only = pl.when(pl.col("documents").list.len() == 1).then(pl.col("documents").list.first())
    return (
        numbered.join(content, on="_slip", how="left", maintain_order="left")
        .with_columns(
            pl.col("content").fill_null(""),
            pl.col("total").fill_null(0),
            document=only,
            date=pl.col("dates").list.min(),
        )
        .drop("_slip")
    )


def _near(paid: pl.DataFrame, asked: pl.DataFrame) -> pl.Series:
    """Positions in `paid` (pair, date; sorted by both) next to each pair and day that is asked for."""
    days = 1 << 32  # a pair's place in one order of pairs and days; every day is far below
    held = paid.select(pl.col("pair").cast(pl.Int64) * days + pl.col("date").to_physical()).to_series().to_numpy()
    number = asked["pair"].to_numpy().astype(np.int64)
    at = np.searchsorted(held, number * days + asked["day"].to_physical().to_numpy())
    begin, end = (np.searchsorted(held, (number + n) * days - days // 2) for n in (0, 1))
    places = at[:, None] + np.arange(-NEAR, NEAR)
    return pl.Series(np.unique(places[(places >= begin[:, None]) & (places < end[:, None])]), dtype=pl.UInt32)


def _sums(slips: pl.DataFrame, by: str) -> pl.DataFrame:
    """One row per slip and account that does not sum to zero: the column `by`, account, cents."""
    lines = slips.select(by, account="accounts", cents="cents").explode("account", "cents")
    return lines.group_by(by, "account").agg(pl.col("cents").sum()).filter(pl.col("cents") != 0)


def compares_department(lines: pl.DataFrame) -> bool:
    """True where any line has a department: a side that keeps none says nothing about departments."""
    return lines["department"].is_not_null().any()


def expected_slips(expected: pl.DataFrame, *, by_department: bool = True) -> Slips:
    """Expected lines of one reconciliation as slips, one per document and place, by entry id.

    Without `by_department` the place is the location alone, as in a ledger that keeps no departments.
    """
    with_document = expected.with_columns(_document=normal_document("document"))
    grouped = (
        with_document.sort("line_id")
        .group_by("entry_id")
        .agg(
            pl.col("reconciliation", "_document", "document", "location", "department", "currency").first(),
            pl.col("in_period", "unmapped").any(),
            accounts="account",
            cents="cents",
            line_ids="line_id",
            dates="posting_date",
            roles="roles",
            whole=pl.col("in_period").all(),
        )
    )
    empty = pl.lit([], pl.List(pl.String))
    return Slips.of(
        grouped.select(
            "reconciliation",
            "location",
            "accounts",
            "cents",
            "line_ids",
            "dates",
            "roles",
            "in_period",
            "whole",
            "unmapped",
            "currency",
            key="entry_id",
            documents=pl.when(pl.col("_document").is_null()).then(empty).otherwise(pl.concat_list("_document")),
            department=pl.col("department") if by_department else pl.lit(None, pl.String),
            title="document",
            correction=pl.lit(value=False),
        )
    )


def actual_slips(actual: pl.DataFrame, known: frozenset[str], *, reconciliation: str, by_department: bool) -> Slips:
    """Ledger lines of one reconciliation as slips, one per entry, place and document, by key.

    `known` are the normalised documents that are expected. Lines of one entry whose documents are
    unknown stay together: one entry often spells its document in several ways.
    """
    documents = pl.DataFrame({"_cluster": sorted(known)}, schema={"_cluster": pl.String})
    lines = (
        actual.with_columns(
            _document=normal_document("document"),
            department=pl.col("department") if by_department else pl.lit(None, pl.String),
        )
        .join(documents, left_on="_document", right_on="_cluster", how="left", coalesce=False)
        .with_columns(_other=pl.lit(value=False))
    )
    by = ["entry_id", "location", "department", "_cluster"]
    # Its own lines first: those that only misspell the document follow them.
    own = ~pl.col("_other")
    grouped = (
        _join_spellings(lines)
        .sort("_other", "line_id")
        .group_by(by)
        .agg(
            pl.col("in_period").any(),
            documents=pl.col("_document").filter(own).drop_nulls().unique().sort(),
            title=pl.col("document").filter(own).drop_nulls().first(),
            accounts="account",
            cents="cents",
            line_ids="line_id",
            dates="posting_date",
            whole=pl.col("in_period").all(),
            currency=pl.col("currency").first(),
            correction=pl.col("posting_key").filter(own).is_not_null().all(),
        )
    )
    return Slips.of(
        grouped.with_columns(
            pl.col("title").fill_null(""),
            key=pl.concat_str([pl.col(name).fill_null("") for name in by], separator="|"),
            reconciliation=pl.lit(reconciliation),
            roles=pl.lit(None, pl.List(pl.List(pl.String))),
            unmapped=pl.lit(value=False),
        )
    )


def _join_spellings(lines: pl.DataFrame) -> pl.DataFrame:
    """Lines where those of one entry and place that misspell a document join the ones that spell it.

    Only a misspelling (a truncation of the one document that the entry spells right, or no document
    at all) joins, marked `_other`; a line that names another document keeps them all apart.
    """
    by = ["entry_id", "location", "department"]
    doubtful = lines.filter(pl.col("_cluster").is_null()).select(by).unique()
    named = lines.join(doubtful, on=by, how="semi", nulls_equal=True)
    right = (
        named.filter(pl.col("_cluster").is_not_null())
        .group_by(by)
        .agg(_right=pl.col("_cluster").first(), _count=pl.col("_cluster").n_unique())
        .filter(pl.col("_count") == 1)
    )
    spelt = (pl.col("_document").is_null() | pl.col("_right").str.starts_with(pl.col("_document"))).all()
    joining = (
        named.filter(pl.col("_cluster").is_null())
        .join(right, on=by, nulls_equal=True)
        .group_by(*by, "_right")
        .agg(_spelt=spelt)
        .filter("_spelt")
        .drop("_spelt")
    )
    if joining.is_empty():
        return lines
    joined = lines.join(joining, on=by, how="left", nulls_equal=True)
    other = pl.col("_cluster").is_null() & pl.col("_right").is_not_null()
    return joined.with_columns(_other=other, _cluster=pl.coalesce("_cluster", "_right"))
