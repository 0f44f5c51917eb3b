"""Precision, recall and wrong rows of a changed rule, on pairs that can be counted by hand."""

from __future__ import annotations

from typing import Any

import polars as pl

from recon.backtest import Claimed, Truth, judge
from recon.backtest.judge import ALONE, GROUPS, TOLD, join_backtests, total, with_facts


def claims(*pairs: str) -> Claimed:
    """Pairs such as "E1-A1": each a group of the pass window, in the run September."""
    rows = [("September", *pair.split("-"), pair) for pair in pairs]
    heads = [("September", pair, "window", f"{pair} fit") for pair in pairs]
    columns = ["run", "left", "right", "group"]
    return Claimed(
        pl.DataFrame(rows, schema=dict.fromkeys(columns, pl.String), orient="row"),
        pl.DataFrame(heads, schema=GROUPS, orient="row"),
    )


def people(together: str = "", apart: str = "", alone: str = "") -> Truth:
    """What people said: pairs such as "E1-A1 E2-A2", and lines such as "left:E3"."""
    pairs = [[("September", *pair.split("-"), f"{verb} by ann.") for pair in words.split()]
             for verb, words in (("Matched", together), ("Rejected", apart))]  # fmt: skip
    lines = [("September", *word.split(":"), "Signed by bob: stood alone.") for word in alone.split()]
    return Truth(
        *(pl.DataFrame(rows, schema=TOLD, orient="row") for rows in pairs),
        pl.DataFrame(lines, schema=ALONE, orient="row"),
    )


def counted(figures: pl.DataFrame) -> dict[str, tuple[Any, ...]]:
    """Truth, right, wrong, precision and recall by rule."""
    names = ("truth", "right", "wrong", "precision", "recall")
    return {row["rule"]: tuple(row[name] for name in names) for row in figures.iter_rows(named=True)}


def test_a_pair_with_another_line_than_the_one_a_person_chose_is_wrong_and_the_chosen_one_is_missed() -> None:
    found = judge(claims(), claims("E1-A9", "E2-A2"), people(together="E1-A1 E2-A2"))

    assert counted(found.figures) == {"was": (2, 0, 0, None, 0.0), "changed": (2, 1, 1, 0.5, 0.5)}
    row = found.wrong.row(0, named=True)
    assert (row["left"], row["right"], row["instead_left"], row["said"]) == ("E1", "A9", "A1", "Matched by ann.")
    assert (row["pass"], row["explanation"], row["was_too"]) == ("window", "E1-A9 fit", False)


def test_a_pair_that_a_person_rejected_is_wrong_though_nobody_said_where_its_lines_belong() -> None:
    found = judge(claims(), claims("E1-A1"), people(apart="E1-A1"))

    assert counted(found.figures)["changed"] == (0, 0, 1, 0.0, None)
    assert found.wrong["said"].to_list() == ["Rejected by ann."]


def test_another_partner_of_a_rejected_line_is_not_judged_for_nobody_spoke_about_it() -> None:
    found = judge(claims(), claims("E1-A2"), people(apart="E1-A1"))

    assert counted(found.figures)["changed"] == (0, 0, 0, None, None)
    assert found.gained.select("left", "right", "verdict").rows() == [("E1", "A2", None)]


def test_a_line_that_stood_alone_in_a_signed_run_is_captured_wrongly_by_any_partner() -> None:
    found = judge(claims(), claims("E3-A3"), people(together="E1-A1", alone="left:E3"))

    assert found.wrong.select("left", "right", "said").rows() == [("E3", "A3", "Signed by bob: stood alone.")]


def test_a_wrong_pair_that_the_rule_makes_today_is_told_as_such() -> None:
    found = judge(claims("E1-A9"), claims("E1-A9"), people(together="E1-A1"))

    assert found.wrong["was_too"].to_list() == [True]
    assert found.gained.is_empty()


def test_what_only_one_of_the_rules_captures_is_gained_or_lost_with_its_verdict() -> None:
    found = judge(claims("E1-A1", "E5-A5"), claims("E2-A2", "E6-A6"), people(together="E1-A1 E2-A2"))

    assert found.gained.select("left", "right", "verdict").rows() == [("E2", "A2", "right"), ("E6", "A6", None)]
    assert found.lost.select("left", "right", "verdict").rows() == [("E1", "A1", "right"), ("E5", "A5", None)]


def test_without_a_truth_there_are_no_figures_at_all() -> None:
    nobody = people()

    found = judge(claims("E1-A1"), claims("E1-A1"), nobody)

    assert nobody.is_empty
    assert found.figures.is_empty()
    assert total(found.figures).is_empty()


def test_runs_are_summed_pair_by_pair_not_averaged() -> None:
    small = judge(claims(), claims("E1-A1"), people(together="E1-A1"))
    large = judge(claims(), claims("E1-A9", "E2-A8", "E3-A3"), people(together="E1-A1 E2-A2 E3-A3"))

    summed = total(join_backtests([small, large]).figures)

    assert counted(summed)["changed"] == (4, 2, 2, 0.5, 0.5)


def test_the_rows_carry_what_both_lines_say_of_themselves() -> None:
    wrong = judge(claims(), claims("E1-A9"), people(together="E1-A1")).wrong
    left = pl.DataFrame({"run": ["September"], "id": ["E1"], "document": ["SALES-1"]})
    right = pl.DataFrame({"run": ["September"], "id": ["A9"], "document": ["INV-9"]})

    told = with_facts(wrong, left, right)

    assert told.select("left_document", "right_document").rows() == [("SALES-1", "INV-9")]
