"""Rows of GLDETAIL as canonical ledger lines. Pure: rows in, frame out."""

from __future__ import annotations

import polars as pl

from recon.intacct.cells import RawRows, Written, columns, date, exact, flag, moment, state, whole_cents, whole_number
from recon.intacct.mapped import SOURCE, Flaw, Mapped, blank, mapped, or_zero
from recon.intacct.reversals import reversing
from recon.money import MONEY

LINE_FIELDS = (
    "RECORDNO", "BATCHKEY", "BATCH_NO", "LINE_NO", "SYMBOL", "BOOKID", "CHILDENTITY", "ENTRY_DATE", "ACCOUNTNO",
    "LOCATIONID", "DEPARTMENTID", "CLASSID", "CUSTOMERID", "VENDORID", "PROJECTID", "EMPLOYEEID", "ITEMID",
    "TR_TYPE", "DEBITAMOUNT", "CREDITAMOUNT", "AMOUNT", "TRX_DEBITAMOUNT", "TRX_CREDITAMOUNT", "CURRENCY", "BASECURR",
    "DOCUMENT", "DOCNUMBER", "REFERENCENO", "DESCRIPTION", "ENTRYDESCRIPTION", "MODULEKEY",
    "ENTRY_STATE", "STATISTICAL", "WHENCREATED", "WHENMODIFIED", "MODIFIED",
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
        line_id=pl.lit(f"{SOURCE}:") + pl.col("RECORDNO"),
        entry_id=pl.coalesce("BATCHKEY", "BATCH_NO"),
        entry_no=pl.col("BATCH_NO"),
        line_no=whole_number("LINE_NO"),
        book=pl.col("BOOKID"),
        entity=pl.col("CHILDENTITY"),
        journal=pl.col("SYMBOL"),
        posting_date=date("ENTRY_DATE", how),
        account=pl.col("ACCOUNTNO"),
        location=pl.col("LOCATIONID"),
        department=pl.col("DEPARTMENTID"),
        customer=pl.col("CUSTOMERID"),
        vendor=pl.col("VENDORID"),
        project=pl.col("PROJECTID"),
        employee=pl.col("EMPLOYEEID"),
        item=pl.col("ITEMID"),
        amount=signed.cast(MONEY, strict=False),
        currency=pl.coalesce("BASECURR", pl.lit(currency, pl.String), "CURRENCY"),
        txn_amount=(or_zero(exact("TRX_DEBITAMOUNT")) - or_zero(exact("TRX_CREDITAMOUNT"))).cast(pl.Decimal(20, 4)),
        txn_currency=pl.col("CURRENCY"),
        document=pl.coalesce("DOCUMENT", "DOCNUMBER"),
        reference=pl.col("REFERENCENO"),
        memo=pl.coalesce("DESCRIPTION", "ENTRYDESCRIPTION"),
        module=pl.col("MODULEKEY"),
        state=state("ENTRY_STATE"),
        statistical=flag("STATISTICAL"),
        created_at=moment("WHENCREATED", how),
        modified_at=pl.coalesce(moment("WHENMODIFIED", how), moment("MODIFIED", how), moment("WHENCREATED", how)),
        **{"class": pl.col("CLASSID")},
    ).with_columns(
        txn_amount=pl.when(pl.col("TRX_DEBITAMOUNT").is_not_null() | pl.col("TRX_CREDITAMOUNT").is_not_null()).then(
            "txn_amount"
        )
    )
    lines = _with_batches(lines, batches, how)
    return mapped(lines, "ledger", _flaws(), key="line_id", place="location")


def _flaws() -> list[Flaw]:
    """What keeps a row of GLDETAIL out of the ledger, the first that fits."""
    debit, credit = exact("DEBITAMOUNT"), exact("CREDITAMOUNT")
    missing = pl.col("DEBITAMOUNT").is_null() & pl.col("CREDITAMOUNT").is_null()
    agrees = (pl.col("__told") == pl.col("__signed")) | (pl.col("__unsigned") == pl.col("__signed"))
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
