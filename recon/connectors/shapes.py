"""Typed rows of one file as rows of a canonical frame: what the file leaves out is derived here."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from functools import reduce

import polars as pl

from recon.connectors.profiles import Profile, frame_words
from recon.connectors.rows import FAULT, REASON
from recon.connectors.tables import ROW
from recon.frames import CANONICAL_FRAMES
from recon.money import MONEY
from recon.period import Period

KEY = "__key"  # hash of a row's identity
BATCHED = "__batched"  # the day by which a payment is in or out of the margin
DATE = {
    "tickets": "business_date",
    "sales": "business_date",
    "tenders": "business_date",
    "payments": BATCHED,
    "deposits": "deposit_date",
    "payroll": "check_date",
    "ledger": "posting_date",
}
IDENTITY = {
    "tickets": ("location", "business_date", "ticket_id"),
    "sales": ("location", "business_date", "ticket_id"),
    "tenders": ("location", "business_date", "ticket_id"),
    "payments": ("payment_id",),
    "deposits": ("deposit_id",),
    "fee_statements": ("statement_id", "kind", "description"),
    "payroll": ("run_id", "check_no", "employee_id"),
    "ledger": ("line_id",),
    "balances": ("entity", "account", "location"),
    "accounts": ("account",),
}
DOCUMENT = {
    "tickets": "ticket_id", "sales": "ticket_id", "tenders": "ticket_id", "payments": "payment_id",
    "deposits": "deposit_id", "fee_statements": "statement_id", "payroll": "run_id", "ledger": "line_id",
    "balances": "account", "accounts": "account", "locations": "location",
}  # fmt: skip
_DEPOSIT_PARTS = ("sales", "refunds", "chargebacks", "reversals", "fees", "adjustments")
_TENDER_WORDS = frame_words("tenders", "tender")
_GROUP_WORDS = frame_words("deposits", "group")


def shaped(rows: pl.LazyFrame, profile: Profile, stem: str, period: Period) -> pl.LazyFrame:
    """Rows with every column that the frame needs, faults of footing added, and KEY."""
    frame = profile.frame
    if frame == "tickets":
        rows = _footed_tickets(rows, profile)
    elif frame == "tenders":
        rows = rows.with_columns(_tender("tender", "brand" if "brand" in profile.columns else None))
    elif frame == "deposits":
        rows = _footed_deposits(rows, profile)
    elif frame == "ledger":
        rows = _identified_lines(rows, profile, stem)
    elif frame == "balances":
        rows = _completed_balances(rows, profile, period)
    elif frame == "payments":
        rows = _dated_payments(rows)
    present = rows.collect_schema().names() if frame in IDENTITY else []
    parts = [pl.col(name).cast(pl.String).fill_null("") for name in IDENTITY.get(frame, ()) if name in present]
    return rows.with_columns(pl.concat_str(parts, separator="\x1f").hash(0).alias(KEY)) if parts else rows


def _dated_payments(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Payments with the day of their batch, or of the sale where the processor names no batch date.

    The batch date itself stays null there: it follows from the cut-off in the store's own time.
    """
    present = rows.collect_schema().names()
    days = {"batch_date": pl.col("batch_date"), "created_at": pl.col("created_at").dt.date()}
    return rows.with_columns(pl.coalesce(day for name, day in days.items() if name in present).alias(BATCHED))


def _fault(condition: pl.Expr, field: str, value: pl.Expr, reason: pl.Expr) -> list[pl.Expr]:
    """The fault columns with one more fault, where the row has none yet."""
    new = pl.col(REASON).is_null() & condition.fill_null(False)
    pairs = zip(FAULT, (pl.lit(field), value.cast(pl.String), reason), strict=True)
    return [pl.when(new).then(text).otherwise(pl.col(name)).alias(name) for name, text in pairs]


def _footed_tickets(rows: pl.LazyFrame, profile: Profile) -> pl.LazyFrame:
    """Wide tickets whose components and tenders sum to the total; the others with that fault."""
    components = [f"c{n}" for n in range(len(profile.components))]
    tenders = [f"t{n}" for n in range(len(profile.tenders))]
    less = [(pl.col(f"t{n}") - pl.col(f"t{n}_less")).cast(MONEY) for n, one in enumerate(profile.tenders) if one.less]
    rows = rows.with_columns(less) if less else rows
    rows = rows.with_columns(_sum(components).alias("__components"), _sum(tenders).alias("__tenders"))
    if not profile.total:
        rows = rows.with_columns(total=pl.col("__components"))
    label = profile.total.heading[0] if profile.total and profile.total.heading else "total"
    for column, noun in (("__components", "components"), ("__tenders", "tenders")):
        text = pl.format("the ticket's " + noun + " sum to {}, not to its total {}", column, "total")
        rows = rows.with_columns(_fault(pl.col(column) != pl.col("total"), label, pl.col("total"), text))
    if "kind" not in profile.columns:
        rows = rows.with_columns(kind=pl.when(pl.col("total") < 0).then(pl.lit("return")).otherwise(pl.lit("sale")))
    return rows.drop("__components", "__tenders")


