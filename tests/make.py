"""The builders of tests: ledgers, tickets, payments, deposits and registers in words an accountant reads.

A row is a line of words: its id, what it is, its amount, then where and when. `@2026-09-03` is the date,
`L101` the location, `M:M101` the merchant, `D:DOC-1` the document (`D:-` none), `J:SJ` the journal,
`P:FOH` the department; every other word is column:value. What a row leaves out it takes from the row
before it with the same id (tickets) or the same entry: A1 and A2 are lines of the entry A.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from recon.canonical import Canonical
from recon.canonical.model import RejectedRows
from recon.canonical.population import populate
from recon.expected import ExpectedLedger
from recon.frames import CANONICAL_FRAMES, RESULT_FRAMES
from recon.money import to_cents
from recon.period import Period, parse_period
from recon.pipeline import Reconciled, reconcile_expected
from recon.policy import Policy, Rule

SEPTEMBER = parse_period("2026-09")
RECONCILIATION_OF_JOURNAL = {"SJ": "sales", "CRJ": "deposits", "PYRJ": "payroll"}
WHEN_AND_WHERE = {"date": "2026-09-03", "location": "100"}
SHORT = {"D": "document", "J": "journal", "P": "department", "M": "merchant_id"}
Row = dict[str, Any]

RULES = (
    "food sales credit 4010 component:revenue category:food",
    "beverage sales credit 4020 component:revenue category:beverage",
    "discounts sales credit 4900 component:discount|comp",
    "tax sales credit 2200 component:tax",
    "tips sales credit 2350 component:tip",
    "gift-cards-sold sales credit 2310 component:gift_card_sold",
    "loyalty-points sales credit - component:donation",
    "amex tenders debit 1255 tender:card brand:amex",
    "cards tenders debit 1250 tender:card",
    "cash tenders debit 1030 tender:cash",
    "gift-cards tenders debit 2310 tender:gift_card",
    "bank deposits debit 1010 measure:net",
    "amex-sold deposits credit 1255 measure:sales group:amex",
    "sold deposits credit 1250 measure:sales",
    "amex-returned deposits credit 1255 measure:refunds group:amex",
    "returned deposits credit 1250 measure:refunds",
    "chargebacks deposits credit 6520 measure:chargebacks",
    "won-back deposits credit 6520 measure:reversals",
    "fees deposits credit 6510 measure:fees",
    "wages payroll debit 6010 kind:earning",
    "withheld payroll credit 2410 kind:employee_tax",
    "deducted payroll credit 2420 kind:deduction|garnishment",
    "employer-taxes payroll debit 6110 kind:employer_tax offset_account:2410",
    "net-pay payroll credit 1020 kind:net_pay",
)
CHART = (
    "1010 bank",
    "1020 bank",
    "1030",
    "1250",
    "1255",
    "1999",
    "2100",
    "2200",
    "2310",
    "2350",
    "2410",
    "2420",
    "4010",
    "4020",
    "4900",
    "6010",
    "6110",
    "6510",
    "6520",
    "6800",
)


def words_of(text: str) -> Row:
    """Columns and values of the words after a row's head."""
    found: Row = {}
    for word in text.split():
        if word.startswith("@"):
            found["date"] = word[1:]
        elif re.fullmatch(r"L[\w-]+", word):
            found["location"] = word[1:]
        else:
            name, _, value = word.partition(":")
            found[SHORT.get(name, name)] = value
    return {name: None if value == "-" else value for name, value in found.items()}


def rows_of(lines: Iterable[str], head: int, group: Callable[[str], str], given: Row) -> list[tuple[list[str], Row]]:
    """The head words and the columns of every line; a line takes what it leaves out from its group."""
    before: dict[str, Row] = {}
    rows = []
    for line in lines:
        words = line.split()
        key = group(words[0])
        row = {**before.get(key, given), **words_of(" ".join(words[head:]))}
        before.setdefault(key, row)
        rows.append((words[:head], row))
    return rows


