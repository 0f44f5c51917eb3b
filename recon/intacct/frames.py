"""Raw rows of either API as canonical frames: ledger, balances, accounts and locations, and what cannot be read.

Pure: rows in, frames out. The rows are a list as the wire gave them, or a frame of text columns of the same names.
"""

from __future__ import annotations

import polars as pl

from recon.frames.events import Accounts, words_of
from recon.intacct.cells import EXACT, RawRows, Written, columns, exact, flag, whole_cents, written
from recon.intacct.mapped import Flaw, Mapped, blank, in_slices, mapped, or_zero
from recon.intacct.places import placed, top_among
from recon.intacct.rest_ledger import rest_ledger
from recon.intacct.xml_ledger import ledger

__all__ = [
    "Mapped",
    "RawRows",
    "Written",
    "accounts",
    "balances",
    "in_slices",
    "ledger",
    "locations",
    "rest_accounts",
    "rest_ledger",
    "rest_locations",
    "written",
]

_REQUIRED = {
    "REQUIREDEPT": "department", "REQUIRELOC": "location", "REQUIREPROJECT": "project", "REQUIRETASK": "task",
    "REQUIRECUSTOMER": "customer", "REQUIREVENDOR": "vendor", "REQUIREEMPLOYEE": "employee", "REQUIREITEM": "item",
    "REQUIRECLASS": "class", "REQUIRECONTRACT": "contract", "REQUIREWAREHOUSE": "warehouse",
}  # fmt: skip
_CONTROL = (("payable", "ap"), ("receivable", "ar"))
_BALANCE = {
    "account": ("GLACCOUNTNO", "ACCOUNTNO"),
    "location": ("LOCATIONID", "LOCATION"),
    "opening": ("STARTBALANCE", "OPENBAL"),
    "debits": ("DEBITS", "TOTDEBIT", "DEBIT"),
    "credits": ("CREDITS", "TOTCREDIT", "CREDIT"),
    "more_debits": ("ADJDEBITS", "TOTADJDEBIT"),
    "more_credits": ("ADJCREDITS", "TOTADJCREDIT"),
    "change": ("PERIODBALANCE",),
    "closing": ("ENDBALANCE", "ENDBAL"),
}


def balances(rows: RawRows, *, period: str) -> Mapped:
    """Rows of the trial balance as BALANCES, one per account and location, Dr/(Cr), debits and credits unsigned.

    Adjusting entries are added to debits and credits; rows that tell only the change of the period give it as
    debits or as credits. A row whose parts do not foot is rejected, and so are the rows of an account and place that
    stand there several times, such as in two currencies or books.
    """
    raw = columns(rows, [name for names in _BALANCE.values() for name in names] + ["DEPARTMENTID"])
    texts = ("account", "location")
    found = raw.with_columns(
        (pl.coalesce(names) if column in texts else pl.coalesce([exact(name) for name in names])).alias(column)
        for column, names in _BALANCE.items()
    )
    zero = pl.lit("0").cast(EXACT)
    change = pl.col("change")
    up, down = pl.when(change > zero).then(change).otherwise(zero), pl.when(change < zero).then(-change).otherwise(zero)
    parts = found.with_columns(
        debits=pl.coalesce("debits", up).abs() + or_zero(pl.col("more_debits")).abs(),
        credits=pl.coalesce("credits", down).abs() + or_zero(pl.col("more_credits")).abs(),
        period=pl.lit(period),
    )
    foots = pl.col("opening") + pl.col("debits") - pl.col("credits") == pl.col("closing")
    flaws = [
        *blank(
            ("GLACCOUNTNO", "account"),
            ("STARTBALANCE", "opening"),
            ("DEBITS", "debits"),
            ("CREDITS", "credits"),
            ("ENDBALANCE", "closing"),
        ),
        Flaw(
            pl.struct("account", "location", "DEPARTMENTID").is_duplicated(),
            "GLACCOUNTNO",
            "stands several times for one place, in currencies or books of its own: nobody can tell which row counts",
        ),
        Flaw(~foots, "ENDBALANCE", "is not opening plus debits less credits"),
        Flaw(~whole_cents(pl.col("closing")), "ENDBALANCE", "has a fraction of a cent"),
    ]
    return mapped(parts, "balances", flaws, key="account", place="location")


