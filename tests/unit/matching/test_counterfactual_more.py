"""Which line is the nearest, and how near is near: each bound on both of its sides."""

from __future__ import annotations

import polars as pl
import pytest
from make_lines import lines

from recon.matching import Equal, Nearest, match
from recon.matching.closest import candidates, nearest_in_groups, preferred, ranks

REFERENCE = Equal("reference", ("reference",))


def told(left: pl.DataFrame, right: pl.DataFrame) -> dict[str, tuple[str, str | None]]:
    """Cause and nearest line of every left line that stands alone."""
    rows = match(left, right, [REFERENCE]).residue_left.select("id", "cause", "nearest_id")
    return {name: (cause, nearest) for name, cause, nearest in rows.iter_rows()}


@pytest.mark.parametrize(
    ("ledger", "cause"),
    [
        ("g 500.00 1 - Oak", "near"),
        ("g 500.00 2 - Oak", "other_day"),
        ("g 500.00 2026-08-01 - Oak", "other_day"),  # 31 days later
        ("g 500.00 2026-08-02 - Oak", "missing"),
        ("g -500.00 1 - Oak", "missing"),  # neither document nor name says that it is the same
        ("g -500.00 1 INV-7 Oak", "sign_flip"),
        ("g 500.10 1 INV-7 Oak", "amount_other"),
        ("g 9.10 1 INV-7 Oak", "amount_other"),
        ("g 50.00 1 INV-7 Oak", "decimal_slip"),
        ("g 50000.00 1 INV-7 Oak", "decimal_slip"),
        ("g 5000.00 1 INV-7 Oak", "decimal_slip"),
        ("g 050.00 1 - Zebra", "missing"),
    ],
)
def test_one_other_line_is_told_by_what_differs(ledger: str, cause: str) -> None:
    assert told(lines("b 500.00 1 INV-7 Hill"), lines(ledger)) == {"b": (cause, "g")}


@pytest.mark.parametrize(
    ("ledger", "cause"),
    [
        ("g 1000.00 4 - ZEBRA FARMS", "amount_other"),
        ("g 1001.00 4 - ZEBRA FARMS", "missing"),  # 201.00 is more than a fifth of it
        ("g 8000.00 14 - ZEBRA FARMS", "decimal_slip"),
        ("g 8000.00 15 - ZEBRA FARMS", "missing"),  # eleven days later
        ("g -800.00 14 - ZEBRA FARMS", "sign_flip"),
        ("g 1000.00 4 - ZEB FARM", "amount_other"),  # FARM is the beginning of FARMS, and cut no further
    ],
)
def test_a_name_in_common_reaches_ten_days_and_a_fifth_of_the_amount(ledger: str, cause: str) -> None:
    assert told(lines("b 800.00 4 - Zebra Farms"), lines(ledger))["b"][0] == (cause if "FARMS" in ledger else "missing")


def test_a_matched_line_of_the_amount_counts_within_five_days_only() -> None:
    right = lines("g 500.00 4 INV-7")
    for day, cause in ((9, "taken"), (10, "missing")):
        left = lines("b1 500.00 4 INV-7", f"b2 500.00 {day} INV-8")
        assert told(left, right)["b2"][0] == cause


def test_of_several_the_line_of_least_doubt_is_named() -> None:
    asked = lines("b 500.00 4 INV-7 Zebra Farms")
    near = {
        "document before amount": ("g1 650.00 4 INV-7", "g2 500.00 20 INV-9", "g1"),
        "the nearer day": ("g1 500.00 9", "g2 500.00 2", "g2"),
        "the name": ("g1 500.00 4 - Oak Hill", "g2 500.00 5 - Zebra", "g2"),
        "swapped digits before a slipped point": ("g1 50.00 4 INV-7", "g2 5000.00 4 INV-7", "g1"),
    }
    for one, other, nearest in near.values():
        assert told(asked, lines(one, other))["b"][1] == nearest


def test_a_copy_is_one_within_three_days() -> None:
    left = lines("b1 500.00 4 INV-7 Oak")
    for day, cause in ((7, "duplicate"), (8, "taken"), (1, "duplicate")):
        right = lines("g1 500.00 4 INV-7 Oak", f"g2 500.00 {day} - Oak")
        [found] = match(left, right, [REFERENCE]).residue_right["cause"]
        assert found == cause


