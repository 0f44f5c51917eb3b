"""Words and numbers of both sides' texts: how often they stand, what they tell, which are spellings of one another.

Texts are read as `read_words` reads them. What a word tells is counted, in bits, from the texts themselves: the
fewer lines have it, the more; a word that one side alone has, and often (a bank's "ACH DEBIT", a city), tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import count

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from recon.matching.reading import SHORTEST_CUT, Positions, Words, read_words
from recon.matching.repeated import each_once, is_repeated, is_true

Floats = NDArray[np.float64]

CHECK_WORDS = frozenset({"CHECK", "CHEQUE", "CHECKS", "CHK", "CHQ", "CK", "DRAFT", "CHEK"})
INVOICE_WORDS = frozenset({"INVOICE", "INV", "BILL", "INVOICES", "RECHNUNG", "FACTURE", "FACTURA"})
SHORTEST_NUMBER = 3  # digits; shorter ones are units and doors
_LONGEST_SERIES = 9  # digits of a check or invoice number; a longer one is a trace number
_PRIOR_LINES = 10  # as if each side had ten more lines: two texts alone teach nothing about frequency
_SHORTEST_MISSPELT = 4  # letters; one of the two spellings has more
_SHORTEST_BEGINNING = 4  # letters under which a cut word is found
_LONG_BEGINNING = 6
_TELLING_SHARE = 0.3  # of the numbers after a word: so many stand on the other side too
_FEW_NUMBERS = 3  # after one word: of fewer nobody can say whether the other side answers them
_SURE_OF_NUMBER = 2.0  # times the bits: a number of four digits is no spelling of another
_OFTEN = 0.01  # of the lines of a side: a word that only this side has so often is half a channel word
_FEW_LINES = 4  # so few say nothing about how often a word stands
NAMING_SHARE = 0.3  # of its bits that a word weighs at least if it names somebody
_MORE_OFTEN = 4.0  # a word that one side has more than so many times as often is of that side
_NAMING_BITS = 5.0  # one line in thirty
_RING_A_KEY, _LARGEST_RING = 32, 24  # bytes a key, and bits of the size of the largest ring
_MISSPELT = 0.8  # of the evidence of a word that is spelt right


@dataclass(frozen=True)
class Lists:
    """Many short lists in one array: list k is values[starts[k] : starts[k + 1]]."""

    starts: Positions
    values: Positions

    def gather(self, wanted: Positions) -> tuple[Positions, Positions]:
        """For each element of the wanted lists: which of the wanted it is from, and its place in values."""
        counts = self.starts[wanted + 1] - self.starts[wanted]
        owner = np.repeat(np.arange(len(wanted)), counts)
        within = np.arange(len(owner)) - np.repeat(np.cumsum(counts) - counts, counts)
        return owner, self.starts[wanted][owner] + within


@dataclass(frozen=True)
class Related:
    """Which word may stand for which, by the first: itself, what is left of it when cut, and its misspellings."""

    lists: Lists  # per token: the tokens that may stand for it
    evidence: Floats  # bits that the agreement is worth; beside lists.values
    of_own: Floats  # bits that the first then weighs in its text
    of_other: Floats  # bits that the second weighs in its text
    is_cut: NDArray[np.bool_]


@dataclass(frozen=True)
class Vocabulary:
    """What the texts of both sides teach; texts and tokens are numbered in the order of their frames.

    `texts`: one row a distinct text: text, left, right (lines that have it).
    `tokens`: one row a distinct token: token, is_number, left, right (lines), bits, unmatched (share of
    the bits that its absence from the other text weighs).
    `parts`: the tokens of each text, ascending, each once; `weights`, beside them, what each weighs there
    when the other text lacks it, in bits.
    `says`: texts with words that name somebody or something. `series`: per text, digits of its check, invoice and
    other telling numbers as bits of three integers.
    """

    texts: pl.DataFrame
    tokens: pl.DataFrame
    parts: Lists
    keys: Positions  # beside parts.values, ascending: text * tokens + token
    order: Positions  # beside parts.values: where in the text the token stands first
    weights: Floats
    says: NDArray[np.bool_]
    series: NDArray[np.int64]  # texts x (check, invoice, other)
    related: Related

    @cached_property
    def _digests(self) -> tuple[int, NDArray[np.uint64], Positions]:
        """Digests of the texts in order, no two of which are equal, the number of the text of each, and their seed."""
        for seed in count():
            digests = self.texts["text"].hash(seed=seed).to_numpy()
            order = np.argsort(digests, kind="stable")
            digests = digests[order]
            if (digests[1:] != digests[:-1]).all():
                break
        return seed, digests, order

    def numbers_of(self, texts: pl.Series) -> Positions:
        """The number of each text, below zero where it does not stand here."""
        seed, digests, numbers = self._digests
        if not len(digests):
            return np.full(texts.len(), -1)
        place = np.searchsorted(digests, texts.hash(seed=seed).to_numpy())
        found = numbers[np.minimum(place, len(digests) - 1)]
        same = self.texts["text"].gather(found) == texts
        return np.where(is_true(same).to_numpy(), found, -1)

    @cached_property
    def _marks(self) -> NDArray[np.bool_]:
        """A ring in which the place of every key is marked: most keys that are asked for are not there."""
        ring = np.zeros(1 << min((_RING_A_KEY * len(self.keys)).bit_length(), _LARGEST_RING), dtype=np.bool_)
        ring[self.keys & (len(ring) - 1)] = True
        return ring

    def places(self, wanted: Positions) -> tuple[Positions, Positions]:
        """Which of the wanted keys (text * tokens + token) there are, and their places in `parts.values`."""
        likely = np.flatnonzero(self._marks[wanted & (len(self._marks) - 1)])
        place = np.searchsorted(self.keys, wanted[likely])
        there = self.keys[np.minimum(place, len(self.keys) - 1)] == wanted[likely]
        return likely[there], place[there]

    @cached_property
    def meeting_words(self) -> Meeting:
        """What each text says that texts of both sides say."""
        said, form = _meeting_forms(self)
        text, form_of = np.divmod(each_once(said[0] * max(form.len(), 1) + said[1]), max(form.len(), 1))
        left, right = (
            np.bincount(form_of, self.texts[side].to_numpy()[text], form.len()).astype(np.int64)
            for side in ("left", "right")
        )
        shared = np.minimum(left, right) > 0
        kept, number = shared[form_of], np.cumsum(shared) - 1
        of_text = _lists(text[kept], number[form_of[kept]], self.texts.height)
        return Meeting(form.filter(pl.Series(shared)), np.maximum(left, right)[shared], of_text)


@dataclass(frozen=True)
class Meeting:
    """Words and numbers, and parts of them, that texts of both sides have, and by which they are found.

    `token`: each once, in order; its place is its number. `lines`, beside it: on how many lines of one side it
    stands, at most. `of_text`: the numbers of each text, ascending.
    """

    token: pl.Series
    lines: Positions
    of_text: Lists


def learn(left: pl.Series, right: pl.Series) -> Vocabulary:
    """What the texts of both sides teach about their words and numbers; nulls and empty texts are left out.

    Time and memory grow with the distinct texts and words.
    """
    counted = [
        side.rename("text").cast(pl.String).to_frame().select("text", left=pl.lit(is_left), right=pl.lit(not is_left))
        for side, is_left in ((left, True), (right, False))
    ]
    texts = (
        pl.concat(counted)
        .drop_nulls("text")
        .group_by("text")
        .agg(pl.col("left", "right").sum().cast(pl.Int64))
        .sort("text")
    )
    return index_texts(texts)


def index_texts(texts: pl.DataFrame) -> Vocabulary:
    """The vocabulary of distinct texts (text, left, right: lines that have it), one row a text."""
    lines = texts["left"].to_numpy(), texts["right"].to_numpy()
    words = read_words(texts["text"], lines[0] + lines[1] > 0, lines)
    tokens = _tokens(words, lines)
    shorter = _shorter(tokens)
    tokens = _with_bits(tokens, shorter, (int(lines[0].sum()), int(lines[1].sum())))
    naming = tokens.select(~pl.col("is_number") & (pl.col("unmatched") >= NAMING_SHARE) & (pl.col("bits") > 0))
    says = np.zeros(texts.height, dtype=np.bool_)
    says[words.text[naming.to_series().to_numpy()[words.token]]] = True
    # Each token of a text once: it weighs what it weighs at most, and stands where it stands first.
    both = words.text * tokens.height + words.token
    order = np.argsort(both, kind="stable")
    opens = np.flatnonzero(np.diff(both[order], prepend=-1))
    keys = both[order][opens]
    owner, token = np.divmod(keys, max(tokens.height, 1))
    return Vocabulary(
        texts=texts,
        tokens=tokens.select("token", "is_number", "left", "right", "bits", "unmatched"),
        parts=_lists(owner, token, texts.height),
        keys=keys,
        order=words.place[order][opens],
        weights=np.maximum.reduceat(_weights(words, tokens)[order], opens) if len(opens) else np.empty(0),
        says=says,
        series=_series(words, tokens, texts.height),
        related=_related(tokens, shorter),
    )


def _tokens(words: Words, lines: tuple[Positions, Positions]) -> pl.DataFrame:
    """token, left, right, is_number, is_word, token_id: one row a spelling, with the lines of a side that have it."""
    count = words.spelt.len()
    text, token = np.divmod(each_once(words.text * count + words.token), max(count, 1))
    left, right = (np.bincount(token, some[text], count).astype(np.int64) for some in lines)
    number = words.matching(r"^\p{Nd}")
    long = (words.spelt.str.len_chars() >= SHORTEST_NUMBER).to_numpy()
    said = {"left": left, "right": right, "is_number": number & long, "is_word": ~number, "token_id": np.arange(count)}
    return pl.DataFrame({"token": words.spelt} | said)


def _shorter(tokens: pl.DataFrame) -> pl.DataFrame:
    """long_id, short_id: the words that are the beginning of another word, or the word itself."""
    words = tokens.filter("is_word").select("token", long_id="token_id", length=pl.col("token").str.len_chars())
    ends = words.select("long_id", "token", pl.int_ranges(1, pl.col("length") + 1).alias("end")).explode("end")
    beginnings = ends.select("long_id", token=pl.col("token").str.head(pl.col("end")))
    return beginnings.join(tokens.filter("is_word").select("token", short_id="token_id"), on="token").select(
        "long_id", "short_id"
    )


def _with_bits(tokens: pl.DataFrame, shorter: pl.DataFrame, lines: tuple[int, int]) -> pl.DataFrame:
    """The tokens with bits, cut_bits (as the beginning of any word) and the share that weighs when unmatched."""
    long, short = (shorter[name].to_numpy() for name in ("long_id", "short_id"))
    cut = (short != long) & (tokens["token"].str.len_chars() >= SHORTEST_CUT).to_numpy()[short]
    is_word, sums = tokens["is_word"].to_numpy(), {}
    for side in ("left", "right"):
        on = tokens[side].to_numpy()
        as_beginning = np.bincount(short, on[long], tokens.height).astype(np.int64)
        sums[f"begun_{side}"] = np.where(is_word, as_beginning, on)
        sums[f"cut_{side}"] = np.bincount(long[cut], on[short[cut]], tokens.height).astype(np.int64)
    size = {"left": lines[0] + _PRIOR_LINES, "right": lines[1] + _PRIOR_LINES}
    near = {side: (pl.col(f"begun_{side}") + pl.col(f"cut_{side}")) / size[side] for side in size}
    share = pl.max_horizontal(*((pl.col(side) + 0.5) / size[side] for side in size))
    begun = pl.max_horizontal(*((pl.col(f"begun_{side}") + 0.5) / size[side] for side in size))
    often = pl.max_horizontal("left", "right") / max(_FEW_LINES, max(lines) * _OFTEN)
    of_number = (
        pl.when(pl.col("is_number") & (pl.col("token").str.len_chars() > SHORTEST_NUMBER))
        .then(_SURE_OF_NUMBER)
        .otherwise(1.0)
    )
    says_kind = pl.col("token").is_in([*CHECK_WORDS, *INVOICE_WORDS])  # of a number; that both are checks is nothing
    one_sided = 1 - pl.min_horizontal(
        _MORE_OFTEN * pl.min_horizontal(*near.values()) / pl.max_horizontal(*near.values(), 1e-9), 1.0
    )
    return tokens.with_columns(pl.Series(name, some) for name, some in sums.items()).with_columns(
        bits=pl.when(says_kind).then(0.0).otherwise(-share.clip(upper_bound=1.0).log(2)) * of_number,
        cut_bits=-begun.clip(upper_bound=1.0).log(2),
        unmatched=1 - one_sided * often.pow(2) / (1 + often.pow(2)),
    )


def _weights(words: Words, tokens: pl.DataFrame) -> Floats:
    """What each word weighs in its text, in bits; numbers that nothing answers are traces."""
    # A word that every fifth line has ("card") hardly names anybody, even where both sides have it.
    telling = (pl.col("bits") / _NAMING_BITS).clip(upper_bound=1.0)
    whole = pl.when("is_number").then(0.0).otherwise(pl.col("bits") * telling * pl.col("unmatched"))
    weight = tokens.select(whole).to_series().to_numpy()[words.token]
    # The last word of a cut text may be the beginning of anything.
    is_last = np.append(words.text[1:] != words.text[:-1], [True])[: len(words.text)]
    found: Floats = weight * np.where(is_last, 0.5, 1.0)
    return found


def _related(tokens: pl.DataFrame, shorter: pl.DataFrame) -> Related:
    bits, cut_bits = tokens["bits"].to_numpy(), tokens["cut_bits"].to_numpy()
    each = np.arange(tokens.height)
    long, short = (shorter[name].to_numpy() for name in ("long_id", "short_id"))
    long, short = long[long != short], short[long != short]
    cut = np.minimum(bits[long], cut_bits[short])
    one, other = _misspelt(tokens)
    near = np.minimum(bits[one], bits[other])
    own, others = np.concatenate([each, long, one]), np.concatenate([each, short, other])
    order = np.lexsort((others, own))
    return Related(
        lists=_lists(own[order], others[order], tokens.height),
        evidence=np.concatenate([bits, cut, near * _MISSPELT])[order],
        of_own=np.concatenate([bits, cut + (bits[long] - cut) / 4, near])[order],
        of_other=np.concatenate([bits, cut, near])[order],
        is_cut=np.repeat([False, True, False], [len(each), len(long), len(one)])[order],
    )


def _misspelt(tokens: pl.DataFrame) -> tuple[Positions, Positions]:
    """Pairs of words one edit apart (a letter more, less or other, or two swapped), both ways."""
    words = tokens.filter(pl.col("is_word") & (pl.col("token").str.len_chars() >= _SHORTEST_MISSPELT))
    length = pl.col("token").str.len_chars()
    gaps = words.select("token_id", "token", pl.int_ranges(0, length).alias("gap")).explode("gap")
    lacking = gaps.select(
        "token_id", key=pl.col("token").str.head(pl.col("gap")) + pl.col("token").str.slice(pl.col("gap") + 1)
    )
    keys = pl.concat([lacking, words.select("token_id", key="token")])
    keys = keys.filter(is_repeated(keys["key"].hash(seed=1)))
    met = keys.join(keys, on="key", suffix="_other").select(
        both=pl.col("token_id") * tokens.height + pl.col("token_id_other")
    )
    one, other = np.divmod(np.unique(met["both"].to_numpy()), max(tokens.height, 1))
    one, other = one[one != other], other[one != other]
    first, second = (tokens["token"].gather(some).to_list() for some in (one, other))
    if not first:
        return one, other
    distance = cpdist(first, second, scorer=OSA.distance, dtype=np.int64)
    beginning = np.array([a.startswith(b) or b.startswith(a) for a, b in zip(first, second, strict=True)])
    longer = np.array([max(len(a), len(b)) > _SHORTEST_MISSPELT for a, b in zip(first, second, strict=True)])
    kept = (distance == 1) & longer & ~beginning
    return one[kept], other[kept]


def _series(words: Words, tokens: pl.DataFrame, texts: int) -> NDArray[np.int64]:
    """Per text the digits of its telling numbers, as bits: of checks, of invoices, of others.

    A number tells if both sides have it, or if many numbers after the same word are on both sides; that of a
    reference also where there are too few to learn from.
    """
    left, right, is_number = (tokens[name].to_numpy() for name in ("left", "right", "is_number"))
    begins_with_digit = words.matching(r"^\p{Nd}")
    nothing, mark = tokens.height, tokens.height + 1  # before a number that no word comes before; a reference
    before = np.full(len(words.token), nothing)
    before[1:] = np.where(begins_with_digit[words.token[:-1]] | (words.place[1:] == 0), nothing, words.token[:-1])
    before[words.begins] = mark
    known, heard = ((left > 0) & (right > 0))[words.token], (left + right > 0)[words.token]
    numbers = is_number[words.token]
    spoken = numbers & (before != nothing) & heard
    counts = np.bincount(before[spoken], minlength=mark + 1)
    share = np.bincount(before[spoken], known[spoken], mark + 1) / np.maximum(counts, 1)
    tells = (counts >= _FEW_NUMBERS) & (share >= _TELLING_SHARE)
    tells[mark] |= 0 < counts[mark] < _FEW_NUMBERS
    check, invoice = (np.append(words.among(some), [False, False]) for some in (CHECK_WORDS, INVOICE_WORDS))
    digits = tokens["token"].str.len_chars().cast(pl.Int64).to_numpy()[words.token]
    telling = numbers & (known | (tells | check | invoice)[before]) & (digits <= _LONGEST_SERIES)
    kind = np.select([check[before], invoice[before]], [0, 1], 2)
    found = np.zeros((texts, 3), dtype=np.int64)
    np.bitwise_or.at(found, (words.text[telling], kind[telling]), 1 << digits[telling])
    return found


def _lists(owners: Positions, values: Positions, count: int) -> Lists:
    sizes = np.bincount(owners, minlength=count)
    return Lists(np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64), values)


def _meeting_forms(vocabulary: Vocabulary) -> tuple[tuple[Positions, Positions], pl.Series]:
    """Everything under which a text might be found by one of the other side: (texts, forms), and the forms in order."""
    spelt, parts = vocabulary.tokens["token"], vocabulary.parts
    text, token = np.repeat(np.arange(len(parts.starts) - 1), np.diff(parts.starts)), parts.values
    letters = spelt.str.len_chars().to_numpy()
    is_number = vocabulary.tokens["is_number"].to_numpy()
    is_word = ~is_number & spelt.str.contains(r"^\p{L}").to_numpy()
    long = is_word & (letters >= _SHORTEST_BEGINNING)
    names = is_word & (vocabulary.tokens["unmatched"].to_numpy() >= NAMING_SHARE) & (letters >= 2)
    beginnings = [spelt.str.head(length) for length in (_SHORTEST_BEGINNING, _LONG_BEGINNING)]
    searches = [
        (is_number | long, spelt),
        (long, beginnings[0] + "~"),
        (is_word & (letters >= _LONG_BEGINNING), beginnings[1] + "~"),
    ]
    # Of names that stand side by side the beginnings together, in the order of the alphabet.
    named = np.flatnonzero(names[token])
    named = named[np.lexsort((vocabulary.order[named], text[named]))]
    begun = beginnings[0].rank("dense").cast(pl.Int64).to_numpy()[token[named]]
    beside = np.flatnonzero(text[named[:-1]] == text[named[1:]])
    pair = np.minimum(begun[beside], begun[beside + 1]) * (spelt.len() + 1) + np.maximum(
        begun[beside], begun[beside + 1]
    )
    pairs, of_pair = np.unique(pair, return_inverse=True)
    in_order = beginnings[0].unique().sort()
    first, second = (in_order.gather(some - 1) for some in np.divmod(pairs, spelt.len() + 1))
    every = pl.concat([*(forms for _, forms in searches), first + " " + second], rechunk=True)
    form, number = _in_order(every)
    texts, found = [text[named[beside]]], [number[len(searches) * spelt.len() + of_pair]]
    for at, (chosen, _) in enumerate(searches):
        kept = chosen[token]
        texts.append(text[kept])
        found.append(number[at * spelt.len() + token[kept]])
    return (np.concatenate(texts), np.concatenate(found)), form


def _in_order(every: pl.Series) -> tuple[pl.Series, Positions]:
    """The distinct texts in order, and by text the place of each among them."""
    form = every.unique().sort()
    places = pl.DataFrame([form, pl.Series("place", np.arange(form.len()))])
    return form, every.to_frame().join(places, on=every.name, how="left", maintain_order="left")["place"].to_numpy()
