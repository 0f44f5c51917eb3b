"""A word one edit from another is its misspelling: the texts score more than those of strangers."""

from __future__ import annotations

import polars as pl
import pytest

from recon.matching.texts import learn, score_pairs

OTHERS = ["Lindqvist Roofing", "Brennan Seafood", "Harbor Linen", "Northgate Dairy", "Ostrow Plumbing"]


def score(bank: str, ledger: str) -> float:
    """How alike two texts are, among five others that stand on both sides."""
    left, right = (pl.Series([one, *OTHERS]) for one in (bank, ledger))
    return float(score_pairs(learn(left, right), left.head(1), right.head(1))[0])


@pytest.mark.parametrize(
    ("bank", "ledger"),
    [
        ("KOWALSKI", "Kowalsky"),  # another letter
        ("KOWALSKI", "Kowalki"),  # one lacks
        ("KOWALKI", "Kowalski"),  # one too many
        ("KOWALSKI", "Kowlaski"),  # two swapped
        ("FIGS", "Frigs"),  # four letters against five are the shortest
    ],
)
def test_a_word_one_edit_away_is_the_same_name(bank: str, ledger: str) -> None:
    assert score(bank, ledger) > 0.5
    assert score(bank, ledger) < score(bank, bank)


@pytest.mark.parametrize(
    ("bank", "ledger"),
    [
        ("KOWALSKI", "Kovalsky"),  # two edits
        ("FIGS", "Fogs"),  # four letters: fig sellers and fog machines
        ("KOWALSKI", "Martinez"),
    ],
)
def test_a_word_two_edits_away_or_as_short_as_four_letters_is_another(bank: str, ledger: str) -> None:
    assert not score(bank, ledger) > 0.1