def accounts(rows: RawRows) -> Mapped:
    """GLACCOUNT rows as ACCOUNTS, one per account; the REQUIRE flags as one list of dimensions."""
    names = ("ACCOUNTNO", "TITLE", "NORMALBALANCE", "ACCOUNTTYPE", "ALTERNATIVEACCOUNT", "STATUS", *_REQUIRED)
    raw = columns(rows, names)
    found = raw.with_columns(
        account=pl.col("ACCOUNTNO"),
        title=pl.col("TITLE"),
        normal_balance=pl.col("NORMALBALANCE").str.to_lowercase(),
        type=_type("ACCOUNTTYPE"),
        control=_control("ALTERNATIVEACCOUNT"),
        required_dimensions=_listed(_REQUIRED),
        status=pl.col("STATUS"),
    )
    return mapped(found, "accounts", _account_flaws("NORMALBALANCE", "ACCOUNTNO", "TITLE"), key="account")


def rest_accounts(rows: RawRows) -> Mapped:
    """Rows of the account object as ACCOUNTS, one per account."""
    required = {f"requireDimensions.{one}": one for one in sorted(_REQUIRED.values())}
    names = ("id", "name", "normalBalance", "accountType", "alternativeGLAccount", "disallowDirectPosting", "status")
    raw = columns(rows, (*names, *required))
    found = raw.with_columns(
        account=pl.col("id"),
        title=pl.col("name"),
        normal_balance=pl.col("normalBalance").str.to_lowercase(),
        type=_type("accountType"),
        control=_control("alternativeGLAccount"),
        direct_posting=~flag("disallowDirectPosting"),
        required_dimensions=_listed(required),
    )
    return mapped(found, "accounts", _account_flaws("normalBalance", "id", "name"), key="account")


def _type(name: str) -> pl.Expr:
    """The account's type; null for one that only the vendor knows: an account never leaves the chart for its type."""
    word = pl.col(name).str.to_lowercase().str.replace_all(r"[\s_-]", "")
    return pl.when(word.is_in(words_of(Accounts.type))).then(word)


def _control(name: str) -> pl.Expr:
    text = pl.col(name).str.to_lowercase()
    return pl.coalesce([pl.when(text.str.contains(word)).then(pl.lit(meaning)) for word, meaning in _CONTROL])


def _listed(fields: dict[str, str]) -> pl.Expr:
    """The dimensions whose flag is set, in alphabetic order, separated by |; null where none is."""
    ordered = sorted(fields.items(), key=lambda pair: pair[1])
    parts = [pl.when(flag(field)).then(pl.lit(meaning)) for field, meaning in ordered]
    text = pl.concat_str(parts, separator="|", ignore_nulls=True)
    return pl.when(text != "").then(text)


def _account_flaws(balance: str, number: str, title: str) -> list[Flaw]:
    wrong = ~pl.col("normal_balance").is_in(["debit", "credit"]).fill_null(value=False)
    return [*blank((number, "account"), (title, "title")), Flaw(wrong, balance, "is neither debit nor credit")]


def locations(rows: RawRows, *, merchants: dict[str, str] | None = None) -> Mapped:
    """LOCATION rows as LOCATIONS, one per location with the entity at the top of it.

    Intacct knows no merchant numbers: `merchants` gives them by location id, and a location without one is left
    blank for the workspace's mapping to fill.
    """
    return _located(
        columns(rows, ("LOCATIONID", "PARENTID")).rename({"LOCATIONID": "location", "PARENTID": "parent"}), merchants
    )


def rest_locations(rows: RawRows, *, merchants: dict[str, str] | None = None) -> Mapped:
    """Rows of the location object as LOCATIONS, as `locations` does."""
    return _located(placed(rows, "id", "parent.id"), merchants)


def _located(raw: pl.DataFrame, merchants: dict[str, str] | None) -> Mapped:
    known = merchants or {"": ""}
    found = raw.with_columns(
        entity=top_among(raw),
        merchant_ids=pl.col("location").replace_strict(known, default="", return_dtype=pl.String),
    )
    return mapped(found, "locations", blank(("location", "location")), key="location")
