"""The demo company and the made months: their books are right where they say they are right."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from bench.score import CAUSES
from make_months import make_month

from recon.demo import DEMO_MISTAKES, DemoMonth, write_demo_month
from recon.demo.natures import HARD_RATES


@pytest.fixture(scope="module")
def hard_month(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_month(tmp_path_factory.mktemp("hard"), seed=5, stores=9, days_period="2026-11", hard=True).folder


@pytest.fixture(scope="module", params=["demo", "hard", "rehearsal"])
def month(
    request: pytest.FixtureRequest, demo_month: DemoMonth, hard_month: Path, rehearsal: Callable[[str], Path]
) -> Path:
    folders = {"demo": demo_month.folder, "hard": hard_month, "rehearsal": rehearsal("rehearsal-2026-08-hard")}
    return folders[request.param]


def cents(column: str) -> pl.Expr:
    return (pl.col(column).fill_null("0").cast(pl.Decimal(18, 2)) * 100).cast(pl.Int64)


def read(folder: Path, name: str) -> pl.DataFrame:
    return pl.read_csv(folder / f"{name}.csv", infer_schema=False)


def ledger(folder: Path) -> pl.DataFrame:
    lines = read(folder, "intacct_gl_detail").with_columns(amount=cents("DEBITAMOUNT") - cents("CREDITAMOUNT"))
    if "BOOKID" not in lines.columns:
        lines = lines.with_columns(BOOKID=pl.lit("ACCRUAL"))
    iso = pl.col("ENTRY_DATE").str.replace(r"^(\d\d)/(\d\d)/(\d{4})$", "$3-$1-$2")
    return lines.with_columns(date=iso)


def period_of(folder: Path) -> str:
    return str(read(folder, "truth/right_ledger")["date"].max())[:7]


def digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_every_right_entry_balances(month: Path) -> None:
    right = read(month, "truth/right_ledger").with_columns(pl.col("amount_cents").cast(pl.Int64))

    assert right.group_by("key").agg(pl.col("amount_cents").sum()).filter(pl.col("amount_cents") != 0).is_empty()


def test_every_ledger_entry_balances_by_location(month: Path) -> None:
    sums = ledger(month).group_by("BATCH_NO", "LOCATIONID").agg(pl.col("amount").sum())

    assert sums.filter(pl.col("amount") != 0).is_empty()


def test_trial_balance_is_the_posted_ledger_of_the_month(month: Path) -> None:
    posted = (pl.col("STATE") == "Posted") & (pl.col("BOOKID") == "ACCRUAL")
    inside = ledger(month).filter(posted & pl.col("date").str.starts_with(period_of(month)))
    by_place = inside.group_by(Account="ACCOUNTNO", Location="LOCATIONID").agg(pl.col("amount").sum())
    stated = read(month, "trial_balance").with_columns(movement=cents("Debits") - cents("Credits"))
    both = stated.join(by_place, on=["Account", "Location"], how="full", coalesce=True)

    assert both.filter(pl.col("movement").fill_null(0) != pl.col("amount").fill_null(0)).is_empty()
    closing = cents("Opening Balance") + pl.col("movement") - cents("Closing Balance")
    assert stated.filter(closing != 0).is_empty()


def test_deposits_foot(month: Path) -> None:
    parts = pl.sum_horizontal(cents(name) for name in ("Sales", "Returns", "Chargebacks", "Fees"))

    assert read(month, "processor_deposits").filter(parts != cents("Net Deposit")).is_empty()


def test_tickets_foot(month: Path) -> None:
    tickets = read(month, "retail_tickets")
    added = [name for name in ("Service Charge", "Gift Card Sold", "Delivery Fee") if name in tickets.columns]
    parts = pl.sum_horizontal(
        cents(name) for name in ("Food", "Beverage", "Merchandise", "Tax Total", "Tips", *added)
    ) - cents("Discounts")

    assert tickets.filter(parts != cents("Total")).is_empty()


def test_pay_checks_foot(month: Path) -> None:
    signs = {"earning": 1, "employee_tax": -1, "deduction": -1, "net_pay": -1}
    sign = pl.col("Line Type").replace_strict(signs, default=0, return_dtype=pl.Int64)
    sums = read(month, "payroll_register").group_by("Payroll Run", "Employee ID").agg((cents("Amount") * sign).sum())

    assert sums.filter(pl.col("Amount") != 0).is_empty()


def test_batches_are_the_deposits_sales_and_returns(month: Path) -> None:
    inside = pl.col("Deposit Date").str.slice(0, 2) == period_of(month)[5:]
    batches = read(month, "processor_transactions").group_by("Batch #").agg(taken=cents("Amount").sum())
    deposits = read(month, "processor_deposits").filter(inside & (pl.col("Description") != "MONTHLY FEES"))
    both = deposits.join(batches, on="Batch #", how="left")

    assert both.filter(pl.col("taken") != cents("Sales") + cents("Returns")).is_empty()
    assert both["taken"].null_count() == 0


def test_truth_names_the_entry_of_every_ledger_line(month: Path) -> None:
    lines, entries = read(month, "truth/gl_lines"), read(month, "truth/entries")
    known = set(entries["key"])
    named = {part for key in lines["key"] for part in key.split("+") if not key.startswith("noise")}

    assert lines["RECORDNO"].to_list() == ledger(month)["RECORDNO"].to_list()
    assert named <= known
    assert entries["key"].n_unique() == entries.height


def test_only_labelled_mistakes_move_a_balance(month: Path) -> None:
    labels = dict(read(month, "truth/entries").select("key", "label").iter_rows())
    off: dict[str, Counter[tuple[str, str]]] = defaultdict(Counter)
    group_of = {part: joined for joined in read(month, "truth/gl_lines")["key"] for part in joined.split("+")}
    for row in read(month, "truth/right_ledger").iter_rows(named=True):
        off[group_of.get(row["key"], row["key"])][row["account"], row["location"]] -= int(row["amount_cents"])
    inside = ledger(month).join(read(month, "truth/gl_lines").select("RECORDNO", "key"), on="RECORDNO")
    inside = inside.filter(pl.col("date").str.starts_with(period_of(month)))
    for row in inside.iter_rows(named=True):
        off[row["key"]][row["ACCOUNTNO"], row["LOCATIONID"]] += row["amount"]
    moved = {key for key, sums in off.items() if any(sums.values()) and not key.startswith(("noise", "ghost"))}

    assert {labels[key.split("+")[0]] for key in moved} <= set(CAUSES)
    harmful = {key for key, label in labels.items() if label in CAUSES and not key.startswith("ghost")}
    invisible = {key for key in harmful - moved if labels[key] != "wrong_department"}
    assert not invisible


def test_every_asked_label_occurs_in_the_demo(demo_month: DemoMonth) -> None:
    assert {label: demo_month.labels[label] for label in DEMO_MISTAKES} == dict(DEMO_MISTAKES)
    assert set(CAUSES) <= set(demo_month.labels)


def test_every_label_occurs_in_a_hard_month(hard_month: Path) -> None:
    labels = set(read(hard_month, "truth/entries")["label"])

    assert set(HARD_RATES) <= labels
    assert read(hard_month, "truth/entries")["also"].drop_nulls().str.contains("no_doc date_shift").any()


def test_the_same_seed_writes_the_same_bytes_and_another_seed_does_not(tmp_path: Path, demo_month: DemoMonth) -> None:
    again = write_demo_month(tmp_path / "again").folder
    other = write_demo_month(tmp_path / "other", seed=1).folder

    assert digests(again) == digests(demo_month.folder)
    assert digests(other)["retail_tickets.csv"] != digests(again)["retail_tickets.csv"]


def test_the_demo_holds_drafts_another_book_and_a_voided_check(demo_month: DemoMonth) -> None:
    lines = ledger(demo_month.folder)
    register = read(demo_month.folder, "payroll_register")
    voided = register.filter(pl.col("Check Type") == "void")

    assert set(lines["STATE"]) == {"Posted", "Draft"}
    assert set(lines["BOOKID"]) == {"ACCRUAL", "TAX"}
    assert voided.select(cents("Amount").max()).item() < 0


def test_the_demo_spans_time_zones_and_tax_rates(demo_month: DemoMonth) -> None:
    assert read(demo_month.folder, "locations")["TIMEZONE"].n_unique() >= 4
    assert read(demo_month.folder, "trial_balance").select(cents("Opening Balance").sum()).item() == 0


@pytest.mark.parametrize(("period", "stores"), [("2027-02", 3), ("2026-11", 17), ("2026-03", 5)])
def test_months_of_any_length_and_size_can_be_made(tmp_path: Path, period: str, stores: int) -> None:
    made = make_month(tmp_path, seed=stores, stores=stores, days_period=period, hard=True)

    assert period_of(made.folder) == period
    assert read(made.folder, "locations").height == stores


@pytest.mark.parametrize("stores", [1, 2])
def test_a_company_of_one_store_or_two_has_a_month_too(tmp_path: Path, stores: int) -> None:
    month = write_demo_month(tmp_path, stores=stores).folder

    assert ledger(month)["LOCATIONID"].n_unique() == stores
    assert ledger(month)["amount"].sum() == 0
    fates = Counter(read(month, "truth/entries")["label"])
    assert fates["missing"] > 0
    assert ("wrong_location" in fates) == (stores > 1)
