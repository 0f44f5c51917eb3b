"""How well two texts agree: a bank's cut words against the ledger's, in any order, weighed by what they tell.

A score is 0 where nothing agrees and 1 where everything does that one of the texts could show; text is
only text, whatever it says.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.reading import Positions
from recon.matching.tokens import Floats, Lists, Vocabulary, index_texts, learn

__all__ = [
    "Positions",
    "Vocabulary",
    "agreed_texts",
    "agreed_words",
    "learn",
    "number_texts",
    "other_numbers",
    "rare_tokens",
    "rare_words",
    "score_numbers",
    "score_pairs",
]

_PAIRS_AT_ONCE = 250_000  # bounds the memory of one step to some hundred megabytes
_OF_BETTER = 0.6  # of the score: the side that agrees better, for the other may be cut or say more
_DOUBT_BITS = 0.7  # agreement of few bits may be chance
_OTHER_NUMBER = 0.25  # what is left of a score where the check numbers differ


@dataclass(frozen=True)
class _Hits:
    """Tokens that agree, at most one partner each: which pair, the places in the vocabulary's parts, the bits."""

    pair: Positions
    left: Positions
    right: Positions
    evidence: Floats
    of_left: Floats
    of_right: Floats


def score_pairs(vocabulary: Vocabulary, left: pl.Series, right: pl.Series) -> Floats:
    """How well the texts of each pair agree, 0 to 1, in the order of the pairs; nan where nothing compares.

    Nothing compares if a text is null, empty or has only channel words and numbers, and no number of it
    answers one of the other. Texts that
    are equal but for case, order and punctuation score 1. Check and invoice numbers of one form that differ
    take three quarters of the score away. Texts that the vocabulary does not know are read with the weights
    of the rarest.

    Linear in the distinct pairs.
    """
    if not len(left):
        return np.empty(0)
    vocabulary, (ones, others) = number_texts(vocabulary, left, right)
    return score_numbers(vocabulary, ones, others)


def score_numbers(vocabulary: Vocabulary, left: Positions, right: Positions) -> Floats:
    """What `score_pairs` says of texts by their numbers in the vocabulary; below zero they say nothing."""
    score = np.full(len(left), np.nan)
    told = np.flatnonzero((left >= 0) & (right >= 0))
    one, other = left[told], right[told]
    pairs, of_pair = np.unique(one * vocabulary.texts.height + other, return_inverse=True)
    left_ids, right_ids = np.divmod(pairs, max(vocabulary.texts.height, 1))
    steps = range(0, len(pairs), _PAIRS_AT_ONCE)
    parts = [
        _score(vocabulary, left_ids[at : at + _PAIRS_AT_ONCE], right_ids[at : at + _PAIRS_AT_ONCE]) for at in steps
    ]
    score[told] = np.concatenate([np.empty(0), *parts])[of_pair]
    return score


def number_texts(vocabulary: Vocabulary, *sides: pl.Series) -> tuple[Vocabulary, list[Positions]]:
    """The vocabulary, with the texts that it lacks, and by side the number of each, below zero if it says nothing."""
    ids = _ids(vocabulary, sides)
    if not all(_is_known(texts, side) for texts, side in zip(sides, ids, strict=True)):
        vocabulary = _knowing(vocabulary, *sides)
        ids = _ids(vocabulary, sides)
    return vocabulary, ids


def _ids(vocabulary: Vocabulary, sides: Sequence[pl.Series]) -> list[Positions]:
    """The number of each text in the vocabulary, below zero where it does not stand there, by side."""
    return [vocabulary.numbers_of(texts.cast(pl.String)) for texts in sides]


def _is_known(texts: pl.Series, ids: Positions) -> bool:
    """True where the vocabulary lacks none of the texts that say something."""
    if int((ids < 0).sum()) == texts.null_count():
        return True
    unheard = texts.filter(pl.Series(ids < 0)).drop_nulls()
    return not (unheard != "").any()


