"""Passes by nearness: equal amounts within a window of days, the least doubt in total, ties told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field, with_config
from rapidfuzz.distance import OSA
from rapidfuzz.process import cpdist

from recon.matching.allowed import Columns, Count, Days, Name, Share, Switch
from recon.matching.assignment import MOST_EDGES, Assigned, Twins, as_judged, assign_pairs, later_copies, twins
from recon.matching.blocks import NearPairs, near_pairs
from recon.matching.claims import SIDE, STRICT, Claims, Open, claims_of
from recon.matching.lines import spoken
from recon.matching.repeated import is_true
from recon.matching.texts import Vocabulary, other_numbers, score_pairs
from recon.matching.worded import worded_pairs
from recon.matching.wording import count_words, joined, nothing_said, of_channel, tie_words

# Points of doubt. Only their order matters much; NEVER is the doubt of leaving both lines alone.
DAY_COST = 6
_STEEP, _MOST_FOR_DAYS = 60, 70  # up to ten days in full; the days of a wider window share what is left
SAME_REFERENCE, MISSPELT_REFERENCE, NO_REFERENCE, OTHER_REFERENCE = 0, 5, 15, 45
OTHER_TEXT, NO_TEXT = 40, 15
NEVER = 120
Doubt = Annotated[int, Field(strict=True, ge=0, lt=NEVER)]  # what is as doubtful as leaving lines alone is no pair
Confirm = Annotated[int, Field(strict=True, ge=-1)]  # -1: nothing is
COPY_COST = 20  # of an entry made twice within days the first is the original
LATER_COST = 45  # more than its days: of two lines of one party the earlier one is paid first, so the later is left
_SHORTEST_CUT, _KEPT = 4, 0.6  # letters that a cut reference keeps, and which share of it
_LONG_REFERENCE = 8  # letters from which two that differ by an edit or two are hardly neighbours in a series


@with_config(STRICT)
@dataclass(frozen=True)
class Nearest:
    """Pairs of one amount whose dates lie within a window, as one optimal assignment.

    Candidates agree on amount, currency and the columns of `agree`; the right date is at most `before` days
    earlier and `after` days later than the left one. A line without a date has no window and is no candidate, or
    with `undated` one that has the doubt of the last day of a wide window. Each candidate has points of doubt for
    the days between (six a day, and double for those against the usual order, on the shorter side of the window; no
    more than 70 for the last day of a wide one, so that the window alone says how far dates may be apart), the
    references (same, misspelt by up to `edits`, missing, another) and the texts, where `texts` weighs them; the pairs
    of least doubt in total are claimed. What several readings explain within `margin` points is *ambiguous*, with
    all its lines.

    Where `texts` weighs them, an amount that many parties have is no candidate under texts that share nothing.

    Of equal lines that one party has within a working week the earlier is paid first, so that the later is left over.

    A pair of more than `confirm` points is a suggestion, and so is one with a line that is left over and would do
    within `clear` points, but for a mere copy. One of more than `most` is no candidate. `least_text`
    is the score of the texts below which a pair is no candidate; texts that say nothing score 0.

    Time and memory grow with the candidate pairs. Where one amount has more than a million of them within a stretch
    of days, or 400,000 that may be pairs, only those of one reference are candidates or, where `texts` weighs them,
    of texts that agree; what that leaves stays open, its search noted as bounded.
    """

    name: Name
    agree: Columns = ()
    before: Days = 0
    after: Days = 5
    edits: Count = 2
    texts: Switch = False
    least_text: Share = 0.0
    undated: Switch = False
    confirm: Confirm = 60
    most: Doubt = 100
    margin: Count = 5
    clear: Count = 2 * DAY_COST
    vocabulary: Vocabulary | None = None  # learned from all open lines
    common: pl.Series | None = None  # so are the amounts that many parties have

    def learned(self, lines: Open) -> Nearest:
        """The pass with its key columns spelled out and, where it weighs texts, what both sides say and repeat."""
        agree = lines.spelled(self.agree)
        if not self.texts:
            return replace(self, agree=agree)
        return replace(self, agree=agree, vocabulary=lines.vocabulary, common=lines.common_amounts)

    def find(self, lines: Open) -> Claims:
        """The pairs of least doubt, and the ties."""
        left, right = (self._candidates(frame) for frame in (lines.left, lines.right))
        lefts, rights = twins(left, lines.rejected["left"]), twins(right, lines.rejected["right"])
        window = self.before, self.after
        met = near_pairs(_with_copies(lefts.first), _with_copies(rights.first), "_block", window=window)
        judged = self._judged(self._near(self._with_worded(met), lines.rejected))
        crowded = [met.left["row"], met.right["row"]]
        if judged.height > MOST_EDGES:  # more of one amount than can be weighed against each other
            crowd = judged["_block"].value_counts().filter(pl.col("count") > MOST_EDGES)["_block"]
            judged = judged.filter(~pl.col("_block").is_in(crowd.implode()) | pl.col("_alike"))
            for at, side in enumerate((lefts, rights)):
                rows = side.first.filter(pl.col("_block").is_in(crowd.implode()))["row"]
                crowded[at] = pl.concat([crowded[at], rows]).unique()
        ordered = judged.with_columns(pl.col("cost") + _later_cost())
        assigned = assign_pairs(ordered, lefts, rights, limit=NEVER + LATER_COST, margin=self.margin)
        claims = self._claims(assigned, judged, lefts, rights)
        return replace(claims, notes=self._notes(claims, crowded, (lefts, rights)))

    def _with_worded(self, met: NearPairs) -> pl.DataFrame:
        """The candidates, of crowded lines (_crowded) also those that share a rare word or number."""
        pairs = met.pairs
        if self.vocabulary is not None and met.left.height and met.right.height:
            spoken_of = [side.with_columns(reference=pl.lit(None, pl.String)) for side in (met.left, met.right)]
            worded = worded_pairs(spoken_of[0], spoken_of[1], self.vocabulary, window=(self.before, self.after))
            right = met.right.rename({name: f"{name}_right" for name in met.right.columns})
            both = met.left[worded["one"]].hstack(right[worded["other"]])
            both = both.filter(pl.col("_block") == pl.col("_block_right")).select(pairs.columns)
            pairs = pl.concat([pairs, both]).unique(["row", "row_right"], maintain_order=True)
        if not (met.left.height or met.right.height):
            return pairs.with_columns(_crowded=pl.lit(False))
        one, other = (side["row"].implode() for side in (met.left, met.right))
        return pairs.with_columns(_crowded=pl.col("row").is_in(one) | pl.col("row_right").is_in(other))

    def _notes(self, claims: Claims, crowded: Sequence[pl.Series], equal: tuple[Twins, Twins]) -> pl.DataFrame:
        """That the search was bounded, for each line that it left open for it."""
        words = f"search bounded by the pass {self.name}: too many candidates of one amount"
        notes = [claims.notes]
        for side, some, found in zip(SIDE.categories, crowded, equal, strict=True):
            rows = pl.Series("row", [row for one in some.to_list() for row in found.of(one).tolist()], dtype=pl.UInt32)
            taken = pl.concat([claims.pairs[side], claims.members_of(side)["row"]])
            left_open = rows.filter(~rows.is_in(taken.implode())).sort().to_frame()
            notes.append(left_open.select(pl.lit(side, SIDE).alias("side"), "row", words=pl.lit(words)))
        return pl.concat(notes)

    def _candidates(self, frame: pl.DataFrame) -> pl.DataFrame:
        dated = frame if self.undated else frame.drop_nulls("date")
        dated = dated.with_columns(_said="text")
        if self.vocabulary is not None:
            dated = dated.with_columns(text=spoken(dated))
        return dated.with_columns(_block=dated.select(*self.agree, "units", "currency").hash_rows(seed=4))

    def _near(self, pairs: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
        apart = (pl.col("date_right") - pl.col("date")).dt.total_days().cast(pl.Int64)
        same = [pl.col(name).eq_missing(pl.col(f"{name}_right")) for name in (*self.agree, "units", "currency")]
        near = pairs.with_columns(_days=apart).filter(
            *same, pl.col("_days").is_between(-self.before, self.after).fill_null(True)
        )
        if rejected.height:
            near = near.join(rejected, left_on=["row", "row_right"], right_on=["left", "right"], how="anti")
        return near

    def _doubt_words(self) -> pl.Expr:
        """What has points of doubt in a judged pair, joined by commas."""
        days = pl.col("_days")
        against = (days > 0) & (self.before > self.after) | (days < 0) & (self.before < self.after)
        apart = count_words(days.abs(), "day")
        order = pl.when(against).then(apart + " against the usual order").otherwise(apart + " apart")
        parts = [
            pl.col("_reference").replace_strict(_REFERENCE_DOUBT, default=None, return_dtype=pl.String),
            pl.when(days != 0).then(order).when(days.is_null()).then(pl.lit("a date missing")),
            pl.when(pl.col("_unlike") > NO_TEXT).then(pl.coalesce("_numbers", pl.lit("texts that share little"))),
            pl.when(pl.col("_unlike") == NO_TEXT).then(pl.lit("texts that say little")),
            pl.when("_once").then(pl.lit("one of them repeats a line of its own side")),
            pl.when("_rival").then(pl.lit("a line that is left over would do nearly as well")),
        ]
        return pl.concat_str(parts, separator=", ", ignore_nulls=True)

    def _numbers(self, pairs: pl.DataFrame) -> pl.Series:
        """In which check or invoice numbers the texts of the doubted pairs differ, in words, else null."""
        asked = (pairs["cost"] > self.confirm) & (pairs["_unlike"] > NO_TEXT)
        none = nothing_said(pairs.height)
        if self.vocabulary is None or not asked.any():
            return none
        some = pairs.filter(asked)
        return none.scatter(asked.arg_true(), other_numbers(self.vocabulary, some["_text"], some["_text_right"]))

    def _judged(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """The candidates with their doubt: left, right, cost, agreed; in a fixed order."""
        reference = relation_of(pairs["reference"], pairs["reference_right"], edits=self.edits)
        window = self.before, self.after
        twice = window[0] < window[1], window[1] < window[0]  # against the usual order, where the window is shorter
        cost = days_doubt(pairs["_days"], window, twice).fill_null(_MOST_FOR_DAYS) + pl.Series(
            _REFERENCE_COST[reference]
        )
        # Where both repeat a line of their own side they agree: an entry made every day on both is no doubt.
        copy = (pairs["_copy"] - pairs["_copy_right"]).abs()
        once = copy == _SAME_AGAIN
        cost += once.cast(pl.Int64) * COPY_COST
        unlike = pl.Series(np.zeros(pairs.height, dtype=np.int64))
        allowed, alike = pl.Series(np.ones(pairs.height, dtype=np.bool_)), reference == 0
        words = pl.Series(_REFERENCE_WORDS).gather(pl.Series(reference))
        if self.vocabulary is not None:
            score = score_pairs(self.vocabulary, pairs["text"], pairs["text_right"])
            known = ~np.isnan(score)
            shared = np.where(score < _NOTHING_SHARED, 0.0, np.nan_to_num(score))
            doubt = np.where(known, np.rint((1 - shared) * OTHER_TEXT), NO_TEXT)
            unlike = pl.Series(doubt.astype(np.int64))
            cost += unlike
            allowed = pl.Series(np.nan_to_num(score) >= self.least_text)
            if self.common is not None:
                others = pl.Series(known & (shared == 0) & (reference != 0))
                allowed &= ~(others & pairs["units"].is_in(self.common.implode()))
            worded = known & (score >= _ALIKE)
            vague = of_channel(self.vocabulary, (pairs["text"], pairs["text_right"]), worded & (score < 1))
            words += pl.Series(np.select([vague, worded], [", channel word", ", text"], ""))
            alike |= worded
        # Of a crowded line not every candidate was looked at: one that says nothing is as good as those.
        allowed &= ~pairs["_crowded"] | pl.Series(alike)
        agreed = ", ".join(["amount", *(name.removeprefix("key_") for name in self.agree)])
        judged = pl.DataFrame(
            {"left": pairs["row"], "right": pairs["row_right"], "cost": cost, "agreed": agreed + words}
            | {
                "_reference": pl.Series(reference),
                "_days": pairs["_days"],
                "_unlike": unlike,
                "_once": once,
                "_copy": copy,
            }
            | {"_block": pairs["_block"], "_alike": pl.Series(alike)}
            | {"_text": pairs["text"], "_text_right": pairs["text_right"]}
        )
        return judged.filter(allowed & (cost <= self.most)).sort("left", "right")

    def _claims(self, assigned: Assigned, judged: pl.DataFrame, lefts: Twins, rights: Twins) -> Claims:
        # What was judged of the first of some twins holds for each of them.
        pairs = as_judged(assigned.pairs, judged, lefts, rights)
        pairs = pairs.with_columns(pl.col("cost") - _later_cost())
        pairs = pairs.with_columns(
            _numbers=self._numbers(pairs), _rival=_least_rivals(pairs, assigned.ties, judged) < self.clear
        )
        doubted = (pairs["cost"] > self.confirm) | pairs["_rival"]
        kind = pl.when(doubted).then(pl.lit("suggestion")).otherwise(pl.lit("match"))
        doubts = pairs.filter(doubted).select("only a suggestion: " + self._doubt_words()).to_series()
        doubt = nothing_said(pairs.height).scatter(doubted.arg_true(), doubts)
        fallback = ", ".join(["amount", *(name.removeprefix("key_") for name in self.agree)])
        return claims_of(
            pairs.with_columns(kind=kind, words=joined([_twin_words(pairs, lefts, rights), doubt], "; ")).drop(
                "alternatives"  # another pairing of twins is no other reading
            ),
            assigned.ties,
            assigned.counts.with_columns(kind=pl.lit("ambiguous"), agreed=pl.lit(fallback), words=tie_words()),
        )


def days_doubt(days: pl.Series, window: tuple[int, int], twice: tuple[bool, bool] = (False, False)) -> pl.Series:
    """Points of doubt of the days between, negative ones being earlier; null where there is none.

    `window` and `twice` are of earlier and of later days: how many there may be, and whether they count double.
    """
    size = days.abs()
    earlier, later = (
        _one_way(size, width, DAY_COST * (1 + double)) for width, double in zip(window, twice, strict=True)
    )
    return earlier.zip_with((days < 0).fill_null(False), later)


def _one_way(size: pl.Series, width: int, a_day: int) -> pl.Series:
    steep = _STEEP // a_day
    if width * a_day <= _MOST_FOR_DAYS:
        return size * a_day
    return size.clip(upper_bound=steep) * a_day + (size.clip(lower_bound=steep) - steep) * (
        _MOST_FOR_DAYS - _STEEP
    ) // (width - steep)


def _with_copies(lines: pl.DataFrame) -> pl.DataFrame:
    """The lines with whether they say again what another said within days: 0, 1 under another document, 2 as it was."""
    said = lines.drop("_block", "text").rename({"_said": "text"})
    again = later_copies(said).cast(pl.Int64) + later_copies(said, but=("reference",)).cast(pl.Int64)
    return lines.with_columns(_copy=again)


def _later_cost() -> pl.Expr:
    return (pl.col("_copy") > 0) * LATER_COST


_SAME_AGAIN = 2


def _least_rivals(pairs: pl.DataFrame, ties: pl.DataFrame, judged: pl.DataFrame) -> pl.Series:
    """By how many points each pair (_left, _right: the first twins) is better than with a line that is left over.

    What is a mere copy is left over with good reason.
    """
    cost = pl.col("cost") + (pl.col("_copy") == _SAME_AGAIN) * LATER_COST
    rivals = [pl.repeat(NEVER + LATER_COST, pairs.height, dtype=pl.Int64, eager=True)]
    for mine, other in (("left", "right"), ("right", "left")):
        taken = pl.concat([pairs[f"_{other}"], ties.filter(side=other)["row"]])
        free = judged.filter(~pl.col(other).is_in(taken.implode())).group_by(mine).agg(_least=cost.min())
        rivals.append(pairs.join(free, left_on=f"_{mine}", right_on=mine, how="left", maintain_order="left")["_least"])
    return pl.select(pl.min_horizontal(*rivals)).to_series() - pairs.select(cost).to_series()


_NOTHING_SHARED = 0.25  # texts of a lower score have a channel word in common, or a syllable: they name two
_ALIKE = 0.6  # texts of this score and more agree, as far as words go
_REFERENCE_COST: NDArray[np.int64] = np.array([SAME_REFERENCE, MISSPELT_REFERENCE, NO_REFERENCE, OTHER_REFERENCE])
_REFERENCE_DOUBT = {1: "a misspelt reference", 2: "a reference missing", 3: "another reference"}
_REFERENCE_WORDS = [", reference", ", misspelt reference", "", ""]


def _twin_words(pairs: pl.DataFrame, lefts: Twins, rights: Twins) -> pl.Series:
    """Of pairs (_left, _right: the first twins) how many of the lines that are equal in every field were taken."""
    parts = []
    for side, found in (("left", lefts), ("right", rights)):
        if not found.rows:
            continue
        first = pl.col(f"_{side}")
        sizes = {at: len(rows) for at, rows in found.rows.items()}
        size = first.replace_strict(sizes, default=1, return_dtype=pl.Int64)
        told = pl.when(size > 1).then(pl.format(f"{{}} of {{}} on the {side}", pl.len().over(first), size))
        parts.append(pairs.select(told).to_series())
    return "equal lines paired in order: " + joined(parts, ", ") if parts else nothing_said(pairs.height)


def relation_of(left: pl.Series, right: pl.Series, *, edits: int) -> NDArray[np.int64]:
    """How two columns of normalised references relate, line by line: 0 same, 1 misspelt, 2 missing, 3 other.

    Misspelt is up to `edits` changes, or a cut that keeps most of it. Of short references other digits are
    another number: INV1003 is the neighbour of INV1001, not its misspelling.
    """
    relation = np.full(len(left), 3, dtype=np.int64)
    missing = (left.is_null() | right.is_null()).to_numpy()
    relation[missing] = 2
    equal = is_true(left == right).to_numpy()
    relation[equal] = 0
    unlike = np.flatnonzero(~missing & ~equal)
    if len(unlike):
        some = left.gather(unlike), right.gather(unlike)
        apart = cpdist(some[0].to_list(), some[1].to_list(), scorer=OSA.distance, score_cutoff=edits)
        both = pl.DataFrame({"l": some[0], "r": some[1]})
        one, other = pl.col("l"), pl.col("r")
        short = pl.min_horizontal(one.str.len_chars(), other.str.len_chars())
        long = pl.max_horizontal(one.str.len_chars(), other.str.len_chars())
        cut = (other.str.starts_with(one) | one.str.starts_with(other)) & (short >= _KEPT * long)
        same_digits = one.str.replace_all(r"\D", "") == other.str.replace_all(r"\D", "")
        tells = (short >= _LONG_REFERENCE) | (same_digits & (short > edits + 1))
        told = both.select(cut=cut & (short >= _SHORTEST_CUT), tells=tells)
        relation[unlike[((apart <= edits) & told["tells"].to_numpy()) | told["cut"].to_numpy()]] = 1
    return relation