def _sum(columns: Sequence[str]) -> pl.Expr:
    # Polars 2.1 plans sum_horizontal of decimals with one precision and computes another; adding does not.
    return reduce(operator.add, [pl.col(name) for name in columns]).cast(MONEY)


def _tender(tender: str, brand: str | None, *, to_tender: str = "tender", to_brand: str = "brand") -> list[pl.Expr]:
    """The canonical tender and brand; a tender nobody mapped is `other` with its own word as brand."""
    word = pl.col(tender).str.to_lowercase().str.replace_all(r"[\s-]+", "_")
    known = word.is_in(_TENDER_WORDS)
    named = pl.col(brand) if brand else pl.lit(None, pl.String)
    return [
        pl.when(known).then(word).otherwise(pl.lit("other")).alias(to_tender),
        pl.coalesce(named, pl.when(~known).then(pl.col(tender).str.to_lowercase())).alias(to_brand),
    ]


def _footed_deposits(rows: pl.LazyFrame, profile: Profile) -> pl.LazyFrame:
    """Deposits whose parts sum to the net; the others with that fault."""
    parts = _sum(_DEPOSIT_PARTS)
    if "net" not in profile.columns:
        return rows.with_columns(net=parts)
    heading = next(iter(profile.columns["net"].heading), "net")
    text = pl.format("the deposit's parts sum to {}, not to its net {}", parts, "net")
    rows = rows.with_columns(_fault(parts != pl.col("net"), heading, pl.col("net"), text))
    if "group" in profile.columns:
        rows = rows.with_columns(group=pl.when(pl.col("group").is_in(_GROUP_WORDS)).then(pl.col("group")))
    return rows


def _identified_lines(rows: pl.LazyFrame, profile: Profile, stem: str) -> pl.LazyFrame:
    """Ledger lines named `<source>:<record number>`, or `<file>:<row>` where the file has no record numbers."""
    if "line_id" not in profile.columns:
        rows = rows.with_columns(line_id=pl.format(stem + ":{}", ROW))
    elif profile.source:
        rows = rows.with_columns(line_id=pl.lit(f"{profile.source}:") + pl.col("line_id"))
    if "entry_id" not in profile.columns:
        document = pl.col("document").fill_null("") if "document" in profile.columns else pl.lit("")
        rows = rows.with_columns(entry_id=pl.format("{}:{}:{}", "journal", "posting_date", document))
    return rows


def _completed_balances(rows: pl.LazyFrame, profile: Profile, period: Period) -> pl.LazyFrame:
    """Balances with the period's name, and with the opening or closing that the file leaves out."""
    if "period" not in profile.columns:
        rows = rows.with_columns(period=pl.lit(period.name))
    if "closing" not in profile.columns:
        rows = rows.with_columns(closing=(pl.col("opening") + pl.col("debits") - pl.col("credits")).cast(MONEY))
    if "opening" not in profile.columns:
        rows = rows.with_columns(opening=(pl.col("closing") - pl.col("debits") + pl.col("credits")).cast(MONEY))
    return rows


def sales_of(tickets: pl.LazyFrame, profile: Profile) -> pl.LazyFrame:
    """SALES, one row per component of a wide ticket that is not zero."""
    present = tickets.collect_schema().names()
    keys = [name for name in CANONICAL_FRAMES["sales"].columns() if name in present]
    return pl.concat(
        [
            tickets.filter(pl.col(f"c{n}") != 0).select(
                *[name for name in keys if name != "tax_code" or one.tax_code is None],
                component=pl.lit(one.component),
                category=pl.lit(one.category, pl.String),
                amount=pl.col(f"c{n}"),
                **({"tax_code": pl.lit(one.tax_code)} if one.tax_code is not None else {}),
            )
            for n, one in enumerate(profile.components)
        ],
        how="diagonal",
    )


def tenders_of(tickets: pl.LazyFrame, profile: Profile) -> pl.LazyFrame:
    """TENDERS, one row per tender of a wide ticket that is not zero."""
    keys = ("ticket_id", "location", "business_date", "currency")
    frames = []
    for n, one in enumerate(profile.tenders):
        brand = f"t{n}_brand" if one.brand else None
        payment = pl.col(f"t{n}_payment_id") if one.payment_id else pl.lit(None, pl.String)
        paid = tickets.filter(pl.col(f"t{n}") != 0)
        frames.append(paid.select(*keys, *_tender(f"t{n}_tender", brand), amount=pl.col(f"t{n}"), payment_id=payment))
    return pl.concat(frames, how="diagonal")