def agreed_texts(vocabulary: Vocabulary, left: pl.Series, right: pl.Series) -> pl.Series:
    """What the texts of each pair agree in, in the words of the left: "MARTINEZ PLUMB(ING), check 10234".

    One text per pair, in order; empty where nothing agrees. Brackets hold what a cut left out, a stroke
    stands between two spellings. Words come first, then numbers with their kind.
    """
    if not len(left):
        return pl.Series([], dtype=pl.String)
    vocabulary, (left_ids, right_ids) = number_texts(vocabulary, left, right)
    both = np.flatnonzero((left_ids >= 0) & (right_ids >= 0))
    hits = _hits(vocabulary, left_ids[both], right_ids[both])
    words = vocabulary.tokens["token"].to_list()
    is_number = vocabulary.tokens["is_number"].to_list()
    said: dict[int, tuple[list[str], list[str]]] = {}
    order = np.lexsort((vocabulary.order[hits.left], hits.pair))
    order = order[hits.evidence[order] > 0]
    tokens = (vocabulary.parts.values[places[order]].tolist() for places in (hits.left, hits.right))
    for pair, own, other in zip(both[hits.pair[order]].tolist(), *tokens, strict=True):
        spoken, numbers = said.setdefault(pair, ([], []))
        if is_number[own]:
            kind = _kind(vocabulary, (int(left_ids[pair]), int(right_ids[pair])), len(words[own]))
            numbers.append(f"{kind} {words[own]}")
        else:
            spoken.append(_both_spellings(words[own], words[other]))
    texts = {
        pair: ", ".join([" ".join(spoken), *numbers]).removeprefix(", ") for pair, (spoken, numbers) in said.items()
    }
    return pl.Series([texts.get(pair, "") for pair in range(left.len())], dtype=pl.String)


def other_numbers(vocabulary: Vocabulary, left: pl.Series, right: pl.Series) -> pl.Series:
    """The numbers of one series in which the texts of each pair differ: "check 1301 against 1303"; else null."""
    vocabulary, ids = number_texts(vocabulary, left, right)
    both = np.flatnonzero((ids[0] >= 0) & (ids[1] >= 0))
    one, two = ids[0][both], ids[1][both]
    differ = _other_numbers(vocabulary, one, two, _hits(vocabulary, one, two))
    said: list[str | None] = [None] * left.len()
    for pair, first, second in zip(both[differ].tolist(), one[differ].tolist(), two[differ].tolist(), strict=True):
        mine, other = (_telling_numbers(vocabulary, text) for text in (first, second))
        alike = [(number, rival) for number in mine for rival in other if len(number) == len(rival)][:1]
        for number, rival in alike:
            said[pair] = f"{_kind(vocabulary, (first, second), len(number))} {number} against {rival}"
    return pl.Series(said, dtype=pl.String)


def _telling_numbers(vocabulary: Vocabulary, text: int) -> list[str]:
    """The numbers of a text that are as long as one of a series there, in their order."""
    lengths = int(np.bitwise_or.reduce(vocabulary.series[text]))
    places = np.arange(vocabulary.parts.starts[text], vocabulary.parts.starts[text + 1])
    places = places[np.argsort(vocabulary.order[places], kind="stable")]
    tokens = vocabulary.tokens[vocabulary.parts.values[places]].filter("is_number")["token"].to_list()
    return [token for token in tokens if lengths >> len(token) & 1]


def _both_spellings(own: str, other: str) -> str:
    shorter, longer = sorted((own, other), key=len)
    if own == other:
        return own
    return f"{shorter}({longer[len(shorter) :]})" if longer.startswith(shorter) else f"{own}/{other}"


def _kind(vocabulary: Vocabulary, texts: tuple[int, int], digits: int) -> str:
    """What a number of so many digits is, as one of two texts says."""
    check, invoice, _ = np.bitwise_or.reduce(vocabulary.series[list(texts)], axis=0) >> digits & 1
    return "check" if check else "invoice" if invoice else "number"


def agreed_words(vocabulary: Vocabulary, left: str, right: str) -> str:
    """What two texts agree in: "MARTINEZ PLUMB(ING), check 10234"; empty if in nothing."""
    return str(agreed_texts(vocabulary, pl.Series([left]), pl.Series([right]))[0])


