"""Words and numbers of both sides' texts: how often they stand, what they tell, which are spellings of one another.

A text is read without case, accents and punctuation; dates, times, amounts and masked card numbers are
left out, for they name nobody. A run of letters is a word, a run of digits a number without its leading
zeros. What a word tells is counted, in bits, from the texts themselves: the fewer lines have it, the more;
a word that one side alone has, and often (a bank's "ACH DEBIT", a city), tells nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from recon.matching.lines import REFERENCE_MARK

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

CHECK_WORDS = frozenset({"CHECK", "CHEQUE", "CHECKS", "CHK", "CHQ", "CK", "DRAFT", "CHEK"})
INVOICE_WORDS = frozenset({"INVOICE", "INV", "BILL", "INVOICES", "RECHNUNG", "FACTURE", "FACTURA"})
JOINERS = frozenset({"AND", "NO", "NR", "NUM", "NUMBER"})  # "check no. 10234" is check 10234

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
SHORTEST_NUMBER = 3  # digits; shorter ones are units and doors
_LONGEST_SERIES = 9  # digits of a check or invoice number; a longer one is a trace number
_PRIOR_LINES = 10  # as if each side had ten more lines: two texts alone teach nothing about frequency
_SHORTEST_GLUED = 6
_SHORTEST_MISSPELT = 4  # letters; one of the two spellings has more
_SHORTEST_BEGINNING = 4  # letters under which a cut word is found
_LONG_BEGINNING = 6
_SHORTEST_CUT = 4  # letters of a cut word that show the other side has it too
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
    def numbered(self) -> pl.DataFrame:
        """text, text_id: one row a distinct text."""
        return self.texts.select("text", text_id=pl.int_range(pl.len()))

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
        said = _meeting_words(self)
        lines = self.texts.select("left", "right", text_id=pl.int_range(pl.len()))
        heard = said.join(lines, on="text_id").group_by("token").agg(pl.col("left", "right").sum())
        shared = heard.filter(pl.min_horizontal("left", "right") > 0).sort("token")
        met = said.join(shared.select("token", word=pl.int_range(pl.len())), on="token").sort("text_id", "word")
        on_lines = shared.select(pl.max_horizontal("left", "right")).to_series().to_numpy()
        return Meeting(shared["token"], on_lines, _lists(met["text_id"], met["word"], self.texts.height))


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
    words = _split_glued(_read(texts), texts)
    lines = texts.select(pl.col("left", "right").sum()).row(0)
    tokens = _tokens(words, texts)
    known = words.join(tokens.select("token", id="token_id"), on="token").sort("text_id", "place")
    shorter = _shorter(tokens)
    tokens = _with_bits(tokens, shorter, lines)
    related = _related(tokens, shorter)
    series = _series(known, tokens, texts.height)
    known = known.join(tokens.select("bits", "unmatched", "is_number", id="token_id"), on="id").with_columns(
        weight=_weight_in_text()
    )
    says = np.zeros(texts.height, dtype=np.bool_)
    naming = known.filter(~pl.col("is_number") & (pl.col("unmatched") >= NAMING_SHARE) & (pl.col("bits") > 0))
    says[naming["text_id"].to_numpy()] = True
    parts = known.group_by("text_id", "id").agg(pl.col("weight").max(), pl.col("place").min()).sort("text_id", "id")
    return Vocabulary(
        texts=texts,
        tokens=tokens.select("token", "is_number", "left", "right", "bits", "unmatched"),
        parts=_lists(parts["text_id"], parts["id"], texts.height),
        keys=parts.select(pl.col("text_id") * tokens.height + pl.col("id")).to_series().cast(pl.Int64).to_numpy(),
        order=parts["place"].cast(pl.Int64).to_numpy(),
        weights=parts["weight"].to_numpy(),
        says=says,
        series=series,
        related=related,
    )


def _read(texts: pl.DataFrame) -> pl.DataFrame:
    """text_id, place, token, begins: one row a word or number of each text, in its order.

    begins: with it begins the reference of the line.
    """
    plain = (
        pl.col("text")
        .str.normalize("NFKD")
        .str.replace_all(r"\p{M}+|['’`]", "")
        .str.to_uppercase()
        .str.replace_all(_NOISE, " ")
        .str.replace_all(r"[&+]", " AND ")
        .str.extract_all(rf"\p{{L}}+|\p{{Nd}}+|{REFERENCE_MARK}")
    )
    number = pl.col("token").str.contains(r"^\p{Nd}")
    return (
        texts.select(text_id=pl.int_range(pl.len()), token=plain)
        .explode("token")
        .drop_nulls("token")
        .with_columns(begins=(pl.col("token").shift(1) == REFERENCE_MARK).fill_null(False))
        .filter(pl.col("token") != REFERENCE_MARK)
        .with_columns(
            token=pl.when(number).then(pl.col("token").str.replace(r"^0+(\p{Nd})", "$1")).otherwise(pl.col("token"))
        )
        .with_columns(place=pl.int_range(pl.len()).over("text_id"))
    )


def _split_glued(words: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    """The words with ACMECORP as ACME and CORP where the two stand side by side in another text.

    Only words of one side are split; what joins two words ("and", "no.") is left out afterwards.
    """
    counts = texts.select(pl.int_range(pl.len()).alias("text_id"), "left", "right")
    whole = words.filter(pl.col("token").str.contains(rf"^\p{{L}}{{{_SHORTEST_GLUED},}}$"))
    one_sided = (whole.join(counts, on="text_id").group_by("token").agg(pl.col("left", "right").sum())).filter(
        (pl.col("left") == 0) | (pl.col("right") == 0)
    )
    heard = words.join(
        counts.filter(pl.col("left") + pl.col("right") > 0), on="text_id", how="semi", maintain_order="left"
    )
    spoken = heard.filter(~pl.col("token").is_in(list(JOINERS)))
    # In the order of the alphabet: of two ways to cut a word the first is taken, whatever the order of rows.
    beside = pl.concat([_side_by_side(heard), _side_by_side(spoken)]).unique().sort("token", "next")
    followers = dict(beside.group_by("token", maintain_order=True).agg("next").iter_rows())
    found = ((word, _cut_apart(word, followers)) for word in one_sided["token"].sort())
    splits = [(word, parts) for word, parts in found if parts]
    if splits:
        apart = pl.DataFrame(splits, schema={"token": pl.String, "parts": pl.List(pl.String)}, orient="row")
        words = (
            words.join(apart, on="token", how="left", maintain_order="left")
            .with_columns(token=pl.coalesce("parts", pl.concat_list("token")))
            .explode("token")
            .drop("parts")
        )
    return words.filter(~pl.col("token").is_in(list(JOINERS))).with_columns(
        place=pl.int_range(pl.len()).over("text_id")
    )


def _side_by_side(words: pl.DataFrame) -> pl.DataFrame:
    following = words.with_columns(next=pl.col("token").shift(-1), next_text=pl.col("text_id").shift(-1))
    letters = pl.all_horizontal(pl.col("token").str.contains(r"^\p{L}{3}"), pl.col("next").str.contains(r"^\p{L}"))
    return following.filter((pl.col("text_id") == pl.col("next_text")) & letters).select("token", "next").unique()


def _cut_apart(word: str, followers: dict[str, list[str]], shortest: int = _SHORTEST_CUT) -> list[str] | None:
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


def _tokens(words: pl.DataFrame, texts: pl.DataFrame) -> pl.DataFrame:
    counts = texts.select(pl.int_range(pl.len()).alias("text_id"), "left", "right")
    number = pl.col("token").str.contains(r"^\p{Nd}")
    return (
        words.select("text_id", "token")
        .unique()
        .join(counts, on="text_id")
        .group_by("token")
        .agg(pl.col("left", "right").sum())
        .sort("token")
        .with_columns(is_number=number & (pl.col("token").str.len_chars() >= SHORTEST_NUMBER))
        .with_columns(is_word=~number, token_id=pl.int_range(pl.len()))
    )


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
    counts = tokens.select("token_id", "left", "right", length=pl.col("token").str.len_chars())
    both = shorter.join(counts.select("left", "right", long_id="token_id"), on="long_id")
    longer = both.group_by("short_id").agg(begun_left=pl.col("left").sum(), begun_right=pl.col("right").sum())
    cut = (
        shorter.filter(pl.col("short_id") != pl.col("long_id"))
        .join(counts.select("left", "right", "length", short_id="token_id"), on="short_id")
        .filter(pl.col("length") >= _SHORTEST_CUT)
        .group_by("long_id")
        .agg(cut_left=pl.col("left").sum(), cut_right=pl.col("right").sum())
    )
    size = {"left": lines[0] + _PRIOR_LINES, "right": lines[1] + _PRIOR_LINES}
    near = {
        side: (pl.coalesce(f"begun_{side}", side) + pl.col(f"cut_{side}").fill_null(0)) / size[side] for side in size
    }
    share = pl.max_horizontal(*((pl.col(side) + 0.5) / size[side] for side in size))
    begun = pl.max_horizontal(*((pl.coalesce(f"begun_{side}", side) + 0.5) / size[side] for side in size))
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
    return (
        tokens.join(longer, left_on="token_id", right_on="short_id", how="left", maintain_order="left")
        .join(cut, left_on="token_id", right_on="long_id", how="left", maintain_order="left")
        .with_columns(
            bits=pl.when(says_kind).then(0.0).otherwise(-share.clip(upper_bound=1.0).log(2)) * of_number,
            cut_bits=-begun.clip(upper_bound=1.0).log(2),
            unmatched=1 - one_sided * often.pow(2) / (1 + often.pow(2)),
        )
    )


def _weight_in_text() -> pl.Expr:
    # The last word of a cut text may be the beginning of anything, and numbers that nothing answers are traces.
    last = pl.col("place") == pl.col("place").max().over("text_id")
    # A word that every fifth line has ("card") hardly names anybody, even where both sides have it.
    telling = (pl.col("bits") / _NAMING_BITS).clip(upper_bound=1.0)
    weight = pl.col("bits") * telling * pl.col("unmatched") * pl.when(last).then(0.5).otherwise(1.0)
    return pl.when("is_number").then(0.0).otherwise(weight)


def _related(tokens: pl.DataFrame, shorter: pl.DataFrame) -> Related:
    facts = tokens.select("token_id", "bits", "cut_bits")
    cut = (
        shorter.filter(pl.col("short_id") != pl.col("long_id"))
        .join(facts.select(long_id="token_id", long_bits="bits"), on="long_id")
        .join(facts.select(short_id="token_id", short_bits="cut_bits"), on="short_id")
        .with_columns(evidence=pl.min_horizontal("long_bits", "short_bits"))
        .select(
            own="long_id",
            other="short_id",
            evidence="evidence",
            of_own=pl.col("evidence") + (pl.col("long_bits") - pl.col("evidence")) / 4,
            of_other="evidence",
            is_cut=pl.lit(True),
        )
    )
    same = tokens.select(
        own="token_id", other="token_id", evidence="bits", of_own="bits", of_other="bits", is_cut=pl.lit(False)
    )
    misspelt = _misspelt(tokens).join(facts.select(own="token_id", own_bits="bits"), on="own")
    misspelt = misspelt.join(facts.select(other="token_id", other_bits="bits"), on="other").with_columns(
        of_own=pl.min_horizontal("own_bits", "other_bits")
    )
    near = misspelt.select(
        "own", "other", evidence=pl.col("of_own") * _MISSPELT, of_own="of_own", of_other="of_own", is_cut=pl.lit(False)
    )
    every = pl.concat([same, cut, near]).sort("own", "other")
    return Related(
        lists=_lists(every["own"], every["other"], tokens.height),
        evidence=every["evidence"].to_numpy(),
        of_own=every["of_own"].to_numpy(),
        of_other=every["of_other"].to_numpy(),
        is_cut=every["is_cut"].to_numpy(),
    )


def _misspelt(tokens: pl.DataFrame) -> pl.DataFrame:
    """own, other: pairs of words one edit apart (a letter more, less or other, or two swapped), both ways."""
    words = tokens.filter(pl.col("is_word") & (pl.col("token").str.len_chars() >= _SHORTEST_MISSPELT))
    length = pl.col("token").str.len_chars()
    gaps = words.select("token_id", "token", pl.int_ranges(0, length).alias("gap")).explode("gap")
    lacking = gaps.select(
        "token_id", key=pl.col("token").str.head(pl.col("gap")) + pl.col("token").str.slice(pl.col("gap") + 1)
    )
    keys = pl.concat([lacking, words.select("token_id", key="token")]).unique()
    pairs = (
        keys.join(keys, on="key", suffix="_other")
        .select(own="token_id", other="token_id_other")
        .filter(pl.col("own") != pl.col("other"))
        .unique()
        .sort("own", "other")
    )
    spelt = tokens["token"]
    first, second = spelt[pairs["own"]].to_list(), spelt[pairs["other"]].to_list()
    if not first:
        return pairs
    distance = cpdist(first, second, scorer=OSA.distance, dtype=np.int64)
    beginning = np.array([a.startswith(b) or b.startswith(a) for a, b in zip(first, second, strict=True)])
    longer = np.array([max(len(a), len(b)) > _SHORTEST_MISSPELT for a, b in zip(first, second, strict=True)])
    return pairs.filter(pl.Series((distance == 1) & longer & ~beginning))


def _series(words: pl.DataFrame, tokens: pl.DataFrame, texts: int) -> NDArray[np.int64]:
    """Per text the digits of its telling numbers, as bits: of checks, of invoices, of others.

    A number tells if both sides have it, or if many numbers after the same word are on both sides; that of a
    reference also where there are too few to learn from.
    """
    word = pl.when(pl.col("place") > 0).then(pl.col("token").shift(1)).fill_null("").str.replace(r"^\p{Nd}.*", "")
    before = words.with_columns(before=pl.when("begins").then(pl.lit(REFERENCE_MARK)).otherwise(word)).join(
        tokens.select(
            "is_number",
            id="token_id",
            known=(pl.col("left") > 0) & (pl.col("right") > 0),
            heard=(pl.col("left") + pl.col("right") > 0),
        ),
        on="id",
    )
    numbers = before.filter("is_number")
    spoken = (
        numbers.filter((pl.col("before") != "") & pl.col("heard"))
        .group_by("before")
        .agg(pl.len(), pl.col("known").mean().alias("share"))
    ).filter(
        (pl.col("len") >= _FEW_NUMBERS) & (pl.col("share") >= _TELLING_SHARE)
        | (pl.col("len") < _FEW_NUMBERS) & (pl.col("before") == REFERENCE_MARK)
    )
    telling_words = [*spoken["before"], *CHECK_WORDS, *INVOICE_WORDS]
    digits = pl.col("token").str.len_chars()
    telling = numbers.filter(
        (pl.col("known") | pl.col("before").is_in(telling_words)) & (digits <= _LONGEST_SERIES)
    ).with_columns(
        kind=pl.when(pl.col("before").is_in(list(CHECK_WORDS)))
        .then(0)
        .when(pl.col("before").is_in(list(INVOICE_WORDS)))
        .then(1)
        .otherwise(2)
    )
    found = np.zeros((texts, 3), dtype=np.int64)
    lengths = telling.select(digits.cast(pl.Int64)).to_series().to_numpy()
    np.bitwise_or.at(found, (telling["text_id"].to_numpy(), telling["kind"].to_numpy()), 1 << lengths)
    return found


def _lists(owners: pl.Series, values: pl.Series, count: int) -> Lists:
    sizes = np.bincount(owners.to_numpy(), minlength=count)
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)
    return Lists(starts, values.cast(pl.Int64).to_numpy())


def _meeting_words(vocabulary: Vocabulary) -> pl.DataFrame:
    """text_id, token: everything under which a text might be found by one of the other side, each once."""
    parts = vocabulary.parts
    owners = np.repeat(np.arange(len(parts.starts) - 1), np.diff(parts.starts))
    spoken = pl.DataFrame({"text_id": owners, "id": parts.values, "place": vocabulary.order}).join(
        vocabulary.tokens.select("token", "is_number", "unmatched", id=pl.int_range(pl.len())), on="id"
    )
    numbers = spoken.filter("is_number").select("text_id", "token")
    words = spoken.filter(~pl.col("is_number") & pl.col("token").str.contains(r"^\p{L}"))
    long = words.filter(pl.col("token").str.len_chars() >= _SHORTEST_BEGINNING)
    longer = long.filter(pl.col("token").str.len_chars() >= _LONG_BEGINNING)
    naming = words.filter((pl.col("unmatched") >= NAMING_SHARE) & (pl.col("token").str.len_chars() >= 2)).sort(
        "text_id", "place"
    )
    begun = naming.select("text_id", token=pl.col("token").str.head(_SHORTEST_BEGINNING)).with_columns(
        next=pl.col("token").shift(-1), next_id=pl.col("text_id").shift(-1)
    )
    beside = begun.filter(pl.col("text_id") == pl.col("next_id")).select(
        "text_id",
        token=pl.min_horizontal("token", "next") + " " + pl.max_horizontal("token", "next"),
    )
    beginnings = (
        part.select("text_id", token=pl.col("token").str.head(length) + "~")
        for part, length in ((long, _SHORTEST_BEGINNING), (longer, _LONG_BEGINNING))
    )
    return pl.concat([numbers, long.select("text_id", "token"), *beginnings, beside]).unique()
