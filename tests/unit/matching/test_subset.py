"""One line against several: pools by day and word, sets that contend for a line, and searches cut short."""

from __future__ import annotations

import datetime as dt
import time
from decimal import Decimal

import polars as pl
from make_lines import groups, left_over, lines, pairs

from recon.matching import Matched, Nearest, Subset, match
from recon.matching.packing import margins, tangles

DAY = Subset("day batch", together=("date",), before=5, after=0)


def test_a_deposit_is_the_sum_of_a_days_receipts() -> None:
    bank = lines("b1 312.87 3 - DEPOSIT")
    book = lines("g1 100.19 2 - Novak", "g2 212.68 2 - Osei", "g3 77.40 2 - Rossi", "g4 12.03 1 - Kim")

    assert pairs(match(bank, book, [DAY])) == {"b1 = g1 g2": "match"}


def test_lines_of_two_days_are_no_set_unless_the_span_lets_them() -> None:
    bank = lines("b1 100.19 3 - CARDS", "b2 212.68 6 - CARDS")
    book = lines("g1 312.87 3 - Card sales")
    apart = Subset("parts", many="left", together=("date",), before=5, after=0)

    assert pairs(match(bank, book, [apart])) == {}
    assert pairs(match(bank, book, [Subset("parts", many="left", together=("date",), span=3, before=5, after=0)])) == {
        "b1 b2 = g1": "suggestion"
    }


def test_a_line_of_the_very_amount_near_by_beats_every_set_of_another_day() -> None:
    bank = lines("b1 312.87 3 - DEPOSIT")
    book = lines("g1 100.19 2 - Novak", "g2 212.68 2 - Osei", "g3 312.87 1 - Rossi")

    assert left_over(match(bank, book, [DAY])) == ["b1", "g1", "g2", "g3"]


def test_a_set_that_would_break_up_two_others_gives_way_to_them() -> None:
    bank = lines("b1 312.87 3 - DEPOSIT", "b2 590.32 3 - DEPOSIT", "b3 290.08 3 - DEPOSIT")
    book = lines("g1 100.19 2 - Novak", "g2 212.68 2 - Osei", "g3 77.40 2 - Rossi", "g4 512.92 2 - Kim")

    found = groups(match(bank, book, [DAY]))  # b3 is g2 and g3, which b1 and b2 need

    assert {name: kind for name, (kind, _) in found.items()} == {"b1 = g1 g2": "suggestion", "b2 = g3 g4": "suggestion"}


def test_what_a_claim_adds_is_the_best_choice_less_the_best_without_it() -> None:
    claims = [frozenset({1, 2}), frozenset({3, 4}), frozenset({2, 3})]

    assert tangles([*claims, frozenset({9})]) == [[0, 1, 2], [3]]
    assert margins(claims, [3.0, 3.0, 4.0]) == [2.0, 2.0, 0.0]
    assert margins(claims, [3.0, 3.0, 7.0]) == [0.0, 0.0, 1.0]
    assert margins([frozenset({1})] * 17, [1.0] * 17) == [0.0] * 17


def many(side: str, amounts: list[int], first: dt.date = dt.date(2026, 7, 2)) -> pl.DataFrame:
    """So many lines of one day, in cents."""
    return pl.DataFrame(
        {
            "id": [f"{side}{number}" for number in range(len(amounts))],
            "amount": [Decimal(amount).scaleb(-2) for amount in amounts],
            "date": [first] * len(amounts),
        },
        schema={"id": pl.String, "amount": pl.Decimal(18, 2), "date": pl.Date},
    )


def timed(bank: pl.DataFrame, book: pl.DataFrame) -> tuple[Matched, float]:
    """The answer, and the processor seconds that it took."""
    begun = time.process_time()
    found = match(bank, book, [DAY])
    return found, time.process_time() - begun


def test_twenty_thousand_equal_receipts_are_counted_and_told_within_two_seconds() -> None:
    found, seconds = timed(many("b", [75_00]), many("g", [25_00] * 20_000))

    [group] = found.groups.to_dicts()
    assert group["kind"] == "ambiguous"
    assert group["alternatives"] == 20_000 * 19_999 * 19_998 // 6 - 1
    assert "1333133340000 readings sum to the same" in group["explanation"]
    assert seconds < 2


def test_sixty_candidates_for_one_deposit_are_searched_to_the_end_within_two_seconds() -> None:
    amounts = [(number * 7_919_317) % 499_979 + 100 for number in range(60)]

    found, seconds = timed(many("b", [amounts[7] + amounts[40]]), many("g", amounts))

    assert found.groups.is_empty()
    [said] = found.residue_left["counterfactual"]
    assert said.endswith("sets of up to 5 lines sum to it, no rarer than by accident (day batch)")
    assert seconds < 2


def test_five_thousand_receipts_of_one_day_say_that_the_search_was_bounded_within_two_seconds() -> None:
    amounts = [(number * 7_919_317) % 49_999_991 + 100 for number in range(5_000)]

    found, seconds = timed(many("b", [sum(amounts[:3])]), many("g", amounts))

    assert found.groups.is_empty()
    [said] = found.residue_left["counterfactual"]
    assert said.endswith("; search bounded by the pass day batch: too many lines might sum to it")
    assert "search bounded" in found.explain("b0")
    assert seconds < 2


ROUND = lines("g1 100 2 - Oak Hill", "g2 200 2 - Oak Hill", "g3 300 2 - Oak Hill")


def test_the_only_set_of_a_sum_is_named_to_all_of_its_lines_though_it_may_be_an_accident() -> None:
    found = match(lines("b 600 3 - OAK HILL"), ROUND, [Subset("payee batch", words=True, before=3, most_chance=0.1)])

    assert found.groups.is_empty()
    only = "the only set of up to 5 lines that does, no rarer than by accident (payee batch)"
    [deposit] = found.residue_left.to_dicts()
    assert (deposit["cause"], deposit["counterfactual"].split("; ")[-1]) == (
        "sum_unsure",
        f"g1, g2 and g3 sum to it: {only}",
    )
    assert found.residue_right["cause"].to_list() == ["sum_unsure"] * 3
    assert found.residue_right["counterfactual"].str.ends_with(f"; g1, g2 and g3 sum to b: {only}").all()


def test_a_set_of_which_a_later_pass_claims_a_line_is_not_told() -> None:
    passes = [Subset("payee batch", words=True, before=3, most_chance=0.1), Nearest("window", before=3)]
    found = match(lines("b 600 3 - OAK HILL", "b2 300 3 - ELM"), ROUND, passes)

    assert found.residue_left["id"].to_list() == ["b"]
    assert found.residue_left["cause"].to_list() != ["sum_unsure"]
    assert not pl.concat([found.residue_left, found.residue_right])["counterfactual"].str.contains("sum to").any()
