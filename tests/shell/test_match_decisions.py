"""What people decided reaches `recon match` as files, and what they name in vain is told."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest
from make_lines import lines
from typer.testing import CliRunner

from recon.cli.app import app
from recon.errors import DataError
from recon.linefiles import match_to_files, read_decided, read_rejected
from recon.matching import Equal, match

SIDES = {
    "bank.csv": "id,amount,date,reference\nb1,10,2026-07-01,K\nb2,30,2026-07-02,X\n",
    "book.csv": "id,amount,date,reference\ng1,10,2026-07-01,K\ng2,12,2026-07-20,P\ng3,18,2026-07-21,Q\n",
    "decided.csv": "Match_id;Side;id\nD1;Left;b2\nD1;right;g2\nD1;right;g3\nD2;left;b9\n",
    "rejected.csv": "left,right\nb1,g1\nb1,g7\n",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SIDES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_groups_and_pairs_of_people_come_before_every_pass(folder):
    words = ["match", folder / "bank.csv", folder / "book.csv", "--passes", "bank", "--out", folder / "a", "--json"]
    words += ["--decided", folder / "decided.csv", "--rejected", folder / "rejected.csv"]
    done = CliRunner().invoke(app, [str(word) for word in words])
    assert done.exit_code == 1, done.output
    facts = json.loads(done.stdout)
    assert (facts["decided"], facts["gone"], facts["open_left"], facts["open_right"]) == (1, 2, 1, 1)
    matches = pl.read_parquet(folder / "a" / "matches.parquet")
    assert set(matches["id"]) == {"b2", "g2", "g3"}
    gone = pl.read_csv(folder / "a" / "gone.csv")
    assert gone.select("decision", "side", "id").rows() == [("decided", "left", "b9"), ("rejected", "right", "g7")]
    assert "is not formed" in gone["words"][0]


def test_the_demo_and_the_words_for_people_tell_them_too(folder):
    words = ["match", folder / "bank.csv", folder / "book.csv", "--out", folder / "a", "--decided"]
    done = CliRunner().invoke(app, [str(word) for word in [*words, folder / "decided.csv"]])
    assert "Decisions name lines that are on neither side any more: 1 line, see gone" in done.stdout.replace("\n", " ")


def test_decisions_in_parquet_are_read_with_ids_of_any_type(tmp_path):
    pl.DataFrame({"left": [1], "right": [7]}).write_parquet(tmp_path / "r.parquet")
    assert read_rejected(tmp_path / "r.parquet").rows() == [("1", "7")]


def test_a_cell_without_an_id_and_a_column_that_is_not_there_are_named(tmp_path):
    (tmp_path / "d.csv").write_text("match_id,side,id\nD1,left,b\nD1,right,\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"d.csv row 3: `id` is empty"):
        read_decided(tmp_path / "d.csv")
    (tmp_path / "r.csv").write_text("left,write\nb,g\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"columns are missing .*lacks=right"):
        read_rejected(tmp_path / "r.csv")


def test_a_null_in_a_frame_of_decisions_is_refused_by_its_row():
    left, right = lines("b 10 1 K"), lines("g 10 1 K")
    pairs = pl.DataFrame({"left": ["b", None], "right": ["g", "g"]})
    with pytest.raises(DataError, match=r"`rejected` has rows with nothing .*columns=left rows=\[1\]"):
        match(left, right, [], rejected=pairs)
    groups = pl.DataFrame({"match_id": ["D", "D"], "side": ["left", "right"], "id": [None, "g"]})
    with pytest.raises(DataError, match=r"`decided` has rows with nothing .*columns=id rows=\[0\]"):
        match(left, right, [], decided=groups)


def test_files_hold_what_the_answer_in_memory_holds(tmp_path):
    left, right = lines("b 10 1 K"), lines("g 10 1 K")
    pairs = pl.DataFrame({"left": ["b", "x"], "right": ["g", "g"]})
    held = match(left, right, [Equal("document", ("reference",))], rejected=pairs)
    match_to_files(left, right, [Equal("document", ("reference",))], tmp_path / "a", rejected=pairs)
    assert pl.read_parquet(tmp_path / "a" / "gone.parquet").equals(held.gone)
    assert held.gone.height == 1
