"""A changed pass list over two small statements, against pairs that a person confirmed."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from recon.backtest.over_lines import LinesAnswer, LinesAsk, over_lines, truth_of_rows
from recon.errors import ConfigError, DataError
from recon.linefiles import read_lines, read_passes, write_matched
from recon.matching import match

BANK = "id,date,amount\nB1,2026-09-03,100.00\nB2,2026-09-10,75.00\nB3,2026-09-20,75.00\n"
BOOKS = "id,date,amount\nL1,2026-09-03,100.00\nL2,2026-09-11,75.00\nL3,2026-09-05,42.00\n"
SAME_DAY = '[[pass]]\nkind = "equal"\nname = "same day"\non = ["date"]\n'
SAME_AMOUNT = '[[pass]]\nkind = "nearest"\nname = "near days"\nbefore = {0}\nafter = {0}\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two statements, a strict pass list and one that goes by days."""
    (tmp_path / "bank.csv").write_text(BANK)
    (tmp_path / "books.csv").write_text(BOOKS)
    (tmp_path / "strict.toml").write_text(SAME_DAY)
    (tmp_path / "loose.toml").write_text(SAME_DAY + SAME_AMOUNT.format(3))
    return tmp_path


def tried(folder: Path, truth: str, *, before: str | None = "strict.toml", name: str = "truth.csv") -> LinesAnswer:
    """The loose list against a truth that is written as CSV."""
    (folder / name).write_text(truth)
    files = (folder / "bank.csv", folder / "books.csv", folder / "loose.toml", folder / name)
    return over_lines(LinesAsk(*files, before=folder / before if before else None))


def wrong(found: LinesAnswer) -> list[tuple[str, str]]:
    return found.backtest.wrong.select("left", "right").rows()


def shares(found: LinesAnswer) -> dict[str, tuple[float | None, float | None]]:
    figures = found.backtest.figures.iter_rows(named=True)
    return {row["rule"]: (row["precision"], row["recall"]) for row in figures}


def test_a_looser_list_that_finds_what_people_confirmed_gains_recall_and_nothing_wrong(folder: Path) -> None:
    found = tried(folder, "left,right\nB1,L1\nB2,L2\n")

    assert shares(found) == {"was": (1.0, 0.5), "changed": (1.0, 1.0)}
    assert wrong(found) == []
    assert found.backtest.gained.select("left", "right", "verdict").rows() == [("B2", "L2", "right")]


def test_a_looser_list_that_takes_the_other_line_is_found_out_with_amounts_and_days(folder: Path) -> None:
    found = tried(folder, "left,right,decided_by,note\nB1,L1,ann,\nB3,L2,ann,cheque cleared late\n")

    row = found.backtest.wrong.row(0, named=True)
    assert wrong(found) == [("B2", "L2")]
    assert (row["instead_right"], str(row["left_amount"]), str(row["right_date"])) == ("B3", "75.00", "2026-09-11")
    assert row["said"] == "Decided by ann in truth.csv: cheque cleared late."
    assert row["pass"] == "near days"


def test_a_pair_that_a_person_denied_is_wrong(folder: Path) -> None:
    found = tried(folder, "left,right,confirmed\nB1,L1,yes\nB2,L2,no\n")

    assert wrong(found) == [("B2", "L2")]


def test_a_line_that_belongs_to_none_is_wrong_with_any_partner(folder: Path) -> None:
    assert wrong(tried(folder, "left,right\nB1,L1\nB2,\n")) == [("B2", "L2")]


def test_without_the_list_as_it_was_only_the_changed_one_is_shown(folder: Path) -> None:
    found = tried(folder, "left,right\nB1,L1\n", before=None)

    assert list(shares(found)) == ["changed"]
    assert found.backtest.gained.is_empty()


def test_of_an_earlier_answer_only_what_a_person_marked_is_truth_and_all_of_it_is_the_rule_as_it_was(
    folder: Path,
) -> None:
    lines = [read_lines(folder / name) for name in ("bank.csv", "books.csv")]
    write_matched(match(lines[0], lines[1], read_passes(folder / "loose.toml")), folder / "answer")
    matches = pl.read_csv(folder / "answer" / "matches.csv", infer_schema=False)
    is_second = pl.col("id").is_in(["B2", "L2"])
    marked = matches.with_columns(confirmed=pl.when(is_second).then(pl.lit("no")).otherwise(pl.lit("")))

    found = tried(folder, marked.write_csv(), before=None, name="answer/marked.csv")

    assert wrong(found) == [("B2", "L2")]
    assert found.backtest.wrong["was_too"].to_list() == [True]
    assert found.decided == 1


def test_an_earlier_answer_without_a_mark_is_no_truth(folder: Path) -> None:
    rows = pl.DataFrame({"match_id": ["M1", "M1"], "side": ["left", "right"], "id": ["B1", "L1"]})

    assert truth_of_rows(rows, "matches.csv").is_empty


def test_ids_that_stand_in_neither_file_are_told(folder: Path) -> None:
    found = tried(folder, "left,right\nB1,L1\nB77,L2\n")

    assert found.notes == (("lines", "truth.csv names 1 left ids that the left file lacks, such as B77"),)


def test_a_mark_that_is_neither_yes_nor_no_is_named_with_its_row(folder: Path) -> None:
    with pytest.raises(DataError, match=r"truth\.csv row 3: `confirmed` is 'maybe': write yes or no"):
        tried(folder, "left,right,confirmed\nB1,L1,yes\nB2,L2,maybe\n")


def test_a_truth_of_another_shape_is_refused(folder: Path) -> None:
    with pytest.raises(ConfigError, match="the truth needs the columns left, right"):
        tried(folder, "bank,books\nB1,L1\n")