def test_what_takes_a_line_back_comes_up_to_a_month_after_it() -> None:
    right = lines("g 80.00 2026-07-03 D1")
    for day, cause in (("2026-08-03", "reversal_unbooked"), ("2026-08-04", "missing"), ("2026-07-02", "missing")):
        left = lines("b1 80.00 2026-07-03 D1 DEPOSIT", f"b2 -80.00 {day} - NSF CHARGE")
        assert told(left, right)["b2"][0] == cause


def test_the_nearest_value_of_each_group_is_found_on_either_side() -> None:
    among = pl.DataFrame(
        {
            "place": [0, 1, 2, 3, 4, 5],
            "open": [True, True, False, True, True, True],
            "id": ["L10", "L9", "L1", "L4", "L5", "L6"],
            "store": ["A", "A", "A", "B", None, "A"],
            "value": [10, 10, 10, 7, 3, 20],
        },
        schema_overrides={"place": pl.UInt32},
    )
    asked = pl.DataFrame(
        {
            "asked": [0, 1, 2, 3, 4, 5, 6],
            "store": ["A", "A", "A", "B", None, "C", "A"],
            "value": [11, 15, 16, 99, 3, 7, -50],
        },
        schema_overrides={"asked": pl.UInt32},
    )
    among = preferred(among.with_columns(ranks(among)))
    found = nearest_in_groups(asked, among, ["store"]).sort("asked")
    # L9 is open and of a lower number than L10; 15 is as far from 10 as from 20: L6 comes before L9.
    assert found.rows() == [(0, 1), (1, 5), (2, 5), (3, 3), (4, 4), (6, 1)]
    assert nearest_in_groups(asked.clear(), among, ["store"]).rows() == []


def test_the_pairs_worth_a_look_are_each_there_once() -> None:
    def side(*jotted: str, number: str) -> pl.DataFrame:
        day = pl.col("date").to_physical().cast(pl.Int64)
        units = (pl.col("amount") * 100).cast(pl.Int64)
        numbered = lines(*jotted).with_columns(
            day=day, units=units, open=pl.lit(True), match_id=pl.lit(None, pl.String)
        )
        return numbered.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(number))

    asked = side("b 12.43 4 INV7 Zebra Farms", number="asked")
    among = side(
        "g0 12.43 20 X1 Oak",  # the amount
        "g1 99.00 20 INV7 Oak",  # the document
        "g2 12.34 20 X2 Oak",  # swapped digits
        "g3 124.30 20 X3 Oak",  # a slipped point
        "g4 -12.43 20 X4 Oak",  # the other sign
        "g5 77.00 20 X5 ZEBRA",  # the name
        "g6 13.00 6 X6 Oak",  # the nearest amount of that day
        "g7 55.00 6 X7 Oak",
        "g8 88.00 20 X8 Oak",
        number="place",
    )
    found = candidates(asked, among.with_columns(ranks(among)), days=5)
    assert found.rows() == [(0, place, place == 5) for place in range(7)]


def test_a_line_of_the_same_store_is_nearer_than_one_a_day_nearer_elsewhere() -> None:
    asked = lines("b 500.00 4 INV-7").with_columns(key_store=pl.lit("101"))
    right = lines("g1 600.00 4 INV-7", "g2 600.00 5 INV-7").with_columns(key_store=pl.Series(["102", "101"]))
    assert told(asked, right) == {"b": ("amount_other", "g2")}


def rejecting(left: pl.DataFrame, right: pl.DataFrame, *told_apart: str) -> dict[str, tuple[str, str | None, str]]:
    """cause, nearest line and reason of every open line, where people told such pairs apart ("b1 g1")."""
    pairs_ = [one.split() for one in told_apart]
    rejected = pl.DataFrame(pairs_, schema={"left": pl.String, "right": pl.String}, orient="row")
    found = match(left, right, [Nearest("window", after=5)], rejected=rejected)
    both = pl.concat([found.residue_left, found.residue_right])
    return {row[0]: row[1:] for row in both.select("id", "cause", "nearest_id", "counterfactual").iter_rows()}


