"""The same content has the same name, and other content another."""

from __future__ import annotations

import polars as pl
import pytest

from recon.identity import digest_fields, posting_key, posting_key_in, run_id


def test_fields_do_not_run_into_each_other() -> None:
    assert digest_fields(["ab", "c"]) != digest_fields(["a", "bc"]) != digest_fields(["abc"])


def test_a_run_is_named_by_twelve_hex_digits() -> None:
    name = run_id(["inputs", "policy"])

    assert len(name) == 12
    assert int(name, 16) >= 0
    assert name == run_id(["inputs", "policy"]) != run_id(["inputs", "another policy"])


@pytest.mark.parametrize("text", ["{}", "corrects {} of Ann", "({})", "{}.", "a{}"])
def test_a_posting_key_is_found_wherever_a_person_put_it(text: str) -> None:
    key = posting_key(["Small Group", "2026-09", "missing"])

    texts = pl.DataFrame({"memo": [text.format(key), text.format(key.lower())]})

    assert texts.select(posting_key_in(pl.col("memo"))).to_series().to_list() == [key, key]


def test_a_text_without_a_key_has_none() -> None:
    texts = pl.DataFrame({"memo": ["RCN", "RCN1234", "monthly rent", None]})

    assert texts.select(posting_key_in(pl.col("memo"))).to_series().to_list() == [None] * 4


def test_a_second_entry_for_the_same_mistake_has_a_key_of_its_own() -> None:
    assert posting_key(["x"]) != posting_key(["x"], generation=2)
    assert posting_key(["x"])[:-1] == posting_key(["x"], generation=2)[:-1]
