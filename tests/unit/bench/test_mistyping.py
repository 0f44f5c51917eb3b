"""A mistyped reference is never the right one, and still looks like it."""

from __future__ import annotations

import numpy as np
from rapidfuzz.distance import DamerauLevenshtein

from recon.bench.mistyping import mistype

REFERENCES = np.array([f"HB{store:05}-{number:06}" for store in range(40) for number in (7, 111_111, 120_120)], "S14")


def test_every_reference_differs_by_one_or_two_errors() -> None:
    chances = np.random.default_rng(1)

    for _ in range(20):
        wrong = mistype(REFERENCES, chances)
        errors = [DamerauLevenshtein.distance(a.decode(), b.decode()) for a, b in zip(REFERENCES, wrong, strict=True)]
        assert {1, 2} >= set(errors)


def test_all_four_kinds_of_error_occur() -> None:
    one = np.array(["HB01234-567890"] * 400, "S14")

    wrong = {text.decode() for text in mistype(one, np.random.default_rng(2))}

    assert "HB01234-56789" in wrong  # cut off
    assert "HB10234-567890" in wrong  # swapped
    assert "HB0123-567890" in wrong  # dropped
    assert any(
        len(text) == 14 and DamerauLevenshtein.distance(text, "HB01234-567890") == 1 and text[8:] == "567890"
        for text in wrong
    )


def test_the_references_that_came_in_are_left_alone() -> None:
    before = REFERENCES.copy()

    mistype(REFERENCES, np.random.default_rng(3))

    assert (before == REFERENCES).all()