def entry_of(line_id: str) -> str:
    """The entry of a ledger line: the letters before its number."""
    return line_id.rstrip("0123456789") or line_id


def framed(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    """The canonical or result frame of that name; columns that the rows lack are null."""
    schema = {**CANONICAL_FRAMES, **RESULT_FRAMES}[name].create_empty().schema
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def ledger_rows(lines: Iterable[str], given: Row) -> list[Row]:
    """Rows of LEDGER from lines such as "A1 1010 100.00 @2026-09-03 L100 D:DOC-1"."""
    rows = []
    for (line_id, account, amount), words in rows_of(
        lines, 3, entry_of, {**WHEN_AND_WHERE, "document": "DOC-1"} | given
    ):
        row = {"journal": "CRJ", "currency": "USD", "entry_id": entry_of(line_id), **words}
        row |= {"line_id": line_id, "account": account, "amount": Decimal(amount)}
        row["posting_date"] = dt.date.fromisoformat(row.pop("date"))
        row["statistical"] = row.get("statistical") == "true"
        rows.append(row)
    return rows


def ledger(*lines: str, **given: str | None) -> pl.DataFrame:
    """What stands in the ledger, debit above zero; `given` holds for every line that does not say otherwise."""
    return framed("ledger", ledger_rows(lines, given))


def expected(*lines: str, period: Period = SEPTEMBER, **given: str | None) -> pl.DataFrame:
    """What ought to stand, debit above zero; `role:fees` says what a line is, `unmapped:yes` that no rule made it."""
    rows = []
    for row in ledger_rows(lines, given):
        role, unmapped = row.get("role"), row.get("unmapped") == "yes"
        working = {"roles": [role] if role else [], "unmapped": unmapped, "in_period": period.has(row["posting_date"])}
        own = RECONCILIATION_OF_JOURNAL[row["journal"]]
        rows.append({**row, **working, "reconciliation": own, "rule": "rule", "source_ids": [f"S-{row['document']}"]})
    working_columns = pl.DataFrame(
        [{name: row[name] for name in ("roles", "unmapped", "in_period")} for row in rows],
        schema={"roles": pl.List(pl.String), "unmapped": pl.Boolean, "in_period": pl.Boolean},
    )
    lines_made = framed("expected", rows).with_columns(cents=to_cents("amount"))
    return pl.concat([lines_made, working_columns], how="horizontal").sort("line_id")


def working(actual: pl.DataFrame, period: Period = SEPTEMBER) -> pl.DataFrame:
    """Posted ledger lines with the columns that matching works on: cents, in_period, posting_key."""
    return populate(actual, policy(), period).posted


def as_ledger(lines: pl.DataFrame) -> pl.DataFrame:
    """The same lines as a bookkeeper would have posted them: LEDGER, ids prefixed with `gl:`."""
    names = CANONICAL_FRAMES["ledger"].column_names()
    return lines.select(names).with_columns(line_id="gl:" + pl.col("line_id"), entry_id="gl:" + pl.col("entry_id"))


def sales(*lines: str, **given: str) -> pl.DataFrame:
    """Ticket components, such as "T1 revenue/food 10.00 @2026-09-03 L100"."""
    rows = []
    for (ticket, what, amount), words in rows_of(lines, 3, str, {**WHEN_AND_WHERE, **given}):
        component, _, category = what.partition("/")
        row = {"kind": "sale", "currency": "USD", **words, "ticket_id": ticket, "amount": Decimal(amount)}
        row |= {"component": component, "category": category or None}
        rows.append({**row, "business_date": dt.date.fromisoformat(row["date"])})
    return framed("sales", rows)


def tenders(*lines: str, **given: str) -> pl.DataFrame:
    """Ticket tenders, such as "T1 card/visa 10.83 @2026-09-03 L100"."""
    rows = []
    for (ticket, what, amount), words in rows_of(lines, 3, str, {**WHEN_AND_WHERE, **given}):
        tender, _, brand = what.partition("/")
        row = {"currency": "USD", **words, "ticket_id": ticket, "amount": Decimal(amount)}
        row |= {"tender": tender, "brand": brand or None}
        rows.append({**row, "business_date": dt.date.fromisoformat(row["date"])})
    return framed("tenders", rows)


def payments(*lines: str, **given: str) -> pl.DataFrame:
    """Card transactions, such as "P1 visa 10.83 at:2026-09-03T23:30Z M:M100 batch_id:B1"; the moment is UTC."""
    rows = []
    for (payment, brand, amount), words in rows_of(lines, 3, str, {"merchant_id": "M100", **given}):
        row = {"kind": "sale", "status": "settled", "currency": "USD", **words, "payment_id": payment, "brand": brand}
        row |= {"amount": Decimal(amount), "created_at": dt.datetime.fromisoformat(row.pop("at"))}
        if row.get("batch_date"):
            row["batch_date"] = dt.date.fromisoformat(row["batch_date"])
        rows.append(row)
    return framed("payments", rows)


def deposits(*lines: str, **given: str) -> pl.DataFrame:
    """Deposits at the bank, such as "D1 card @2026-09-04 M:M100 sales:100.00 fees:-2.90"; the net is their sum."""
    measures = ("sales", "refunds", "chargebacks", "reversals", "fees", "adjustments")
    rows = []
    for (deposit, group), words in rows_of(lines, 2, str, {"date": "2026-09-03", "merchant_id": "M100", **given}):
        amounts = {name: Decimal(words.get(name) or "0") for name in measures}
        row = {"status": "funded", "currency": "USD", **words, **amounts, "deposit_id": deposit, "group": group}
        row |= {"net": sum(amounts.values()), "deposit_date": dt.date.fromisoformat(row["date"])}
        if row.get("batch_date"):
            row["batch_date"] = dt.date.fromisoformat(row["batch_date"])
        rows.append(row)
    return framed("deposits", rows)


def fee_statements(*lines: str, **given: str) -> pl.DataFrame:
    """Bills of the processor, such as "M101-2026-08 interchange 70.00 M:M101 @2026-08-31"; the first word is the id."""
    rows = []
    for (statement, kind, amount), words in rows_of(lines, 3, str, {"date": "2026-08-31", **given}):
        end = dt.date.fromisoformat(words["date"])
        row = {"currency": "USD", "status": "finalized", **words, "statement_id": statement, "period_end": end}
        rows.append({**row, "kind": kind, "amount": Decimal(amount)})
    return framed("fee_statements", rows)


def payroll(*lines: str, **given: str) -> pl.DataFrame:
    """Register lines, such as "R1 E1 earning/REG 100.00 @2026-09-10 L100 P:FOH"."""
    rows = []
    for (run, employee, what, amount), words in rows_of(lines, 4, str, {**WHEN_AND_WHERE, **given}):
        kind, _, code = what.partition("/")
        row = {"currency": "USD", **words, "run_id": run, "employee_id": employee, "amount": Decimal(amount)}
        rows.append({**row, "kind": kind, "code": code, "check_date": dt.date.fromisoformat(row["date"])})
    return framed("payroll", rows)


def locations(*lines: str) -> pl.DataFrame:
    """Stores such as "100 timezone:America/New_York entity:E1"; store 100 has the merchant M100 and the code 100."""
    rows = []
    for (location,), words in rows_of(lines or ("100", "101", "102"), 1, str, {}):
        given = {"timezone": "America/New_York", "fee_billing": "daily", "merchant_ids": f"M{location}"}
        rows.append({**given, "doc_code": location, **words, "location": location})
    return framed("locations", rows)


def chart(*lines: str) -> pl.DataFrame:
    """Accounts such as "1010 bank direct_posting:no"; the first digit gives type and normal balance."""
    rows = []
    for line in lines or CHART:
        account, *words = line.split()
        row = {"account": account, "title": f"Account {account}", "status": "active"}
        row |= {"normal_balance": "debit" if account[0] in "16" else "credit"}
        row |= {"type": "incomestatement" if account >= "4" else "balancesheet"}
        row |= {"control": next((word for word in words if ":" not in word), None)}
        row |= {"direct_posting": False if "direct_posting:no" in words else None}
        rows.append(row)
    return framed("accounts", rows)


def balances(*lines: str) -> pl.DataFrame:
    """Trial balance such as "1010 100 opening:50.00 closing:150.00", Dr/(Cr)."""
    rows = []
    for (account, location), words in rows_of(lines, 2, str, {}):
        opening, closing = (Decimal(words.get(name) or "0") for name in ("opening", "closing"))
        move = closing - opening
        row = {"account": account, "location": location, "period": "2026-09", "opening": opening, "closing": closing}
        rows.append({**row, "debits": max(move, Decimal(0)), "credits": max(-move, Decimal(0))})
    return framed("balances", rows)


def rejected(*lines: str) -> pl.DataFrame:
    """Rows that could not be used, such as "deposits document_id:D1 @2026-09-03 L100 duplicate:yes"."""
    rows = []
    for (frame,), words in rows_of(lines, 1, str, {}):
        row = {**words, "frame": frame, "source": f"{frame}.csv", "reason": "unreadable amount"}
        row["duplicate"] = words.get("duplicate") == "yes"
        rows.append({**row, "date": dt.date.fromisoformat(words["date"]) if words.get("date") else None})
    schema = RejectedRows.create_empty().schema
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)


