"""Two sides whose ids or keys are of two types are matched, and the answer holds both as text."""

from __future__ import annotations

import polars as pl
from make_lines import lines, pairs

from recon.matching import Balance, Equal, match


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
