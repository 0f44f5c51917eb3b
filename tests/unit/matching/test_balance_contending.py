"""Several lines against several, where groups contend for lines: one question that lists them all."""

from __future__ import annotations

import polars as pl
from make_lines import groups, lines, pairs

from recon.matching import Balance, match

BANK = lines("b0 57.40 2", "b1 72.70 2", "b2 48.20 1", "b3 37.30 3")
BOOK = lines("g0 130.10 4", "g1 115.90 1", "g2 5.00 3", "g3 128.87 1", "g4 1.23 4")
SURE = Balance("both", suggest_from=2.0)


def test_two_groups_that_need_one_line_are_one_question_in_whatever_order_the_lines_come() -> None:
    found = groups(match(BANK, BOOK, [SURE]))  # 57.40 + 72.70 = 130.10, and 72.70 + 48.20 = 115.90 + 5.00

    ((name, (kind, words)),) = found.items()
    assert (name, kind) == ("b0 b1 b2 = g0 g1 g2", "ambiguous")
    assert "3 against 3 lines; other groups use the same lines" in words
    assert groups(match(BANK.reverse(), BOOK.reverse(), [SURE])) == found


def test_a_rival_of_the_same_days_is_listed_with_the_group_that_it_contends_with() -> None:
    left = lines("b1 30.04 1", "b2 10.01 1")
    right = lines("g1 15.00 1", "g2 15.04 1", "g3 10.00 1", "g4 20.04 1")

    assert pairs(match(left, right, [SURE])) == {"b1 = g1 g2 g3 g4": "ambiguous"}


def test_a_question_of_more_lines_than_a_person_looks_through_says_how_many_they_are() -> None:
    left = lines("b 20.00 1")
    right = lines(*(f"g{number} {number}.00 1" for number in range(1, 20)), *(f"h{n} {n}.50 1" for n in range(1, 19)))
    found = match(left, right, [Balance("both", suggest_from=2.0, most_pool=60)])

    ((name, (kind, words)),) = groups(found).items()
    assert (kind, len(name.split())) == ("ambiguous", 4)  # b, = and two of its lines
    many = found.residue_right["counterfactual"].str.contains("groups that use the same lines have 38 lines in all")
    assert "groups that use the same lines have 38 lines in all" in words
    assert many.all()


def test_a_group_apart_from_those_that_contend_is_certain_all_the_same() -> None:
    more = lines("b8 311.17 20", "b9 212.68 20"), lines("g9 523.85 21")
    found = match(pl.concat([BANK, more[0]]), pl.concat([BOOK, more[1]]), [SURE])

    assert pairs(found) == {"b0 b1 b2 = g0 g1 g2": "ambiguous", "b8 b9 = g9": "match"}
