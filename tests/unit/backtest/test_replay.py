"""A month matched again under another policy, and what people decided about it, line by line."""

from __future__ import annotations

import datetime as dt

import polars as pl
from make import SEPTEMBER, compare, expected, ledger, no_sales_due, policy, working

from recon.backtest import Case, Truth, claimed, judge
from recon.backtest.truth import truth_of
from recon.frames import CANONICAL_FRAMES, RESULT_FRAMES
from recon.policy import Policy

# A deposit that nobody booked under its number, and a transfer of the same amount a week later.
DEPOSIT = expected("E1 1010 750.00 D:DEP1000903", "E2 1250 -750.00")
TRANSFER = ("A1 1010 750.00 D:- @2026-09-10", "A2 1250 -750.00")
NARROW = policy(**no_sales_due())
WIDE = policy(**no_sales_due(), tolerances={"window_days": 10})


def month(wanted: pl.DataFrame, actual: pl.DataFrame) -> Case:
    """A September in which every day has its source."""
    return Case("September", SEPTEMBER, wanted, working(actual), {})


def said(
    action: str, wanted: str, found: str, day: int = 1, who: str = "ann", undoes: str | None = None
) -> dict[str, object]:
    """One decision about some lines, ids apart by blanks."""
    return {
        "decision_id": f"D-{day}", "decided_at": dt.datetime(2026, 10, day, tzinfo=dt.UTC), "decided_by": who,
        "action": action, "expected_line_ids": wanted.split(), "actual_line_ids": found.split(),
        "note": "seen at the bank", "undoes": undoes,
    }  # fmt: skip


def decisions(*rows: dict[str, object]) -> pl.DataFrame:
    schema = CANONICAL_FRAMES["decisions"].create_empty().schema
    return pl.DataFrame(list(rows), schema=schema)


def nothing_published() -> dict[str, pl.DataFrame]:
    return {name: frame.create_empty() for name, frame in RESULT_FRAMES.items()}


def truth(case: Case, *rows: dict[str, object], signed: dict[str, str] | None = None, by: Policy = NARROW) -> Truth:
    frames = nothing_published()
    return truth_of(case, by, ("deposits",), frames, decisions(*rows) if rows else None, signed=signed or {})


def pairs(frame: pl.DataFrame) -> list[tuple[str, str]]:
    return sorted(frame.select("left", "right").rows())


def test_a_wider_window_captures_the_transfer_that_the_narrow_one_leaves() -> None:
    case = month(DEPOSIT, ledger(*TRANSFER))

    assert pairs(claimed(case, NARROW, ("deposits",)).pairs) == []
    assert pairs(claimed(case, WIDE, ("deposits",)).pairs) == [("E1", "A1"), ("E2", "A2")]


def test_a_wider_window_that_captures_what_a_person_rejected_is_found_out_line_by_line() -> None:
    case = month(DEPOSIT, ledger(*TRANSFER))
    people = truth(case, said("reject", "E1", "A2"))

    found = judge(claimed(case, NARROW, ("deposits",)), claimed(case, WIDE, ("deposits",)), people)

    assert pairs(found.wrong) == [("E1", "A1"), ("E2", "A2")]
    assert set(found.wrong["said"]) == {"Rejected by ann on 2026-10-01: seen at the bank."}
    assert set(found.wrong["pass"]) == {"window"}
    assert found.figures["wrong"].to_list() == [0, 2]


def test_a_decision_on_one_line_decides_its_whole_document_and_entry() -> None:
    case = month(DEPOSIT, ledger(*TRANSFER))

    assert pairs(truth(case, said("match", "E2", "A1")).together) == [("E1", "A1"), ("E2", "A2")]


def test_what_a_person_matched_and_took_back_is_no_truth() -> None:
    case = month(DEPOSIT, ledger(*TRANSFER))

    taken_back = truth(case, said("match", "E1", "A1"), said("match", "E1", "A1", day=2, undoes="D-1"))

    assert taken_back.is_empty


def test_the_replay_is_blind_to_decisions_so_a_forced_match_proves_nothing() -> None:
    case = month(DEPOSIT, ledger(*TRANSFER))
    people = truth(case, said("match", "E1", "A1"))

    found = judge(claimed(case, NARROW, ("deposits",)), claimed(case, WIDE, ("deposits",)), people)

    recall = dict(found.figures.select("rule", "recall").rows())
    assert recall == {"was": 0.0, "changed": 1.0}
    assert found.wrong.is_empty()


