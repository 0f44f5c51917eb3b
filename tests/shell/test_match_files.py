"""`recon match`: files in, an answer in a new folder, and faults that name file, row, field and value."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from make_lines import lines

from recon.errors import ConfigError, DataError
from recon.linefiles import match_to_files, read_lines, read_passes, shipped, shipped_names, write_matched
from recon.matching import match
from recon.matching.config import passes_of

LEFT = """\
ID,Amount,Date,Text,Reference,note
b1,"1,234.50",09/03/2026,ACME CORP,INV-001,first
b2,(12.00),2026-09-04,fee,,
b3,5.00 CR,09/05/2026,,CHK 0099,
"""
RIGHT = """\
id,amount,date,text,reference
g1,1234.5,09/01/2026,Acme Corp,inv1
g2,-5,2026-09-04,cheque,99
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bank.csv").write_text(LEFT, encoding="utf-8")
    (tmp_path / "ledger.csv").write_text(RIGHT, encoding="utf-8")
    return tmp_path


def recon(*words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from recon.cli import main; main()", *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_two_files_are_matched_into_a_new_folder(folder):
    done = recon("match", folder / "bank.csv", folder / "ledger.csv", "--passes", "bank", "--out", folder / "answer")
    assert done.returncode == 1, done.stderr
    assert "1 line of the left and 0 lines of the right are open" in done.stdout
    answer = {path.name for path in (folder / "answer").iterdir()}
    names = ("matches", "groups", "residue_left", "residue_right", "gone")
    assert answer == {"manifest.json", *(f"{name}.{kind}" for name in names for kind in ("csv", "parquet"))}
    matches = pl.read_parquet(folder / "answer" / "matches.parquet")
    assert matches.schema["amount"] == pl.Decimal(18, 2)
    assert set(matches["id"]) == {"b1", "b3", "g1", "g2"}
    residue = pl.read_parquet(folder / "answer" / "residue_left.parquet")
    assert residue["id"].to_list() == ["b2"]
    assert residue["counterfactual"].null_count() == 0


def test_an_answer_says_by_what_it_was_made(folder):
    done = recon("match", folder / "bank.csv", folder / "ledger.csv", "--passes", "bank", "--out", folder / "answer")
    told = " ".join(done.stdout.split())
    read = "2 of bank.csv and 1 of ledger.csv would be another day as day/month/year, which --dates dmy reads"
    assert f"Dates are read as month/day/year: {read}" in told
    assert "2 matches, 0 suggestions, 0 ambiguous" in told

    manifest = json.loads((folder / "answer" / "manifest.json").read_text(encoding="utf-8"))
    digest = hashlib.sha256((folder / "bank.csv").read_bytes()).hexdigest()
    assert manifest["files"]["left"] == {"name": "bank.csv", "sha256": digest}
    assert (manifest["dates"], manifest["pass_list"]) == ("mdy", "bank")
    listed = {"pass": [{key: value for key, value in one.items() if value is not None} for one in manifest["passes"]]}
    assert passes_of(listed, file="manifest.json") == shipped("bank")


def test_a_run_shows_every_tolerance_that_it_used(folder):
    (folder / "own.toml").write_text(OWN, encoding="utf-8")
    done = recon(
        "match", folder / "bank.csv", folder / "ledger.csv", "--passes", folder / "own.toml", "--out", folder / "a"
    )
    rows = {
        cells[0]: cells[1:]
        for row in done.stdout.splitlines()
        if len(cells := row.replace("│", "|").split("|")[1:-1]) == 3
    }
    assert {name.strip(): cells[1].strip() for name, cells in rows.items()} == {
        "same": "any days",
        "fee": "-2 to +9 days, off by 0.05, fee 2.9 % + 0.30 each",
    }


OWN = """
[[pass]]
kind = "equal"
name = "same"
on = ["reference"]

[[pass]]
kind = "near"
name = "fee"
causes = ["fee_netted", "within_tolerance"]
before = 2
after = 9
tolerance_cents = 5
fee = { rate = "0.029", per_item_cents = 30, cap_cents = 0 }
"""


def test_the_answer_as_json(folder):
    words = (
        "match",
        folder / "bank.csv",
        folder / "ledger.csv",
        "--passes",
        "bank.toml",
        "--out",
        folder / "a",
        "--json",
    )
    facts = json.loads(recon(*words).stdout)
    assert (facts["open_left"], facts["open_right"]) == (1, 0)
    assert facts["kinds"]["match"] == 2


def test_a_folder_that_holds_something_is_never_written_over(folder):
    (folder / "full").mkdir()
    (folder / "full" / "mine.txt").write_text("keep", encoding="utf-8")
    done = recon("match", folder / "bank.csv", folder / "ledger.csv", "--passes", "bank", "--out", folder / "full")
    assert done.returncode == 4
    assert "name a new one" in done.stderr
    assert [path.name for path in (folder / "full").iterdir()] == ["mine.txt"]


def test_cells_that_cannot_be_read_are_named_and_nothing_is_written(folder):
    (folder / "bank.csv").write_text("id,amount,date\na,1.0x,2026-13-01\n,5,2026-09-01\nc,,\n", encoding="utf-8")
    done = recon("match", folder / "bank.csv", folder / "ledger.csv", "--passes", "bank", "--out", folder / "answer")
    assert done.returncode == 4
    assert "bank.csv row 2: `amount` is '1.0x': write it as 1234.50" in done.stderr
    assert "bank.csv row 4: `amount` is empty" in done.stderr
    assert "bank.csv row 2: `date` is '2026-13-01'" in done.stderr
    assert "bank.csv row 3: `id` is empty" in done.stderr
    assert not (folder / "answer").exists()


def test_a_wrong_pass_list_is_refused_before_anything_is_read(folder):
    (folder / "mine.toml").write_text('[[pass]]\nkind = "equal"\n', encoding="utf-8")
    done = recon("match", "no.csv", "no.csv", "--passes", folder / "mine.toml", "--out", folder / "answer")
    assert done.returncode == 2
    assert "mine.toml: pass 1" in done.stderr


def test_bookkeepers_amounts_and_dates_are_read_exactly(folder):
    read = read_lines(folder / "bank.csv")
    assert isinstance(read, pl.DataFrame)
    assert read["amount"].to_list() == [Decimal("1234.50"), Decimal("-12.00"), Decimal("-5.00")]
    assert read["date"].dt.month().to_list() == [9, 9, 9]
    assert read.columns == ["id", "amount", "date", "text", "reference", "note"]
    by_day = read_lines(folder / "bank.csv", dates="dmy")
    assert isinstance(by_day, pl.DataFrame)
    assert by_day["date"].dt.month().to_list() == [3, 9, 5]


def test_a_file_without_ids_numbers_its_rows(tmp_path):
    (tmp_path / "x.csv").write_text("amount\n5\n6\n", encoding="utf-8")
    read = read_lines(tmp_path / "x.csv")
    assert isinstance(read, pl.DataFrame)
    assert read["id"].to_list() == ["x.csv:2", "x.csv:3"]


def test_a_file_that_is_no_parquet_is_told(tmp_path):
    (tmp_path / "x.parquet").write_text("no", encoding="utf-8")
    with pytest.raises(DataError, match="not a readable Parquet file"):
        read_lines(tmp_path / "x.parquet")


def test_every_list_that_ships_can_be_used():
    assert shipped_names() == ["bank", "ledger"]
    for name in shipped_names():
        assert match(lines("b 1 1 K"), lines("g 1 1 K"), shipped(name)).groups.height == 1


def test_an_unknown_list_names_those_that_ship(tmp_path):
    with pytest.raises(ConfigError, match="bank, ledger"):
        read_passes(tmp_path / "none.toml")
    with pytest.raises(ConfigError, match="bank, ledger"):
        shipped("banks")


def test_an_answer_is_whole_or_absent(tmp_path, monkeypatch):
    matched = match(lines("b 1 1 K"), lines("g 1 1 K"), shipped("ledger"))
    monkeypatch.setattr(pl.DataFrame, "write_csv", lambda *_: (_ for _ in ()).throw(OSError(28, "no space left")))
    with pytest.raises(OSError, match="no space"):
        write_matched(matched, tmp_path / "answer")
    assert list(tmp_path.iterdir()) == []


def forty_lines() -> tuple[pl.DataFrame, pl.DataFrame]:
    left = lines(*(f"b{number} {number % 7}.{number % 3}0 {number % 28 + 1} K{number // 2}" for number in range(40)))
    return left, left.with_columns(id="g" + pl.col("id"))


@pytest.mark.parametrize("rows", [1, 7, 1_000])  # of a stretch: many are written, some are, one is
def test_an_answer_told_in_stretches_is_the_same(tmp_path, monkeypatch, rows):
    left, right = forty_lines()
    monkeypatch.setattr("recon.matching.evidence._STRETCH", rows)
    match_to_files(left, right, shipped("ledger"), tmp_path / "in-parts")
    monkeypatch.undo()
    held = match(left, right, shipped("ledger"))
    for name in ("matches", "groups", "residue_left", "residue_right"):
        assert pl.read_parquet(tmp_path / "in-parts" / f"{name}.parquet").equals(getattr(held, name))


@pytest.mark.parametrize("told", [0, 3])  # rows that the file took before the disk was full
def test_a_full_disk_ends_the_matching_and_leaves_nothing(tmp_path, monkeypatch, told):
    def full(rows: pl.LazyFrame, *_: object, **__: object) -> None:
        rows.head(told).collect()
        raise OSError(28, "no space left")

    monkeypatch.setattr("recon.matching.evidence._STRETCH", 1)
    monkeypatch.setattr(pl.LazyFrame, "sink_parquet", full)
    with pytest.raises(OSError, match="no space"):
        match_to_files(*forty_lines(), shipped("ledger"), tmp_path / "answer")
    assert list(tmp_path.iterdir()) == []


def test_a_fault_while_the_answer_is_told_ends_the_files_that_were_begun(tmp_path, monkeypatch):
    monkeypatch.setattr("recon.matching.evidence._STRETCH", 1)
    monkeypatch.setattr("recon.matching.engine.counterfactuals", lambda *_, **__: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        match_to_files(*forty_lines(), shipped("ledger"), tmp_path / "answer")
    assert list(tmp_path.iterdir()) == []


def test_a_cell_too_many_is_told_not_read_as_another_amount(tmp_path):
    (tmp_path / "x.csv").write_text("id,amount,text\na1,1,234.50,Acme\n", encoding="utf-8")
    with pytest.raises(DataError, match="row 2: 'Acme' stands behind the last heading"):
        read_lines(tmp_path / "x.csv")


def test_two_files_without_lines_are_not_green(tmp_path):
    for name in ("a.csv", "b.csv"):
        (tmp_path / name).write_text("id,amount\n", encoding="utf-8")
    done = recon("match", tmp_path / "a.csv", tmp_path / "b.csv", "--passes", "bank", "--out", tmp_path / "answer")
    assert done.returncode == 1
    assert "Nothing was compared" in done.stdout