def rare_tokens(vocabulary: Vocabulary, *sides: pl.Series, most_lines: float = inf) -> list[pl.DataFrame]:
    """By side row, token: what each of its texts says that few lines of either side say, for a join of the sides.

    One row per row of the texts and token, by row: whole words, their first four and six letters (for words
    that are cut), the beginnings of two neighbouring words together (common words, rare in company), and
    numbers of three digits or more without leading zeros, wherever in the text they stand. Only tokens
    that stand on both sides, on `most_lines` lines of each at most; each by a number, of one count for all
    sides: its place in `vocabulary.meeting_words` where the vocabulary knows the texts.
    """
    return rare_words(*number_texts(vocabulary, *sides), most_lines=most_lines)


def rare_words(vocabulary: Vocabulary, ids: Sequence[Positions], *, most_lines: float = inf) -> list[pl.DataFrame]:
    """What `rare_tokens` gives of texts by their numbers in the vocabulary; below zero they say nothing."""
    meeting = vocabulary.meeting_words
    found = []
    for texts in ids:
        told = np.flatnonzero(texts >= 0)
        of_row, place = meeting.of_text.gather(texts[told])
        token = meeting.of_text.values[place]
        rare = meeting.lines[token] <= most_lines
        found.append(pl.DataFrame({"row": told[of_row[rare]], "token": token[rare]}))
    return found


def _knowing(vocabulary: Vocabulary, *sides: pl.Series) -> Vocabulary:
    """The vocabulary, with the texts of the sides if it lacks some."""
    texts = pl.concat([side.rename("text").cast(pl.String) for side in sides]).drop_nulls().unique()
    lacking = texts.filter((texts != "") & ~texts.is_in(vocabulary.texts["text"].implode()))
    if lacking.is_empty():
        return vocabulary
    unheard = lacking.to_frame().with_columns(pl.lit(0, pl.Int64).alias(side) for side in ("left", "right"))
    return index_texts(pl.concat([vocabulary.texts, unheard]).sort("text"))


def _score(vocabulary: Vocabulary, left: Positions, right: Positions) -> Floats:
    hits = _hits(vocabulary, left, right)
    count = len(left)
    agreed = np.bincount(hits.pair, hits.evidence, count)
    covered = []
    for texts, places, bits in ((left, hits.left, hits.of_left), (right, hits.right, hits.of_right)):
        alone = _whole_weight(vocabulary)[texts]
        weight = alone + np.bincount(hits.pair, bits - vocabulary.weights[places], count)
        covered.append(np.divide(agreed, weight, out=np.zeros(count), where=weight > 0))
    better, worse = np.maximum(*covered), np.minimum(*covered)
    score = (_OF_BETTER * better + (1 - _OF_BETTER) * worse) * agreed / (agreed + _DOUBT_BITS)
    other = _other_numbers(vocabulary, left, right, hits)
    score = np.where(other, score * _OTHER_NUMBER, score)
    silent = ~(vocabulary.says[left] & vocabulary.says[right]) & ~other & (agreed == 0)
    equal = _is_equal(vocabulary, left, right, hits)
    return np.where(equal, 1.0, np.where(silent, np.nan, np.clip(score, 0.0, 1.0)))


def _whole_weight(vocabulary: Vocabulary) -> Floats:
    """Bits of each text when the other lacks all of it."""
    sizes = np.diff(vocabulary.parts.starts)
    weights: Floats = np.bincount(np.repeat(np.arange(len(sizes)), sizes), vocabulary.weights, len(sizes)).astype(
        np.float64
    )
    return weights


def _other_numbers(vocabulary: Vocabulary, left: Positions, right: Positions, hits: _Hits) -> NDArray[np.bool_]:
    """True where both texts have telling numbers of one kind and length, and share none."""
    one, two = vocabulary.series[left], vocabulary.series[right]
    check, invoice, plain = (one[:, kind] for kind in range(3))
    against = (check & (two[:, 0] | two[:, 2])) | (invoice & (two[:, 1] | two[:, 2])) | (plain & two.sum(axis=1))
    is_number = vocabulary.tokens["is_number"].to_numpy()
    shared = np.bincount(hits.pair, is_number[vocabulary.parts.values[hits.left]], len(left)) > 0
    found: NDArray[np.bool_] = (against != 0) & ~shared
    return found


