"""Rows of GLDETAIL as canonical ledger lines. Pure: rows in, frame out."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from recon.intacct.cells import (
    EXACT,
    RawRows,
    Written,
    columns,
    date,
    exact,
    flag,
    moment,
    state,
    whole_cents,
    whole_number,
)
from recon.intacct.mapped import SOURCE, Flaw, Mapped, blank, mapped, or_zero
from recon.intacct.reversals import reversing
from recon.money import MONEY

# The raw fields of each canonical id, the first that is told counts: a card number in one sets the row aside.
IDS: Mapping[str, tuple[str, ...]] = {
    "line_id": ("RECORDNO",), "entry_id": ("BATCHKEY", "BATCH_NO"), "entry_no": ("BATCH_NO",),
    "entity": ("CHILDENTITY",), "journal": ("SYMBOL",), "account": ("ACCOUNTNO",), "location": ("LOCATIONID",),
    "department": ("DEPARTMENTID",), "class": ("CLASSID",), "customer": ("CUSTOMERID",), "vendor": ("VENDORID",),
    "project": ("PROJECTID",), "employee": ("EMPLOYEEID",), "item": ("ITEMID",),
    "document": ("DOCUMENT", "DOCNUMBER"), "reference": ("REFERENCENO",),
}  # fmt: skip
LINE_FIELDS = (
    *dict.fromkeys(field for fields in IDS.values() for field in fields), "LINE_NO", "BOOKID", "ENTRY_DATE",
    "TR_TYPE", "DEBITAMOUNT", "CREDITAMOUNT", "AMOUNT", "TRX_DEBITAMOUNT", "TRX_CREDITAMOUNT", "CURRENCY", "BASECURR",
    "DESCRIPTION", "ENTRYDESCRIPTION", "MODULEKEY", "ENTRY_STATE", "STATISTICAL", "WHENCREATED", "WHENMODIFIED",
    "MODIFIED",
)  # fmt: skip


def ledger(rows: RawRows, *, currency: str | None = None, how: Written | None = None, batches: RawRows = ()) -> Mapped:
    """GLDETAIL rows as LEDGER, one line per row in the rows' order, debit above zero.

    The amount is DEBITAMOUNT less CREDITAMOUNT, and AMOUNT must say the same, signed or not: on GLDETAIL it is
    signed although TR_TYPE says the side too. `currency` is the company's where rows name none. GLBATCH rows, where
    given, tell who made an entry and which entry it reverses. A line that was never modified, or in 1970, counts
    as modified when it was created.
    """
    how = how or Written()
    raw = columns(rows, LINE_FIELDS)
    debit, credit = exact("DEBITAMOUNT"), exact("CREDITAMOUNT")
    signed = or_zero(debit) - or_zero(credit)
    told, side = exact("AMOUNT"), whole_number("TR_TYPE")
    lines = raw.with_columns(
        __signed=signed,
        __told=told,
        __unsigned=pl.when(side == -1).then(-told).otherwise(told),
        __side=side,
        **{column: pl.coalesce(fields) for column, fields in IDS.items()},
        line_no=whole_number("LINE_NO"),
        book=pl.col("BOOKID"),
        posting_date=date("ENTRY_DATE", how),
        amount=signed.cast(MONEY, strict=False),
        currency=pl.coalesce("BASECURR", pl.lit(currency, pl.String), "CURRENCY"),
        txn_amount=or_zero(exact("TRX_DEBITAMOUNT")) - or_zero(exact("TRX_CREDITAMOUNT")),
        txn_currency=pl.col("CURRENCY"),
        memo=pl.coalesce("DESCRIPTION", "ENTRYDESCRIPTION"),
        module=pl.col("MODULEKEY"),
        state=state("ENTRY_STATE"),
        statistical=flag("STATISTICAL"),
        created_at=moment("WHENCREATED", how),
        modified_at=pl.coalesce(moment("WHENMODIFIED", how), moment("MODIFIED", how), moment("WHENCREATED", how)),
    ).with_columns(
        line_id=pl.lit(f"{SOURCE}:") + pl.col("line_id"),
        txn_amount=pl.when(pl.col("TRX_DEBITAMOUNT").is_not_null() | pl.col("TRX_CREDITAMOUNT").is_not_null()).then(
            "txn_amount"
        ),
    )
    lines = _with_batches(lines, batches, how)
    return mapped(lines, "ledger", _flaws(), key="line_id", place="location")


def _flaws() -> list[Flaw]:
    """What keeps a row of GLDETAIL out of the ledger, the first that fits."""
    debit, credit = exact("DEBITAMOUNT"), exact("CREDITAMOUNT")
    missing = pl.col("DEBITAMOUNT").is_null() & pl.col("CREDITAMOUNT").is_null()
    agrees = (pl.col("__told") == pl.col("__signed")) | (pl.col("__unsigned") == pl.col("__signed"))
    zero, side = pl.lit("0").cast(EXACT), pl.col("__side")
    other = ((side == 1) & (or_zero(debit) == zero)) | ((side == -1) & (or_zero(credit) == zero))
    crossed = (pl.col("__signed") != zero) & other
    return [
        *blank(("RECORDNO", "line_id"), ("BATCHKEY", "entry_id"), ("SYMBOL", "journal"), ("ACCOUNTNO", "account")),
        Flaw(pl.col("posting_date").is_null(), "ENTRY_DATE", "cannot be read as a date"),
        Flaw(missing, "DEBITAMOUNT", "has neither debit nor credit"),
        Flaw(pl.col("DEBITAMOUNT").is_not_null() & debit.is_null(), "DEBITAMOUNT", "cannot be read as an amount"),
        Flaw(pl.col("CREDITAMOUNT").is_not_null() & credit.is_null(), "CREDITAMOUNT", "cannot be read as an amount"),
        Flaw(~whole_cents(pl.col("__signed")), "DEBITAMOUNT", "has a fraction of a cent"),
        Flaw(
            pl.col("AMOUNT").is_not_null() & ~agrees.fill_null(value=False),
            "AMOUNT",
            "says something else than debit less credit",
        ),
        Flaw(crossed, "TR_TYPE", "says another side than the amounts of debit and credit"),
        *blank(("CURRENCY", "currency")),
    ]


def _with_batches(lines: pl.DataFrame, batches: RawRows, how: Written) -> pl.DataFrame:
    """The lines with who made their entry, and the entry that theirs reverses.

    GLBATCH's REVERSEDKEY names the other half of a pair; the later of the two is the one that reverses.
    """
    names = ("RECORDNO", "BATCH_DATE", "CREATEDBY", "USERINFO.LOGINID", "REVERSEDKEY")
    known = columns(batches, names).unique("RECORDNO", keep="last", maintain_order=True)
    known = known.with_columns(day=date("BATCH_DATE", how), created_by=pl.coalesce("USERINFO.LOGINID", "CREATEDBY"))
    pairs = reversing(known.select("day", entry_id="RECORDNO", other="REVERSEDKEY"))
    made = known.select(entry_id="RECORDNO", created_by="created_by")
    joined = lines.join(made, on="entry_id", how="left", maintain_order="left")
    return joined.join(pairs, on="entry_id", how="left", maintain_order="left")
