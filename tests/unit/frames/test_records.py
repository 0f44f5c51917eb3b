"""Records as columns: to whoever wants rows they are as any other sequence of rows."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from recon.frames.decoding import columns
from recon.frames.records import Records
from recon.intacct.replies import Result
from recon.store import content_texts

ROWS = [{"NO": "1", "MEMO": None}, {"NO": "2", "MEMO": "rent"}]
RECORDS = Records(pl.DataFrame(ROWS))


@pytest.mark.parametrize("at", [2, -3])
def test_beyond_the_end_is_no_row(at: int) -> None:
    with pytest.raises(IndexError):
        RECORDS[at]


def test_a_row_is_found_by_what_it_says_and_by_any_whole_number() -> None:
    assert RECORDS.index(ROWS[1]) == 1
    assert RECORDS[np.int64(1)] == RECORDS[-1] == ROWS[1]
    with pytest.raises(ValueError, match=r"^$"):
        RECORDS.index({"NO": "3", "MEMO": None})


def test_the_same_rows_are_equal_however_they_are_kept() -> None:
    assert RECORDS == ROWS
    assert tuple(ROWS) == RECORDS
    assert Records(pl.DataFrame(ROWS).select("MEMO", "NO")) == RECORDS
    assert Result("success", "query", "1", rows=RECORDS) == Result("success", "query", "1", rows=tuple(ROWS))
    assert ROWS[:1] != RECORDS
    assert [ROWS[1], ROWS[0]] != RECORDS
    assert RECORDS != "12"


def test_no_records_at_all_have_no_content() -> None:
    assert content_texts(Records(pl.DataFrame())).to_list() == []


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_field_that_no_record_has_is_null_in_each(count: int) -> None:
    assert columns(RECORDS[:count], {"a": ("a",)})["a"].to_list() == [None] * count
