"""Lines that are equal in every field pair in the order of their ids, however the rows lie."""

from __future__ import annotations

import pytest
from make_lines import left_over, lines, pairs

from recon.matching import Equal, Nearest, match


@pytest.mark.parametrize("one", [Nearest("near", before=1, after=1), Equal("document", ("reference",))])
@pytest.mark.parametrize("ids", [["g9", "g10", "gb", "ga"], ["ga", "gb", "g10", "g9"]])
def test_a_shorter_id_comes_first_and_then_the_alphabet(one: Nearest | Equal, ids: list[str]) -> None:
    bank = lines("b1 9.00 1 K1", "b2 9.00 1 K1")
    book = lines(*(f"{name} 9.00 1 K1" for name in ids))

    found = match(bank, book, [one])
    assert pairs(found) == {"b1 = g9": "match", "b2 = ga": "match"}
    assert sorted(left_over(found)) == ["g10", "gb"]
