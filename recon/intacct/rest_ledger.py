"""Lines of journal entries of the REST API as canonical ledger lines. Pure: rows in, frame out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.intacct.cells import RawRows, Written, columns, date, exact, moment, state, whole_cents, whole_number
from recon.intacct.mapped import SOURCE, Flaw, Mapped, blank, in_slices, mapped
from recon.intacct.places import top_of
from recon.intacct.reversals import reversing
from recon.money import MONEY

# The raw fields of each canonical id, the first that is told counts: a card number in one sets the row aside.
IDS: Mapping[str, tuple[str, ...]] = {
    "line_id": ("key",),
    "entry_id": ("journalEntry.key", "journalEntry.id"),
    "entry_no": ("journalEntry.txnNumber", "journalEntry.id"),
    "entity": ("journalEntry.baseLocation.id",),
    "journal": ("journalEntry.glJournal.id",),
    "account": ("glAccount.id",),
    "document": ("documentId",),
    "reference": ("journalEntry.referenceNumber",),
    **{
        name: (f"dimensions.{name}.id",)
        for name in ("location", "department", "class", "customer", "vendor", "project", "employee", "item")
    },
}
LINE_FIELDS = (
    *dict.fromkeys(field for fields in IDS.values() for field in fields), "lineNumber", "entryDate", "txnType",
    "txnAmount", "baseAmount", "description", "currency.baseCurrency", "currency.txnCurrency", "currency.exchangeRate",
    "state", "journalEntry.state", "journalEntry.moduleName", "audit.createdDateTime", "audit.modifiedDateTime",
    "audit.createdByUser.id", "audit.createdBy",
)  # fmt: skip

FROM_ENTRY = {
    "glJournal.id": "journalEntry.glJournal.id",
    "referenceNumber": "journalEntry.referenceNumber",
    "state": "journalEntry.state",
    "txnNumber": "journalEntry.txnNumber",
    "moduleName": "journalEntry.moduleName",
    "baseLocation.id": "journalEntry.baseLocation.id",
}


def rest_ledger(
    rows: RawRows, *, currency: str | None = None, entries: RawRows = (), books: RawRows = (), places: RawRows = ()
) -> Mapped:
    """Lines of journal-entry-line as LEDGER, one per row in the rows' order, debit above zero.

    Amounts are documented without a sign, the side is txnType. Where every credit of the rows is below zero and no
    debit is, they are signed and taken as such; a negative amount between unsigned ones is rejected, since nobody
    can tell what it means. Journal-entry rows, where given, supply what the lines lack; journal rows tell
    the book, location rows the entity at the top. Of two entries one of which names the other as its reversal, the
    later one's lines say which they reverse.
    """
    signed = _are_signed(rows)
    of_entries, kinds = _of_entries(entries), _kinds(books)
    top = top_of(pl.col("dimensions.location.id"), places)

    def made(part: RawRows) -> Mapped:
        raw = _with_entries(columns(part, LINE_FIELDS), of_entries, kinds)
        return _lines(raw, signed=signed, currency=currency, top=top)

    return in_slices(rows, made)


_BASE, _SIDE = pl.coalesce(exact("baseAmount"), exact("txnAmount")), pl.col("txnType").str.to_lowercase()


def _are_signed(rows: RawRows) -> bool:
    """True where credits stand below zero and debits do not."""
    raw = columns(rows, ("txnType", "baseAmount", "txnAmount")).select(base=_BASE, is_debit=_SIDE == "debit")
    credits, debits = raw.filter(~pl.col("is_debit"))["base"], raw.filter("is_debit")["base"]
    return bool((credits <= 0).all() and (credits < 0).any() and (debits >= 0).all())


def _lines(raw: pl.DataFrame, *, signed: bool, currency: str | None, top: pl.Expr) -> Mapped:
    how = Written()
    raw = raw.with_columns(__base=_BASE, __debit=_SIDE == "debit", __side=_SIDE.is_in(["debit", "credit"]))
    size = pl.col("__base").abs() if signed else pl.col("__base")
    txn = exact("txnAmount").abs()
    foreign = pl.col("currency.txnCurrency") != pl.col("currency.baseCurrency")
    sides = pl.when(pl.col("__debit")).then(size).otherwise(-size)
    lines = raw.with_columns(
        **{column: pl.coalesce(fields) for column, fields in IDS.items()}
        | {
            "line_id": pl.lit(f"{SOURCE}:") + pl.col("key"),
            "entity": pl.coalesce(*IDS["entity"], top),
        },
        line_no=whole_number("lineNumber"),
        posting_date=date("entryDate", how),
        amount=sides.cast(MONEY, strict=False),
        currency=pl.coalesce("currency.baseCurrency", pl.lit(currency, pl.String), "currency.txnCurrency"),
        txn_amount=pl.when("__debit").then(txn).otherwise(-txn),
        txn_currency=pl.col("currency.txnCurrency"),
        exchange_rate=pl.when(foreign).then(exact("currency.exchangeRate")),
        memo=pl.col("description"),
        module=pl.col("journalEntry.moduleName"),
        state=state("journalEntry.state", "state"),
        statistical=pl.lit(value=False),  # statistical entries are objects of their own
        created_by=pl.coalesce("audit.createdByUser.id", "audit.createdBy"),
        created_at=moment("audit.createdDateTime", how),
        modified_at=pl.coalesce(moment("audit.modifiedDateTime", how), moment("audit.createdDateTime", how)),
    )
    return mapped(lines, "ledger", _flaws(signed=signed), key="line_id", place="location")


def _flaws(*, signed: bool) -> list[Flaw]:
    """What keeps a line out of the ledger, the first that fits."""
    return [
        *blank(
            ("key", "line_id"),
            ("journalEntry.key", "entry_id"),
            ("journalEntry.glJournal.id", "journal"),
            ("glAccount.id", "account"),
        ),
        Flaw(pl.col("posting_date").is_null(), "entryDate", "cannot be read as a date"),
        Flaw(~pl.col("__side").fill_null(value=False), "txnType", "is neither debit nor credit"),
        Flaw(pl.col("__base").is_null(), "baseAmount", "cannot be read as an amount"),
        Flaw(~whole_cents(pl.col("__base")), "baseAmount", "has a fraction of a cent"),
        Flaw(
            pl.lit(value=not signed) & (pl.col("__base") < 0),
            "baseAmount",
            "is below zero among amounts without a sign",
        ),
        *blank(("currency.txnCurrency", "currency")),
    ]


def _of_entries(entries: RawRows) -> tuple[pl.DataFrame, pl.DataFrame]:
    """By the key of a line's entry: what the entry tells, and the entry that it reverses."""
    known = columns(entries, ("key", "postingDate", "reversedBy.key", *FROM_ENTRY))
    known = known.unique("key", keep="last", maintain_order=True)
    pairs = reversing(known.select(day=date("postingDate", Written()), entry_id="key", other="reversedBy.key"))
    told = known.select(
        pl.col("key").alias("journalEntry.key"), *(pl.col(name).alias(f"__{name}") for name in FROM_ENTRY)
    )
    return told, pairs.rename({"entry_id": "journalEntry.key"})


def _kinds(books: RawRows) -> pl.DataFrame:
    """The book of each journal, by which ACCRUAL is told from others."""
    kinds = columns(books, ("id", "bookType")).unique("id", keep="last", maintain_order=True)
    # The words after accrual and cash differ between the places that describe them.
    book = pl.col("bookType").str.to_uppercase().str.replace(r"^(ACCRUAL|CASH).*$", "$1")
    return kinds.select(pl.col("id").alias("journalEntry.glJournal.id"), book=book)


def _with_entries(raw: pl.DataFrame, entries: tuple[pl.DataFrame, pl.DataFrame], kinds: pl.DataFrame) -> pl.DataFrame:
    """The lines with what they lack, taken from their entry, and with the book of their journal."""
    for of_entries in entries:
        raw = raw.join(of_entries, on="journalEntry.key", how="left", maintain_order="left")
    raw = raw.with_columns(pl.coalesce(column, f"__{name}").alias(column) for name, column in FROM_ENTRY.items())
    return raw.join(kinds, on="journalEntry.glJournal.id", how="left", maintain_order="left")
