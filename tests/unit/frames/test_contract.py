"""The published frames: every run returns exactly them, and every cause has its place."""

from __future__ import annotations

import polars as pl
import pytest
from make import compare, expected, ledger, rejected, sales

from recon.frames import CANONICAL_FRAMES, CAUSES, RESULT_FRAMES, complete
from recon.frames.causes import STATUSES
from recon.variances.words import describe

WANTED = expected("E1 1010 97.10", "E2 6510 2.90 role:fees", "E3 1250 -100.00", "F1 1010 5.00 D:DOC-2", "F2 1250 -5.00")
FOUND = compare(WANTED, ledger("A1 1010 100.00", "A2 1250 -100.00"), rejected=rejected("sales @2026-09-03 L100"))


@pytest.mark.parametrize("name", list(RESULT_FRAMES))
def test_every_result_fits_its_published_schema(name: str) -> None:
    RESULT_FRAMES[name].validate(FOUND.frames[name])


def test_a_run_returns_the_published_frames_and_no_others() -> None:
    assert list(FOUND.frames) == list(RESULT_FRAMES)


def test_an_empty_run_returns_the_same_columns_and_types() -> None:
    empty = compare(WANTED.clear(), ledger())

    assert {name: frame.schema for name, frame in empty.frames.items()} == {
        name: frame.schema for name, frame in FOUND.frames.items()
    }


def test_absent_nullable_columns_are_read_as_null_and_unknown_ones_left_out() -> None:
    schema = CANONICAL_FRAMES["sales"]
    thin = sales("T1 revenue 1.00").drop("station", "channel").with_columns(extra=pl.lit(1))

    whole = complete(thin.lazy(), schema).collect()

    assert whole.columns == schema.column_names()
    assert whole["station"].to_list() == [None]


def test_an_absent_required_column_is_a_fault() -> None:
    thin = sales("T1 revenue 1.00").drop("amount").lazy()

    with pytest.raises(Exception, match="amount"):
        CANONICAL_FRAMES["sales"].validate(complete(thin, CANONICAL_FRAMES["sales"]).collect())


def test_every_cause_has_a_known_status_and_only_booked_ones_are_approved() -> None:
    assert {cause.status for cause in CAUSES} <= set(STATUSES)
    assert all((cause.approval == "never") == (cause.status != "book") for cause in CAUSES if cause.status != "timing")


def test_every_cause_says_something_in_words() -> None:
    from recon.variances.model import Finding

    for cause in CAUSES:
        finding = Finding("sales", cause.name, cause.status, "", None, None)
        assert describe(finding, (), (), "").endswith(".")
