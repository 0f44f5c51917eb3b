"""Two sides whose ids or keys are of two types are matched, and the answer holds both as text."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import lines, pairs

from recon.errors import DataError
from recon.matching import Balance, Equal, Subset, match


def test_numbers_and_words_as_ids_stand_in_one_answer() -> None:
    bank = lines("1 9.00 1 K1", "2 4.00 1 K2").with_columns(pl.col("id").cast(pl.Int64))
    found = match(bank, lines("g1 9.00 1 K1"), [Equal("document", ("reference",))])
    assert pairs(found) == {"1 = g1": "match"}
    assert found.matches.schema["id"] == pl.String
    assert found.residue_left["id"].to_list() == [2]


def test_a_store_that_is_a_number_on_one_side_is_the_same_store() -> None:
    bank = lines("b1 9.00 1 K1").with_columns(key_store=pl.lit(10))
    book = lines("g1 4.00 1", "g2 5.00 1").with_columns(key_store=pl.lit("10"))
    found = match(bank, book, [Balance("day", agree=("key_store",))])
    assert pairs(found) == {"b1 = g1 g2": "suggestion"}
    assert found.groups["agreed"].to_list() == ["store, the sum"]


def test_a_line_is_explained_by_its_number_as_by_its_text() -> None:
    bank = lines("1 9.00 1 K1", "2 4.00 1 K2").with_columns(pl.col("id").cast(pl.Int64))
    found = match(bank, lines("1 9.00 1 K1", "x 5.00 1 K3"), [Equal("document", ("reference",))])
    assert found.explain(2) == found.explain("2", "left")
    assert found.explain(2).startswith("2 (left, 4.00) stands alone: ")
    assert found.explain(1, "left").startswith("1 (left, 9.00) is matched with right: 1 9.00, by the pass document: ")
    assert found.explain("x").startswith("x (right, 5.00) stands alone: ")
    with pytest.raises(DataError, match="both sides have a line with this id"):
        found.explain(1)
    with pytest.raises(DataError, match="no line has this id"):
        found.explain(3)


def test_a_group_of_one_line_that_a_person_formed_reads_as_one() -> None:
    decided = pl.DataFrame({"match_id": ["D1"], "side": ["left"], "id": ["b"]})
    found = match(lines("b 10 1"), lines("g 10 1"), [], decided=decided)
    said = "1 line of one side; off by 10.00; formed by a person."
    assert found.explain("b") == f"b (left, 10.00) is a group by itself: {said}"


def test_a_chance_is_told_once() -> None:
    found = match(lines("b 30 1"), lines("g1 10 1", "g2 20 1"), [Subset("batch", many="right")])
    assert found.explain("b").count("by accident") == 1
    assert "by chance" not in found.explain("b")
