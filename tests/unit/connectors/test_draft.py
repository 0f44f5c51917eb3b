"""Drafted profiles read a file as the hand-written ones do, wherever they are not marked doubtful."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
import restyle
from downloads import WORKSPACE

from recon.canonical import Canonical
from recon.connectors import parse_profile, read_sources
from recon.connectors.draft import draft_profile
from recon.connectors.profiles import Profile
from recon.demo import DemoMonth
from recon.errors import ConfigError, DataError
from recon.period import parse_period
from recon.workspace import init_workspace, load_workspace

FRAMES = {
    "retail_tickets": "tickets", "processor_transactions": "payments", "processor_deposits": "deposits",
    "payroll_register": "payroll", "intacct_gl_detail": "ledger", "trial_balance": "balances",
    "chart_of_accounts": "accounts", "locations": "locations",
}  # fmt: skip
ROWS = 600  # of the long files: enough to tell, quick to read


def shortened(source: Path, target: Path) -> Path:
    target.mkdir()
    for path in source.glob("*.csv"):
        with path.open(newline="") as stream:
            rows = list(csv.reader(stream))
        step = max(1, len(rows) // ROWS) if path.stem in ("retail_tickets", "processor_transactions") else 1
        with (target / path.name).open("w", newline="") as stream:
            csv.writer(stream).writerows([rows[0], *rows[1::step]])
    return target


def read(profiles: dict[str, Profile], sources: Path, staging: Path) -> Canonical:
    policy = load_workspace(WORKSPACE).policy
    return read_sources(policy, profiles, sources, parse_period("2026-09"), staging)


def same(found: pl.LazyFrame | None, wanted: pl.LazyFrame | None) -> bool:
    assert found is not None
    assert wanted is not None
    left, right = found.collect(), wanted.collect()
    return left.sort(left.columns).equals(right.sort(right.columns))


@pytest.mark.parametrize("style", [*restyle.STYLES, None])
def test_a_draft_reads_a_restyled_month_like_the_profiles_written_by_hand(
    rehearsal: Callable[[str], Path], tmp_path: Path, style: str | None
) -> None:
    plain = shortened(rehearsal("rehearsal-2026-09"), tmp_path / "plain")
    styled = plain
    if style is not None:
        styled = tmp_path / "styled"
        restyle.restyle(plain, styled, restyle.STYLES[style])
    drafts = {frame: draft_profile(next(styled.glob(f"{stem}.*")), frame) for stem, frame in FRAMES.items()}
    profiles = {frame: parse_profile(draft.text, frame) for frame, draft in drafts.items()}

    found = read(profiles, styled, tmp_path / "found")
    wanted = read(dict(load_workspace(WORKSPACE).profiles), plain, tmp_path / "wanted")

    assert [draft.doubts for draft in drafts.values() if draft.doubts] == []
    assert found.rejected.is_empty()
    for name in ("sales", "tenders", "payments", "deposits", "payroll", "ledger"):
        assert same(getattr(found, name), getattr(wanted, name)), name


def draft(tmp_path: Path, frame: str, text: str) -> str:
    path = tmp_path / "download.csv"
    path.write_text(text)
    return draft_profile(path, frame).text


TICKETS = """\
Receipt No;Store;Closed;Net Food;Soft Drinks;Promo;VAT;Grand Total;Cash;Visa;Gift Card
R-1;007;01/09/2026 08:01;1.010,00;2,00;-1,00;0,90;1.011,90;1.011,90;0,00;0,00
R-2;008;02/09/2026 23:59;20,00;0,00;0,00;1,60;21,60;0,00;21,60;0,00
R-3;007;03/09/2026 12:00;-5,00;0,00;0,00;-0,40;-5,40;0,00;0,00;-5,40
"""


def test_decimal_commas_semicolons_and_a_tender_in_each_column_are_seen(tmp_path: Path) -> None:
    profile = parse_profile(draft(tmp_path, "tickets", TICKETS), "draft")

    assert (profile.file.delimiter, profile.numbers.decimal) == (";", ",")
    assert profile.columns["ticket_id"].heading == ("Receipt No",)
    named = {(one.component, one.category, one.amount.heading[0], one.amount.sign) for one in profile.components}
    assert named == {
        ("revenue", "food", "Net Food", "+"),
        ("revenue", "beverage", "Soft Drinks", "+"),
        ("discount", None, "Promo", "+"),
        ("tax", None, "VAT", "+"),
    }
    paid = {(one.tender.value, one.brand.value if one.brand else None) for one in profile.tenders}
    assert paid == {("cash", None), ("card", "visa"), ("gift_card", None)}


def test_a_month_that_never_passes_the_twelfth_is_doubtful(tmp_path: Path) -> None:
    text = draft(tmp_path, "tickets", TICKETS)

    assert 'order = "mdy" # doubtful: no day is above 12' in text


def test_a_required_column_that_nothing_looks_like_is_doubtful(tmp_path: Path) -> None:
    text = draft(tmp_path, "balances", "Zzz,Debit,Credit\n1010,5.00,0.00\n")

    assert 'account = { value = "?" } # doubtful: no heading looks like it' in text


def test_refunds_without_a_sign_get_it_from_the_kind(tmp_path: Path) -> None:
    text = draft(
        tmp_path,
        "payments",
        "Merchant ID,Txn ID,Created,Txn Type,Card,Masked PAN,Amount\n"
        "101023947207,T-1,09/28/2026 08:01,Purchase,VISA,411111******1111,20.44\n"
        "101023947207,T-2,09/28/2026 08:02,Refund,AMEX,XXXXXXXXXXX1111,5.00\n",
    )
    profile = parse_profile(text, "draft")

    assert profile.columns["amount"].sign_by is not None
    assert profile.columns["amount"].sign_by.negative == ("Refund",)
    assert profile.columns["kind"].map == {"Purchase": "sale"}
    assert profile.columns["card_last4"].last4


def test_an_unknown_frame_and_an_empty_file_are_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="frames are"):
        draft(tmp_path, "invoices", TICKETS)
    with pytest.raises(DataError, match="empty"):
        draft(tmp_path, "tickets", "")


DEPOSITOS = """\
{};Ref;{};Lote;{};{};{};{};{}
101023947200;D-1;01/09/2026;B1;291,63;0,00;0,00;-9,16;282,47
101023947200;D-2;21/09/2026;B2;184,28;0,00;-123,30;-5,74;55,24
101023947201;D-3;22/09/2026;B3;1.015,35;-159,11;0,00;-20,58;835,66
"""


@pytest.mark.parametrize(
    "headings",
    [
        "Comercio|Fecha del depósito|Ventas|Devoluciones|Contracargos|Comisiones|Neto",
        "Commerçant|Date de dépôt|Ventes|Remboursements|Rétrofacturations|Frais|Montant net",
        "Händlernummer|Einzahlungsdatum|Umsätze|Erstattungen|Rückbuchungen|Gebühren|Netto",
    ],
)
def test_spanish_french_and_german_headings_are_read(tmp_path: Path, headings: str) -> None:
    merchant, date, sold, returned, disputed, fees, net = headings.split("|")
    text = draft(tmp_path, "deposits", DEPOSITOS.format(*headings.split("|")))
    profile = parse_profile(text, "draft")

    assert "# doubtful: " not in text
    wanted = {"merchant_id": merchant, "deposit_date": date, "sales": sold, "refunds": returned}
    wanted |= {"chargebacks": disputed, "fees": fees, "net": net}
    assert {name: profile.columns[name].heading[0] for name in wanted} == wanted


def test_the_only_dates_and_the_amounts_that_foot_are_found_without_names_but_in_doubt(tmp_path: Path) -> None:
    text = draft(tmp_path, "deposits", DEPOSITOS.format("Comercio", "Wann", "Aa", "Bb", "Cc", "Dd", "Ee"))
    profile = parse_profile(text, "draft")

    assert profile.columns["deposit_date"].heading == ("Wann",)
    assert profile.columns["net"].heading == ("Ee",)
    parts = [profile.columns[name].heading[0] for name in ("sales", "refunds", "chargebacks", "fees")]
    assert parts == ["Aa", "Bb", "Cc", "Dd"]
    assert text.count("doubtful: ") == 6


def test_a_drafted_profile_reads_the_processors_bills_as_the_templates_does(
    demo_month: DemoMonth, tmp_path: Path
) -> None:
    init_workspace(tmp_path / "company")
    company = load_workspace(tmp_path / "company")
    draft = draft_profile(demo_month.folder / "processor_fees.csv", "fee_statements")
    drafted = {**company.profiles, "fee_statements": parse_profile(draft.text, "fees.toml")}
    found = []
    for n, profiles in enumerate((company.profiles, drafted)):
        read = read_sources(
            company.policy, profiles, demo_month.folder, parse_period("2026-09"), tmp_path / str(n), only=("deposits",)
        )
        assert read.fee_statements is not None
        found.append(read.fee_statements.drop("statement_id").collect())
        assert read.rejected.filter(pl.col("frame") == "fee_statements").is_empty()

    assert draft.doubts == ()
    assert found[0].height > 0
    assert found[0].equals(found[1])
