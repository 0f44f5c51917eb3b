"""The words and numbers of texts, read once: each spelling has a number, so that all that is learned of them is sums.

A text is read without case, accents and punctuation; dates, times, amounts and masked card numbers are
left out, for they name nobody. A run of letters is a word, a run of digits a number without its leading
zeros. A word that is two words glued together is read as both, where another text has them side by side.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.lines import REFERENCE_MARK
from recon.matching.repeated import each_once

Positions = NDArray[np.int64]
Mask = NDArray[np.bool_]

JOINERS = frozenset({"AND", "NO", "NR", "NUM", "NUMBER"})  # "check no. 10234" is check 10234
SHORTEST_CUT = 4  # letters of a cut word that show the other side has it too
_SHORTEST_GLUED = 6
_NOISE = "|".join(
    (
        r"\b\d{4}-\d{1,2}-\d{1,2}\b",
        r"\b\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2})\b",
        r"\b\d{1,2}/\d{1,2}\b",
        r"\b20\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\b",
        r"\b\d{1,2}:\d{2}(?::\d{2})?\b",
        r"\b\d[\d,]*\.\d{2}\b",
        r"(?:\bX{2,}|\*{2,})\d{2,}\b",
    )
)


@dataclass(frozen=True)
class Words:
    """The words and numbers of some texts, in their order, the texts ascending; one element each but for `spelt`."""

    spelt: pl.Series  # every spelling once, in order; its place is its number
    text: Positions
    token: Positions  # the number of the spelling
    begins: Mask  # with it begins the reference of the line

    @property
    def place(self) -> Positions:
        """How many words stand before each in its text."""
        return np.arange(len(self.text)) - np.searchsorted(self.text, self.text, "left")

    def matching(self, pattern: str) -> Mask:
        """By spelling whether it is of a form."""
        found: Mask = self.spelt.str.contains(pattern).to_numpy()
        return found

    def among(self, some: Collection[str]) -> Mask:
        """By spelling whether it is one of some."""
        return np.array([spelling in some for spelling in self.spelt.to_list()], dtype=np.bool_)

    def at(self, kept: Mask) -> Words:
        """Some of them."""
        return Words(self.spelt, self.text[kept], self.token[kept], self.begins[kept])

    def in_use(self) -> Words:
        """The same without the spellings that none of them has."""
        used = np.bincount(self.token, minlength=self.spelt.len()) > 0
        number = np.cumsum(used) - 1
        return Words(self.spelt.filter(pl.Series(used)), self.text, number[self.token], self.begins)


def read_words(texts: pl.Series, heard: Mask, one_sided: tuple[Positions, Positions]) -> Words:
    """The words and numbers of distinct texts, glued ones apart, without what only joins two.

    `heard` marks the texts that a line has, `one_sided` holds how many lines of either side have each: only words of
    one side are parted.
    """
    words = _read(texts)
    joiner = words.among(JOINERS)
    spoken = words.at(heard[words.text])
    beside = [_side_by_side(some) for some in (spoken, spoken.at(~joiner[spoken.token]))]
    glued = _glued(words, beside, one_sided)
    if glued:
        words = _parted(words, glued)
        joiner = words.among(JOINERS)
    return words.at(~joiner[words.token]).in_use()


def _read(texts: pl.Series) -> Words:
    plain = (
        texts.str.normalize("NFKD")
        .str.replace_all(r"\p{M}+|['’`]", "")
        .str.to_uppercase()
        .str.replace_all(_NOISE, " ")
        .str.replace_all(r"[&+]", " AND ")
        .str.extract_all(rf"\p{{L}}+|\p{{Nd}}+|{REFERENCE_MARK}")
    )
    text = np.repeat(np.arange(len(texts)), plain.list.len().to_numpy())
    every = plain.explode().drop_nulls().alias("written").to_frame()
    written = every["written"].unique()
    bare = written.str.replace(r"^0+(\p{Nd})", "$1").alias("bare")
    spelt = bare.unique().sort()
    number = bare.to_frame().join(_numbered(spelt), on="bare", how="left", maintain_order="left")["token"]
    known = pl.DataFrame([written, number])
    token = every.join(known, on="written", how="left", maintain_order="left")["token"].to_numpy()
    is_mark = (spelt == REFERENCE_MARK).to_numpy()[token]
    begins = np.zeros(len(token), dtype=np.bool_)
    begins[1:] = is_mark[:-1]
    return Words(spelt, text, token, begins).at(~is_mark)


def _numbered(spelt: pl.Series) -> pl.DataFrame:
    return pl.DataFrame([spelt, pl.Series("token", np.arange(spelt.len()))])


def _side_by_side(words: Words) -> Positions:
    """Each two words that stand side by side in a text, once, in order: first x spellings + second."""
    first, second = words.token[:-1], words.token[1:]
    long, letters = words.matching(r"^\p{L}{3}"), words.matching(r"^\p{L}")
    kept = (words.text[:-1] == words.text[1:]) & long[first] & letters[second]
    return each_once(first[kept] * words.spelt.len() + second[kept])


def _glued(words: Words, beside: Sequence[Positions], lines: tuple[Positions, Positions]) -> dict[int, list[str]]:
    """The words, by number, that are others glued together, with those: ACMECORP is ACME and CORP."""
    spelt, count = words.spelt.to_list(), words.spelt.len()
    # In the order of the alphabet: of two ways to cut a word the first is taken, whatever the order of rows.
    followers: dict[str, list[str]] = {}
    pairs = np.divmod(each_once(np.concatenate(beside)), max(count, 1))
    for first, second in zip(pairs[0].tolist(), pairs[1].tolist(), strict=True):
        followers.setdefault(spelt[first], []).append(spelt[second])
    left, right = (np.bincount(words.token, some[words.text], minlength=count) for some in lines)
    one_sided = words.matching(rf"^\p{{L}}{{{_SHORTEST_GLUED},}}$") & ((left == 0) | (right == 0))
    found = ((word, _cut_apart(spelt[word], followers)) for word in np.flatnonzero(one_sided).tolist())
    return {word: parts for word, parts in found if parts}


def _cut_apart(word: str, followers: dict[str, list[str]], shortest: int = SHORTEST_CUT) -> list[str] | None:
    """The words of which a word is glued, the last one perhaps cut; None where it is one word.

    After two whole words even a single letter may be the beginning of a third.
    """
    for at in range(3, len(word)):
        head, rest = word[:at], word[at:]
        for after in followers.get(head, ()):
            if rest == after or (len(rest) >= shortest and after.startswith(rest)):
                return [head, rest]
            more = _cut_apart(rest, followers, 1) if rest.startswith(after) and len(after) >= 3 else None
            if more and more[0] == after:
                return [head, *more]
    return None


def _parted(words: Words, glued: dict[int, list[str]]) -> Words:
    """The words with the parts of the glued ones in their place."""
    spelt = words.spelt.to_list()
    more = sorted({*spelt, *(part for parts in glued.values() for part in parts)})
    number = {word: at for at, word in enumerate(more)}
    of_each = [[number[part] for part in glued.get(at, [word])] for at, word in enumerate(spelt)]
    sizes = np.array([len(parts) for parts in of_each])
    starts = np.cumsum(sizes) - sizes
    parts = np.array([part for some in of_each for part in some], dtype=np.int64)
    times = sizes[words.token]
    nth = np.arange(int(times.sum())) - np.repeat(np.cumsum(times) - times, times)
    token = parts[np.repeat(starts[words.token], times) + nth]
    text, begins = np.repeat(words.text, times), np.repeat(words.begins, times)
    return Words(pl.Series(words.spelt.name, more, dtype=pl.String), text, token, begins)