def rule(line: str) -> Rule:
    """A posting rule such as "food sales credit 4010 component:revenue category:food"."""
    name, source, side, account, *words = line.split()
    given = dict(word.split(":", 1) for word in words)
    direct = ("measure", "offset_account", "location", "department", "class", "project", "customer")
    own = {"offset_account": "offset_account", "measure": "measure"}
    fields = {key: given.pop(key) for key in (*own, *(f"to_{one}" for one in direct)) if key in given}
    fields = {key.removeprefix("to_"): value for key, value in fields.items()}
    match = {column: tuple(value.split("|")) for column, value in given.items()}
    return Rule(name=name, source=source, side=side, account=account, match=match, **fields)


def policy(*more_rules: str, **sections: Any) -> Policy:
    """A restaurant group's policy; `more_rules` come before its own, `sections` replace parts of it."""
    parts: dict[str, Any] = {
        "company": {"name": "Small Group"},
        "reconciliations": {
            "sales": {"journals": ["SJ"], "document": "SALES-{doc_code}-{date:%Y%m%d}"},
            "deposits": {"journals": ["CRJ"], "document": "{deposit_id}"},
            "payroll": {"journals": ["PYRJ"], "document": "PR-{run_id}-{date:%Y%m%d}"},
        },
        "funding": {"lag_days": {"amex": 2}},
    }
    rules = tuple(rule(line) for line in (*more_rules, *RULES))
    return Policy.model_validate({**parts, **sections, "rules": rules})


