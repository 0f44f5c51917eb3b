"""What the answer says of every group and line: names, counts, days, differences and the sentence, in order."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import polars as pl
import pytest
from make_lines import groups, lines

from recon.matching import Claims, Matched, Open, claims_of, match
from recon.matching.claims import MEMBERS


@dataclass(frozen=True)
class Told:
    """A pass that claims what the test tells it to: pairs and sets of rows."""

    pairs: tuple[dict[str, object], ...] = ()
    members: tuple[tuple[int, str, int], ...] = ()
    sets: tuple[dict[str, object], ...] = ()
    name: str = "told"
    agree: tuple[str, ...] = field(default=())

    def find(self, seen: Open) -> Claims:
        return claims_of(
            pl.DataFrame(list(self.pairs)) if self.pairs else None,
            pl.DataFrame(list(self.members), schema=MEMBERS, orient="row"),
            pl.DataFrame(list(self.sets)) if self.sets else None,
        )


LEFT = lines("b1 10.00 1 K1", "b2 20.00 2 K2", "b3 30.00 9 K3", "b10 5.00 4 K4")
RIGHT = lines("g1 10.00 1 K1", "g2 19.50 1 K2", "g3 15.00 5 K3", "g4 15.00 12 K3", "g5 7.00 3", "g6 -7.00 6")


def answered(*passes: Told) -> Matched:
    return match(LEFT, RIGHT, list(passes))


def test_a_pair_says_its_days_its_amounts_and_what_differs() -> None:
    one = Told(
        pairs=(
            {"left": 1, "right": 1, "agreed": "reference", "cause": "fee_netted", "kind": "suggestion", "words": "so"},
            {"left": 0, "right": 0, "agreed": None, "cause": None, "kind": "match", "words": None},
        )
    )
    found = answered(one)
    assert found.groups.drop("alternatives_exact", "chance").rows() == [
        ("M:b1", "told", "match", None, 1, 1, Decimal("0.00"), 0, None, 0, ""),
        (
            "M:b2",
            "told",
            "suggestion",
            "fee_netted",
            1,
            1,
            Decimal("0.50"),
            -1,
            "reference",
            0,
            "same reference; 1 day apart; 20.00 stands as 19.50; off by 0.50; fee netted; so",
        ),
    ]
    assert found.matches.rows() == [
        ("M:b1", "left", "b1", Decimal("10.00")),
        ("M:b1", "right", "g1", Decimal("10.00")),
        ("M:b2", "left", "b2", Decimal("20.00")),
        ("M:b2", "right", "g2", Decimal("19.50")),
    ]


@pytest.mark.parametrize(
    ("exact", "others", "words"),
    [
        (True, 3, "same sum; 1 against 2 lines; 4 days apart; 3 other readings do as well"),
        (False, 3, "same sum; 1 against 2 lines; 4 days apart; at least 3 other readings do as well"),
        (True, 0, "same sum; 1 against 2 lines; 4 days apart"),
    ],
)
def test_a_set_says_its_counts_the_longest_way_between_days_and_other_readings(
    exact: bool, others: int, words: str
) -> None:
    one = Told(
        members=((0, "left", 2), (0, "right", 2), (0, "right", 3)),
        sets=({"set": 0, "agreed": "sum", "alternatives": others, "alternatives_exact": exact},),
    )
    found = answered(one)
    assert groups(found) == {"b3 = g3 g4": ("match", words)}
    [row] = found.groups.rows(named=True)
    assert (row["left_count"], row["right_count"], row["days_apart"]) == (1, 2, -4)
    assert row["difference"] == Decimal("0.00")


def test_an_ambiguous_set_says_neither_days_nor_differences() -> None:
    one = Told(
        members=((0, "left", 1), (0, "left", 2), (0, "right", 0), (0, "right", 5)),
        sets=({"set": 0, "kind": "ambiguous", "agreed": "sum", "alternatives": 2, "words": "3 readings"},),
    )
    found = answered(one)
    assert groups(found) == {
        "b2 b3 = g1 g6": (
            "ambiguous",
            "same sum; 2 against 2 lines; 3 readings; the difference is that of all its lines together",
        )
    }
    assert found.groups["difference"].to_list() == [Decimal("47.00")]


def test_groups_of_one_side_are_named_by_it_and_stand_last() -> None:
    one = Told(
        pairs=({"left": 3, "right": 0},),
        members=((0, "right", 4), (0, "right", 5), (1, "left", 1), (1, "left", 0)),
        sets=({"set": 0, "cause": "reversed_pair"}, {"set": 1, "cause": "reversed_pair"}),
    )
    found = answered(one)
    assert found.groups.select("match_id", "left_count", "right_count").rows() == [
        ("M:b1", 2, 0),
        ("M:b10", 1, 1),
        ("MR:g5", 0, 2),
    ]
    assert groups(found)["= g5 g6"][1] == "2 lines of one side; reversed pair"
    assert found.matches["id"].to_list() == ["b1", "b2", "b10", "g1", "g5", "g6"]


def test_the_line_without_a_group_tells_its_passes_and_nothing_is_lost() -> None:
    found = answered(Told(pairs=({"left": 0, "right": 0},)))
    assert found.residue_left["id"].to_list() == ["b2", "b3", "b10"]
    assert found.residue_right["id"].to_list() == ["g2", "g3", "g4", "g5", "g6"]


def test_a_line_explains_itself_with_its_group_and_its_chance() -> None:
    one = Told(
        pairs=({"left": 1, "right": 1, "agreed": "reference", "kind": "suggestion", "chance": 0.0123},),
        members=((0, "left", 2), (0, "right", 2), (0, "right", 3)),
        sets=({"set": 0, "kind": "ambiguous", "words": "2 readings"},),
    )
    found = answered(one)
    assert found.explain("b2") == (
        "b2 (left, 20.00) may belong with right: g2 19.50, by the pass told: same reference; 1 day apart; "
        "20.00 stands as 19.50; off by 0.50; by accident once in 81 such cases."
    )
    assert found.explain("g3") == (
        "g3 (right, 15.00) cannot be told apart among the readings of left: b3 30.00; right: g4 15.00, "
        "by the pass told: 1 against 2 lines; 2 readings."
    )
    assert found.explain("g6").startswith("g6 (right, (7.00)) stands alone: ")
