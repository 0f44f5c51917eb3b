"""What a hard month adds: entries of several stores, in two parts, booked again, and elsewhere."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path
from random import Random

import polars as pl
import pytest

from recon.demo import make_month, write_demo_month
from recon.demo.entries import Entry, Line
from recon.demo.mistakes import Desk, Posting, may_be, misbook, share_entry, traits_of
from recon.period import parse_period

SEPTEMBER = parse_period("2026-09")
DAY = dt.date(2026, 9, 10)


def desk(*, misspells: bool = True, swaps_letters: bool = False) -> Desk:
    return Desk(Random(7), SEPTEMBER, ("100", "101"), misspells=misspells, swaps_letters=swaps_letters)


def sale(location: str = "100") -> Entry:
    document = f"SALES-{location}-20260910"
    amounts = (("1250", 108_25), ("2200", -8_25), ("4010", -100_00))
    lines = tuple(Line(DAY, account, location, "", document, cents) for account, cents in amounts)
    return Entry(f"sales|{location}", "sales", "SJ", lines)


def booked(postings: list[Posting]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for posting in postings:
        for line in posting.lines:
            sums[line.account] = sums.get(line.account, 0) + line.cents
    return sums


def digest(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(path.name.encode() + path.read_bytes() for path in files)).hexdigest()


@pytest.mark.parametrize("label", ["two_parts", "rebooked", "foreign_journal"])
def test_a_harmless_shape_books_in_the_end_what_the_entry_books(label: str) -> None:
    stands = misbook(desk(), sale(), label, ())

    assert booked(stands) == {"1250": 108_25, "2200": -8_25, "4010": -100_00}
    assert all(sum(line.cents for line in posting.lines) == 0 for posting in stands)
    assert {line.document for posting in stands for line in posting.lines} == {"SALES-100-20260910"}


def test_an_entry_in_two_parts_has_every_account_in_both() -> None:
    parts = misbook(desk(), sale(), "two_parts", ())

    assert [[line.account for line in part.lines] for part in parts] == [["1250", "2200", "4010"]] * 2
    assert all(line.cents for part in parts for line in part.lines)


def test_a_rebooked_entry_is_wrong_then_undone_then_right() -> None:
    wrong, back, right = misbook(desk(), sale(), "rebooked", ())

    assert [line.cents for line in back.lines] == [-line.cents for line in wrong.lines]
    assert [line.cents for line in right.lines] == [108_25, -8_25, -100_00] != [line.cents for line in wrong.lines]
    assert wrong.lines[0].date < back.lines[0].date == right.lines[0].date


def test_an_entry_in_another_journal_is_the_same_entry() -> None:
    (posting,) = misbook(desk(), sale(), "foreign_journal", ())

    assert (posting.journal, posting.lines) == ("GJ", sale().lines)


def test_an_entry_of_several_stores_names_the_document_on_each_line() -> None:
    shared = share_entry([sale("100"), sale("101")])

    assert shared.key == "sales|100+sales|101"
    assert {(line.location, line.document) for line in shared.lines} == {
        ("100", "SALES-100-20260910"),
        ("101", "SALES-101-20260910"),
    }


def test_a_mistake_may_come_with_a_misspelt_document() -> None:
    dice = desk(swaps_letters=True)
    stands = [misbook(dice, sale(), "rounding", ("mangled_doc",))[0] for _ in range(40)]
    found = {posting.lines[0].document for posting in stands}

    assert found == {"SALES-100-2026091", "sales 100 20260910", "SLAES-100-20260910"}


def test_a_desk_that_does_not_misspell_never_draws_a_misspelt_document() -> None:
    plain, hard = desk(misspells=False), desk()
    drawn = {name: {traits_of(one, "rounding", 100) for _ in range(200)} for name, one in (("p", plain), ("h", hard))}

    assert drawn["p"] == {("no_doc",), ("date_shift",), ("no_doc", "date_shift")}
    assert drawn["h"] - drawn["p"] == {("mangled_doc",), ("mangled_doc", "date_shift")}


def test_a_document_of_a_few_cents_does_not_come_in_two_parts() -> None:
    few_cents = tuple(line._replace(cents=line.cents // 100) for line in sale().lines)
    small = Entry("sales|100", "sales", "SJ", few_cents)

    assert may_be("two_parts", sale())
    assert not may_be("two_parts", small)


def test_a_hard_month_has_stores_that_book_alike_on_every_day(tmp_path: Path) -> None:
    make_month(tmp_path, seed=3, stores=12, hard=True)
    right = pl.read_csv(tmp_path / "truth/right_ledger.csv", infer_schema=False)
    sales = right.filter(pl.col("rec") == "sales", pl.col("account") == "1250")

    days = sales.group_by("location").agg(pl.col("amount_cents").n_unique()).filter(pl.col("amount_cents") == 1)
    totals = sales.join(days, on="location", how="semi")["amount_cents"].unique()

    assert sorted(days["location"]) == ["109", "110", "111"]
    assert len(totals) == 1  # and alike among themselves


def test_equal_seeds_make_equal_hard_months_and_others_other_ones(tmp_path: Path) -> None:
    for name, seed in (("a", 4), ("b", 4), ("c", 5)):
        make_month(tmp_path / name, seed=seed, stores=4, hard=True)

    assert digest(tmp_path / "a") == digest(tmp_path / "b") != digest(tmp_path / "c")


def test_the_demo_month_is_none_of_it(tmp_path: Path) -> None:
    labels = write_demo_month(tmp_path).labels

    assert not {"two_parts", "rebooked", "shared_entry", "foreign_journal"} & labels.keys()