def no_sales_due(period: Period = SEPTEMBER) -> dict[str, Any]:
    """The calendar of a company whose stores are closed all period: no day lacks its sales."""
    return {"calendar": {"closed": tuple(period.days)}}


def canonical(actual: pl.DataFrame | None = None, **frames: pl.DataFrame | None) -> Canonical:
    """The sources of a month: a ledger and the frames that are given; the others are None."""
    events = ("sales", "tenders", "payments", "deposits", "fee_statements", "payroll")
    lazy = {name: frames.pop(name).lazy() for name in events if frames.get(name) is not None}  # type: ignore[union-attr]
    kept: dict[str, Any] = {name: frame for name, frame in frames.items() if frame is not None}
    fixed = {"accounts": kept.pop("accounts", chart()), "locations": kept.pop("locations", locations())}
    return Canonical(ledger=(ledger() if actual is None else actual).lazy(), **fixed, **lazy, **kept)


def quiet_sources(stores: pl.DataFrame | None = None) -> dict[str, pl.DataFrame]:
    """Sources in which every store is known and nothing happened: each event is of 0.00."""
    names = (locations() if stores is None else stores)["location"].to_list()
    return {
        "sales": sales(*(f"T{name} revenue 0.00 L{name}" for name in names)),
        "deposits": deposits(*(f"D{name} card M:M{name}" for name in names)),
        "payroll": payroll(*(f"R0 E{name} earning 0.00 L{name}" for name in names)),
    }