def _is_equal(vocabulary: Vocabulary, left: Positions, right: Positions, hits: _Hits) -> NDArray[np.bool_]:
    """True where both texts have the same tokens."""
    sizes = np.diff(vocabulary.parts.starts)
    values = vocabulary.parts.values
    same = np.bincount(hits.pair, values[hits.left] == values[hits.right], len(left))
    equal: NDArray[np.bool_] = (sizes[left] > 0) & (same == sizes[left]) & (same == sizes[right])
    return equal


def _hits(vocabulary: Vocabulary, left: Positions, right: Positions) -> _Hits:
    """The tokens that agree in each pair of texts, best first, at most one partner each."""
    whole = _one_way(vocabulary, left, right, cut_only=False)
    cut = _one_way(vocabulary, right, left, cut_only=True)
    pair = np.concatenate([whole.pair, cut.pair])
    places = np.concatenate([whole.left, cut.right]), np.concatenate([whole.right, cut.left])
    evidence = np.concatenate([whole.evidence, cut.evidence])
    bits = np.concatenate([whole.of_left, cut.of_right]), np.concatenate([whole.of_right, cut.of_left])
    other_word = vocabulary.parts.values[places[0]] != vocabulary.parts.values[places[1]]
    # What is taken of two as good must not hang on which side is called left: the texts stand in one order.
    first, second = np.minimum(*places), np.maximum(*places)
    kept = np.lexsort((second, first, other_word, -evidence, pair))
    wide = len(vocabulary.parts.values) + 1
    kept = kept[_one_partner(*((pair * wide + side)[kept] for side in places))]
    return _Hits(pair[kept], places[0][kept], places[1][kept], evidence[kept], bits[0][kept], bits[1][kept])


def _one_partner(one: Positions, other: Positions) -> Positions:
    """The places of those hits, best first, that both of their ends can have: a better one takes both from the rest."""
    ends = [np.unique(some, return_inverse=True)[1] for some in (one, other)]
    free = [np.ones(len(one), dtype=np.bool_) for _ in ends]
    left, taken = np.arange(len(one)), [np.arange(0)]
    while len(left):
        best = np.ones(len(left), dtype=np.bool_)
        for end in ends:
            first = np.empty(len(one), dtype=np.int64)
            first[end[left[::-1]]] = left[::-1]  # of several that are written to one place the last one stays
            best &= first[end[left]] == left
        chosen, rest = left[best], left[~best]
        taken.append(chosen)
        for end, is_free in zip(ends, free, strict=True):
            is_free[end[chosen]] = False
        left = rest[free[0][ends[0][rest]] & free[1][ends[1][rest]]]
    return np.sort(np.concatenate(taken))


def _one_way(vocabulary: Vocabulary, own: Positions, other: Positions, *, cut_only: bool) -> _Hits:
    """Tokens of the own texts that, or a spelling of which, the other texts have: own as left, other as right."""
    parts, related = vocabulary.parts, vocabulary.related
    texts, of_pair = np.unique(own, return_inverse=True)
    owner, place = parts.gather(texts)
    token, at = related.lists.gather(parts.values[place])
    if cut_only:
        token, at = token[related.is_cut[at]], at[related.is_cut[at]]
    sizes = np.bincount(owner[token], minlength=len(texts))
    pair, index = Lists(np.concatenate([[0], np.cumsum(sizes)]), at).gather(of_pair)
    wanted = other[pair] * vocabulary.tokens.height + related.lists.values[at[index]]
    hit, found = vocabulary.places(wanted)
    index = index[hit]
    return _Hits(
        pair[hit],
        place[token[index]],
        found,
        related.evidence[at[index]],
        related.of_own[at[index]],
        related.of_other[at[index]],
    )