def test_a_pair_that_a_person_rejected_is_never_offered_as_the_nearest() -> None:
    assert rejecting(lines("b 70 4"), lines("g 70 5"), "b g") == {
        "b": (
            "missing",
            None,
            "no other open line of 70.00 within 31 days, nor any other to compare; "
            "a person said that it does not belong with g",
        ),
        "g": (
            "missing",
            None,
            "no other open line of 70.00 within 31 days, nor any other to compare; "
            "a person said that it does not belong with b",
        ),
    }


def test_behind_rejected_lines_the_next_nearest_one_is_offered() -> None:
    left = lines("b 70 10")
    right = lines("g1 70 10 A", "g2 70 10 B", "g3 70 9 C", "g4 70 9 D", "g5 70 8 E", "g10 70 20")
    told_apart = [f"b {name}" for name in ("g1", "g2", "g3", "g4", "g5")]
    for count, nearest in enumerate(("g1", "g2", "g3", "g4", "g5", "g10")):
        rejected = pl.DataFrame([one.split() for one in told_apart], schema=["left", "right"], orient="row").head(count)
        found = match(left, right, [], rejected=rejected)
        assert found.residue_left["nearest_id"].to_list() == [nearest]


def test_a_line_that_one_line_was_told_apart_from_is_still_offered_to_others() -> None:
    right = lines("g1 70 12", "g2 70 20")
    rejected = pl.DataFrame({"left": ["b1"], "right": ["g1"]})
    found = match(lines("b1 70 12", "b2 70 13"), right, [], rejected=rejected)
    assert found.residue_left["nearest_id"].to_list() == ["g2", "g1"]
    assert found.residue_right["nearest_id"].to_list() == ["b2", "b2"]


def test_a_line_in_a_suggestion_or_a_question_is_not_called_matched() -> None:
    left, far = lines("b1 70 4 K", "b2 70 6 L"), lines("g 70 5 K")
    sure, doubtful = Nearest("sure", after=5), Nearest("sure", after=5, confirm=-1)
    for passes, standing in (([sure], "matched"), ([doubtful], "suggested")):
        [said] = match(left, far, passes).residue_left["counterfactual"]
        assert said == (
            f"nearest is g of 5 Jul 2026 over 70.00: 1 day earlier, reference K instead of L, "
            f"it is {standing} already (M:b1)"
        )
    tie = match(lines("b1 70 4", "b2 70 9"), lines("g1 70 4 K", "g2 70 4 L"), [Nearest("tie", after=0)])
    [said] = tie.residue_left["counterfactual"]
    assert said == "nearest is g1 of 4 Jul 2026 over 70.00: 5 days earlier, it is asked about already (M:b1)"


def test_the_nearest_amount_says_how_it_stands_too() -> None:
    left, right = lines("b1 70 4 K", "b2 900 4"), lines("g 70 4 K")
    for confirm, standing in ((60, "matched"), (-1, "suggested")):
        [said] = match(left, right, [Nearest("near", confirm=confirm)]).residue_left["counterfactual"]
        assert said == (
            f"no open line of 900.00 within 31 days; nearest by amount is g of 4 Jul 2026 over 70.00, "
            f"{standing} already (M:b1)"
        )


def test_a_copy_of_a_line_that_is_only_suggested_says_so() -> None:
    right = lines("g1 70 4 K Oak", "g2 70 5 K Oak")
    found = match(lines("b 70 4 K Oak"), right, [Nearest("near", confirm=-1)])
    assert found.residue_right["counterfactual"].to_list() == [
        "equals g1 of 4 Jul 2026, which is suggested (M:b): entered twice, or its own counterpart is missing"
    ]


def test_an_amount_of_the_same_day_is_told_before_a_nearer_one_of_another_season() -> None:
    bank = lines("b 149 2026-01-31")
    ledger = lines("x 199 2026-01-31", "z 102.50 2026-04-02")

    found = match(bank, ledger, [Nearest("window")]).residue_left
    told = "no open line of 149.00 within 31 days; nearest by amount is x of 31 Jan 2026 over 199.00"
    assert found["counterfactual"].to_list() == [told]
    alone = match(bank, ledger.tail(1), [Nearest("window")]).residue_left
    assert alone["nearest_id"].to_list() == ["z"]  # where there is no other
