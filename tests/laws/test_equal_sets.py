"""Law: equal lines are dealt out to sums exactly where every way to deal them out says the same."""

from __future__ import annotations

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st
from make_lines import lines

from recon.matching import Matched, Subset, match

DAY = Subset("day", most_chance=1.0, suggest_from=1.1)
Kind = tuple[int, str]  # amount and reference: equal lines have the same
KINDS = st.lists(st.tuples(st.sampled_from([100, 175, 613]), st.sampled_from("AB")), min_size=1, max_size=3)
BOOKED = KINDS.flatmap(lambda kinds: st.lists(st.sampled_from(kinds), min_size=3, max_size=7))
TAKEN = st.lists(st.integers(2, 3), min_size=1, max_size=3)


def bank_of(booked: list[Kind], sizes: list[int]) -> list[int]:
    """Deposits of so many of the booked lines each, one after the other; what is left over was not deposited."""
    ends = [sum(sizes[: nth + 1]) for nth in range(len(sizes))]
    parts = (booked[end - size : end] for end, size in zip(ends, sizes, strict=True) if end <= len(booked))
    return [sum(amount for amount, _ in part) for part in parts]


def readings(total: int, booked: list[Kind]) -> set[tuple[tuple[Kind, int], ...]]:
    """Every set of 2 to 5 lines with this total, by how many lines of each kind it has."""
    sets = (some for size in range(2, 6) for some in combinations(booked, size))
    return {tuple(sorted(Counter(some).items())) for some in sets if sum(amount for amount, _ in some) == total}


def dealt_of(found: Matched) -> dict[str, list[str]]:
    """By deposit the lines of each group that was matched."""
    matched = found.matches.join(found.groups.filter(kind="match").select("match_id"), on="match_id")
    return {
        some.filter(side="left")["id"].item(): some.filter(side="right")["id"].to_list()
        for some in matched.partition_by("match_id")
    }


@given(BOOKED, TAKEN)
def test_equal_lines_are_dealt_out_where_every_reading_says_the_same(booked: list[Kind], sizes: list[int]) -> None:
    totals = bank_of(booked, sizes)
    book = {f"g{number}": kind for number, kind in enumerate(booked)}
    left = lines(*(f"b{number} {amount}.00 3" for number, amount in enumerate(totals)))
    right = lines(*(f"{name} {amount}.00 3 {reference}" for name, (amount, reference) in book.items()))
    read = [readings(total, booked) for total in totals]
    stock = Counter(booked)
    wanted = sum((Counter(dict(one)) for several in read for one in several), Counter[Kind]())
    single = {amount for amount, _ in booked} & {*totals}

    dealt = dealt_of(match(left, right, [DAY]))

    if not single and all(len(one) == 1 for one in read) and all(stock[kind] == many for kind, many in wanted.items()):
        assert dealt.keys() == {f"b{number}" for number in range(len(totals))}
        for kind in wanted:  # in the order of ids, from the first deposit to the last
            order = [name for one in sorted(dealt) for name in dealt[one] if book[name] == kind]
            assert order == sorted(order)
    for one, names in dealt.items():
        said = tuple(sorted(Counter(book[name] for name in names).items()))
        assert said in read[int(one[1:])]


@given(st.integers(1, 3), st.integers(2, 3), st.integers(-1, 2))
def test_a_surplus_or_a_lack_of_equal_lines_is_never_dealt_out(sums: int, size: int, more: int) -> None:
    count = sums * size + more
    book = lines(*(f"g{number} 100.00 3" for number in range(count)))
    bank = lines(*(f"b{number} {size * 100}.00 3" for number in range(sums)))

    dealt = dealt_of(match(bank, book, [DAY]))

    assert len(dealt) == (0 if more else sums)