def test_an_entry_of_a_journal_that_nobody_owns_is_truth_where_a_person_matched_it() -> None:
    case = month(DEPOSIT, ledger(*TRANSFER, journal="GJ"))

    assert pairs(truth(case, said("match", "E1", "A1")).together) == [("E1", "A1"), ("E2", "A2")]
    assert pairs(claimed(case, WIDE, ("deposits",)).pairs) == []


def published(
    wanted: pl.DataFrame, actual: pl.DataFrame, *rows: dict[str, object]
) -> tuple[Case, dict[str, pl.DataFrame]]:
    """The case of a close, and the frames that it published."""
    extra: dict[str, pl.DataFrame | None] = {"decisions": decisions(*rows)} if rows else {}
    return month(wanted, actual), compare(wanted, actual, by=NARROW, only=("deposits",), **extra).frames


def test_a_group_with_the_name_of_a_person_in_the_run_is_truth_without_the_file_of_decisions() -> None:
    case, frames = published(DEPOSIT, ledger(*TRANSFER), said("match", "E1", "A1"))

    found = truth_of(case, NARROW, ("deposits",), frames, None, signed={})

    assert pairs(found.together) == [("E1", "A1"), ("E2", "A2")]
    assert found.together["said"][0] == "Matched by ann on 2026-10-01: seen at the bank."


def test_a_decided_group_whose_amounts_differ_is_truth_with_all_its_lines() -> None:
    other = ledger("A1 1010 700.00 D:- @2026-09-10", "A2 1250 -700.00")
    case, frames = published(DEPOSIT, other, said("match", "E1", "A1"))

    found = truth_of(case, NARROW, ("deposits",), frames, None, signed={})

    assert pairs(found.together) == [("E1", "A1"), ("E2", "A2")]


def test_a_later_word_in_the_file_of_decisions_counts_more_than_the_run() -> None:
    match = said("match", "E1", "A1")
    case, frames = published(DEPOSIT, ledger(*TRANSFER), match)

    found = truth_of(
        case, NARROW, ("deposits",), frames, decisions(match, said("unmatch", "E1", "A1", day=2)), signed={}
    )

    assert pairs(found.together) == []
    assert pairs(found.apart) == [("E1", "A1"), ("E2", "A2")]


def test_in_a_signed_run_every_group_is_truth_and_what_stood_alone_belongs_to_nobody() -> None:
    wanted = pl.concat([DEPOSIT, expected("F1 1010 97.10 D:DEP1000904", "F2 1250 -97.10")])
    actual = ledger("B1 1010 97.10 D:DEP1000904", "B2 1250 -97.10", "C1 1010 12.00 D:- @2026-09-20",
                    "C2 1250 -12.00")  # fmt: skip
    case, frames = published(wanted, actual)

    found = truth_of(case, NARROW, ("deposits",), frames, None, signed={"deposits": "Signed by bob on 2026-10-05"})

    assert pairs(found.together) == [("F1", "B1"), ("F2", "B2")]
    assert found.alone.select("side", "id").sort("side", "id").rows() == [
        ("left", "E1"), ("left", "E2"), ("right", "C1"), ("right", "C2"),
    ]  # fmt: skip
    assert found.alone.filter(id="E1")["said"].to_list() == ["Signed by bob on 2026-10-05: stood alone, not booked."]


def test_without_decisions_or_signature_there_is_no_truth() -> None:
    case, frames = published(DEPOSIT, ledger(*TRANSFER))

    assert truth_of(case, NARROW, ("deposits",), frames, None, signed={}).is_empty


def test_documents_of_the_margin_are_another_runs_business() -> None:
    late = expected("E1 1010 750.00 D:DEP1000831 @2026-08-31", "E2 1250 -750.00")
    case = month(late, ledger("A1 1010 750.00 D:DEP1000831 @2026-09-01", "A2 1250 -750.00"))

    assert pairs(claimed(case, NARROW, ("deposits",)).pairs) == []


def test_a_line_on_another_account_still_is_its_partner_in_the_group() -> None:
    case = month(DEPOSIT, ledger("A1 1010 750.00 D:DEP1000903", "A2 1255 -750.00"))

    assert pairs(claimed(case, NARROW, ("deposits",)).pairs) == [("E1", "A1"), ("E2", "A2")]