def compare(
    wanted: pl.DataFrame,
    actual: pl.DataFrame,
    *,
    by: Policy | None = None,
    period: Period = SEPTEMBER,
    only: tuple[str, ...] = (),
    **frames: pl.DataFrame | None,
) -> Reconciled:
    """What ought to stand against what does, for sources that are complete."""
    complete = {**quiet_sources(frames.get("locations")), **frames}
    unmapped = pl.DataFrame(schema={"document": pl.String})
    derived = ExpectedLedger(wanted, unmapped)
    return reconcile_expected(
        derived, canonical(actual, **complete), by or policy(**no_sales_due(period)), period, only=only
    )


def cell_words(account: str, location: str | None, department: str | None, amount: Decimal) -> str:
    """One amount on an account, with its place where that is not simply location 100."""
    place = "" if location == "100" else f"@{location}"
    return f"{account}{place}{f'/{department}' if department else ''} {amount}"


def told(found: Reconciled) -> list[str]:
    """Every variance as one line, sorted: "wrong_account book: 1030 -5.00, 1250 5.00" (expected less actual)."""
    cells = found.frames["variance_lines"].group_by("variance_id", maintain_order=True).agg(pl.struct(pl.all()))
    money = {row[0]: row[1] for row in cells.iter_rows()}
    lines = []
    for row in found.frames["variances"].iter_rows(named=True):
        amounts = [
            cell_words(cell["account"], cell["location"], cell["department"], cell["amount"])
            for cell in money.get(row["variance_id"], [])
        ]
        lines.append(f"{row['cause']} {row['status']}: {', '.join(amounts)}".removesuffix(": "))
    return sorted(lines)


def booked(found: Reconciled) -> list[str]:
    """Every proposed entry as one line, sorted: "correction bulk 2026-09-03: 1030 -5.00, 1250 5.00"."""
    lines = found.frames["adjustment_lines"].partition_by("posting_key", as_dict=True)
    entries = []
    for head in found.frames["adjustments"].iter_rows(named=True):
        amounts = [
            cell_words(line["account"], line["location"], line["department"], line["amount"])
            for line in lines[(head["posting_key"],)].iter_rows(named=True)
        ]
        entries.append(f"{head['kind']} {head['class']} {head['posting_date']}: {', '.join(amounts)}")
    return sorted(entries)


def variance(found: Reconciled, cause: str) -> Row:
    """The one variance of that cause, as a row."""
    return found.frames["variances"].row(by_predicate=pl.col("cause") == cause, named=True)


def decisions(*lines: str) -> pl.DataFrame:
    """What people decided, such as "match E1 A1,A2 by:ann note:typo undoes:D1"; `-` names no line, D1 is the first."""
    rows = []
    for number, line in enumerate(lines, start=1):
        action, left, right, *words = line.split()
        row = {**words_of(" ".join(words)), "action": action, "decision_id": f"D{number}"}
        row["decided_by"] = row.get("by") or "ann"
        row |= {"expected_line_ids": left.split(",") if left != "-" else []}
        row |= {"actual_line_ids": right.split(",") if right != "-" else []}
        minutes = dt.timedelta(minutes=number)
        rows.append({**row, "decided_at": dt.datetime(2026, 10, 2, 9, tzinfo=dt.UTC) + minutes})
    return framed("decisions", rows)
