"""Passes within one side: a line and its void, reversal or return, of which the other side knows nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import with_config

from recon.matching.allowed import Count, Days, Name, Share, Sides, Switch, UndatedColumns
from recon.matching.assignment import Assigned, Twins, as_judged, assign_pairs, twins
from recon.matching.blocks import blocked_pairs, count_near
from recon.matching.claims import SIDE, STRICT, Claims, Open, claims_of, join_claims
from recon.matching.nearest import NEVER
from recon.matching.numbers import numbers_in_text, numbers_of
from recon.matching.texts import Vocabulary, learn, score_pairs
from recon.matching.wording import tie_words

RETURNED_WORDS: Final = (
    "NSF", "INSUFFICIENT", "RETURN", "RETURNED", "RTN", "RETN", "RTND", "RTD", "BOUNCED", "DISHONOR", "DISHONOUR",
    "DISHONORED", "DISHONOURED", "UNPAID",
)  # fmt: skip
REVERSED_WORDS: Final = (
    "VOID", "VOIDED", "VOIDS", "REVERSAL", "REVERSED", "REVERSE", "REVERSES", "REVERSING", "REV", "RVSL", "CANCEL",
    "CANCELED", "CANCELLED", "CANCELLATION", "CORRECTION", "CORRECTED", "CORRECTS", "CORR", "STORNO",
)  # fmt: skip

# Points of doubt; NEVER, 120, is the doubt of leaving both lines alone.
DAY_COST, MOST_FOR_DAYS, NO_DATE = 2, 50, 15
SAME_DOCUMENT, SAME_TEXT, NO_WORDS = 0, 10, 45
OTHER_DOCUMENT = 30
NO_MARK = 20  # neither line says that it is a void or a return
_MOST_IN_BLOCK = 100_000
_SHORTEST_REFERENCE = 3
_AFFIX = "VOIDED|VOID|REVERSAL|REV|CORR|NSF|RTN|V|R|X"
_BARE = rf"^(?:{_AFFIX})?(.*?\d.*?)(?:{_AFFIX})?$"


@with_config(STRICT)
@dataclass(frozen=True)
class Reversed:
    """Pairs of opposite amounts on one side that cancel, where the other side has no line left for either.

    The lines agree on currency and the columns of `agree` and are at most `days` days apart; a line that says
    that it is a void or a return is never the earlier one. They share their reference (but for V, VOID, R, NSF
    and the like before or behind it; or it stands in the text of the other), or their texts agree (`least_text`
    and more, words of reversal left out), or one of them says that it undoes something. Pairs of one document,
    and pairs of one text of which one line says so, are matches; the others are suggestions.

    Two references that name two documents make it a suggestion at most; a line whose text names the number of
    another document of the same form takes back no other. With `named` only pairs of one document of which one
    line says what it is are taken: so sure a void may be told before the other side claims what it takes back.

    A line whose document the other side names for the same amount is not taken, nor one that the other side
    could claim: the open lines of its amount within `days` must outnumber those of the other side.
    Works on each of `sides` by itself: the groups
    have lines of one side only. The pairs of least doubt in total are claimed; several readings within
    `margin` points are ambiguous. The cause is `returned` where a line speaks of a return, else `reversed_pair`.

    Time and memory grow with the pairs of opposite amounts; more than 100,000 pairs of one amount are left.
    """

    name: Name
    days: Days
    agree: UndatedColumns = ()
    sides: Sides = ("left", "right")
    least_text: Share = 0.6
    margin: Count = 5
    named: Switch = False
    vocabulary: Vocabulary | None = None  # learned from all open lines

    def learned(self, lines: Open) -> Reversed:
        """The pass with the words of both sides, those of reversals left out."""
        if self.named or not any(_have_opposites(getattr(lines, side)).any() for side in self.sides):
            return replace(self, agree=lines.spelled(self.agree))
        left, right = (frame.select(_plain_text()).to_series() for frame in (lines.left, lines.right))
        return replace(self, agree=lines.spelled(self.agree), vocabulary=learn(left, right))

    def find(self, lines: Open) -> Claims:
        """The pairs that cancel, side by side."""
        frames = {"left": (lines.left, lines.right), "right": (lines.right, lines.left)}
        return join_claims([self._within(side, *frames[side]) for side in self.sides])

    def _within(self, side: str, mine: pl.DataFrame, other: pl.DataFrame) -> Claims:
        """The groups of one side."""
        mine = mine.filter(_have_opposites(mine))  # no other line can be one of a pair
        if mine.is_empty():
            return claims_of()
        other = other.filter(pl.col("units").is_in(mine["units"].implode()))  # nor another claim one
        spare = _spare(mine, other, self._base, self.days)
        free = mine.filter(pl.Series(spare > 0)).join(_documented(mine, other, self._base), on="row", how="anti")
        if not _have_opposites(free).any():
            return claims_of()
        shown = free.with_columns(_plain_text(), _mark=says_undone(), _spoken=_spoken(), _size=pl.col("units").abs())
        none = pl.Series([], dtype=pl.UInt32)
        above, below = (twins(shown.filter(pl.col("units").sign() == sign), none) for sign in (1, -1))
        judged = self._judged(self._candidates(above.first, below.first))
        assigned = assign_pairs(judged.select("left", "right", "cost"), above, below, limit=NEVER, margin=self.margin)
        assigned = _within_spare(assigned, mine, spare, self._base, self.days)
        members, sets = _as_sets(assigned, judged, (above, below), mine)
        return claims_of(members=members.with_columns(pl.lit(side, SIDE).alias("side")), sets=sets)

    @property
    def _base(self) -> tuple[str, ...]:
        return (*self.agree, "currency")

    def _candidates(self, above: pl.DataFrame, below: pl.DataFrame) -> pl.DataFrame:
        """Pairs of opposite amounts within the days, of which none undoes a later line."""
        on = ("_size", *self._base)
        left, right = (frame.with_columns(_key=frame.select(on).hash_rows(seed=6)) for frame in (above, below))
        pairs = blocked_pairs(left, right, "_key", most=_MOST_IN_BLOCK).pairs
        gap = (pl.col("date_right") - pl.col("date")).dt.total_days()
        marked, marked_right = pl.col("_mark").is_not_null(), pl.col("_mark_right").is_not_null()
        in_order = pl.when(marked).then(gap <= 0).when(marked_right).then(gap >= 0).otherwise(pl.lit(True))
        return pairs.with_columns(_days=gap.abs(), _gap=gap).filter(
            *(pl.col(name).eq_missing(pl.col(f"{name}_right")) for name in on),
            in_order.fill_null(True),
            (pl.col("_days") <= self.days).fill_null(True),
            ~(marked & marked_right),
        )

    def _judged(self, pairs: pl.DataFrame) -> pl.DataFrame:
        """The candidates that something carries, one row a pair: left (above zero), right (below), cost, evidence."""
        document = pairs.select(_is_one_document()).to_series().to_numpy()
        score = np.full(pairs.height, np.nan)
        if self.vocabulary is not None:
            score = score_pairs(self.vocabulary, pairs["_text"], pairs["_text_right"])
        alike = np.nan_to_num(score) >= self.least_text
        mark = pairs["_mark"].fill_null(pairs["_mark_right"])
        marked = mark.is_not_null().to_numpy()
        days = (pairs["_days"] * DAY_COST).clip(upper_bound=MOST_FOR_DAYS).fill_null(NO_DATE).to_numpy()
        apart = (pairs["reference"].is_not_null() & pairs["reference_right"].is_not_null()).to_numpy() & ~document
        words = np.select([document, alike], [SAME_DOCUMENT, SAME_TEXT], NO_WORDS) + apart * OTHER_DOCUMENT
        judged = pairs.select(
            left="row", right="row_right", cause=pl.when(pl.Series(mark == "returned")).then(pl.lit("returned"))
            .otherwise(pl.lit("reversed_pair")), undoes=_undoes(), days="_days",
        ).with_columns(
            pl.Series("cost", days + words + np.where(marked, 0, NO_MARK)),
            pl.Series("sure", document | (alike & marked & ~apart)),
            agreed=pl.when(pl.Series(document)).then(pl.lit("reference")).when(pl.Series(alike)).then(pl.lit("text")),
        )  # fmt: skip
        # Without a date nobody knows which came first: such a pair needs the document.
        carried = document | ((alike | marked) & pairs["_days"].is_not_null().to_numpy())
        carried &= ~pairs.select(_names_another()).to_series().to_numpy()
        if self.named:
            carried = document & marked
        return judged.filter(pl.Series(carried)).sort("left", "right")


def _have_opposites(lines: pl.DataFrame) -> pl.Series:
    """True for each line whose amount stands on the other side of zero too."""
    units = lines["units"].to_numpy()
    above, below = units[units > 0], -units[units < 0]
    return pl.Series(np.isin(np.abs(units), np.intersect1d(above, below)))


@cache
def says_undone() -> pl.Expr:
    """returned or reversed where the line says so in its text or reference, else null."""
    returned, undone = (rf"(?i)\b(?:{'|'.join(words)})\b" for words in (RETURNED_WORDS, REVERSED_WORDS))
    text, reference = pl.col("text").fill_null(""), pl.col("reference").fill_null("")
    return (
        pl.when(text.str.contains(returned) | reference.str.contains(r"^(?:NSF|RTN)|(?:NSF|RTN)$"))
        .then(pl.lit("returned"))
        .when(text.str.contains(undone) | reference.str.contains(r"^(?:VOID|REV)|(?:VOID|VOIDED|REV)$"))
        .then(pl.lit("reversed"))
    )


@cache
def _plain_text() -> pl.Expr:
    """The text without what says that it is a void or a return."""
    words = "|".join((*RETURNED_WORDS, *REVERSED_WORDS))
    text = pl.col("text").str.replace_all(rf"(?i)\b(?:{words})\b", " ").str.strip_chars()
    return pl.when(text != "").then(text).alias("_text")


@cache
def _spoken() -> pl.Expr:
    """The words of the text that hold digits, as references are compared."""
    words = pl.col("text").fill_null("").str.to_uppercase().str.extract_all(r"[\p{L}\p{N}-]*\p{Nd}[\p{L}\p{N}-]*")
    return words.list.eval(pl.element().str.replace_all("-", "").str.replace(r"^0+(\d+)$", "$1"))


@cache
def _is_one_document() -> pl.Expr:
    """True where the two references of a pair are one, or the text of one line names the other's."""
    one, two = pl.col("reference"), pl.col("reference_right")
    bare, bare_two = (name.str.extract(_BARE) for name in (one, two))
    named = pl.col("_spoken").list.contains(two) & (two.str.len_chars() >= _SHORTEST_REFERENCE)
    named_two = pl.col("_spoken_right").list.contains(one) & (one.str.len_chars() >= _SHORTEST_REFERENCE)
    bare_equal = (bare == bare_two) & (bare.str.len_chars() >= _SHORTEST_REFERENCE)
    # Two references that differ are two documents, whatever the texts say.
    apart = one.is_not_null() & two.is_not_null()
    either = (one == two).fill_null(False) | bare_equal.fill_null(False)
    return either | (~apart & (named.fill_null(False) | named_two.fill_null(False)))


@cache
def _names_another() -> pl.Expr:
    """True where the text of the line that undoes names a document of the other's form, and not the other's."""

    def names(spoken: str, reference: str) -> pl.Expr:
        forms = pl.col(spoken).list.eval(_form(pl.element()))
        of_form = forms.list.contains(_form(pl.col(reference))) & ~pl.col(spoken).list.contains(pl.col(reference))
        return of_form & (pl.col(reference).str.len_chars() >= _SHORTEST_REFERENCE)

    above = pl.col("_mark").is_not_null() & names("_spoken", "reference_right")
    below = pl.col("_mark_right").is_not_null() & names("_spoken_right", "reference")
    return above.fill_null(False) | below.fill_null(False)


def _form(document: pl.Expr) -> pl.Expr:
    return document.str.replace_all(r"\p{Nd}", "9").str.replace_all(r"\p{L}", "A")


@cache
def _undoes() -> pl.Expr:
    """True where the line above zero undoes the one below, False the other way, null where nobody knows."""
    return (
        pl.when(pl.col("_mark").is_not_null())
        .then(True)
        .when(pl.col("_mark_right").is_not_null())
        .then(False)
        .when(pl.col("_gap") != 0)
        .then(pl.col("_gap") < 0)
    )


def _takes_back(lines: pl.DataFrame, pairs: pl.DataFrame) -> pl.Series:
    """Which line undoes which after how many days, in words, one sentence a pair."""
    ids = dict(zip(lines["row"], lines["id"], strict=True))
    sentences = []
    for above, below, undoes, days in pairs.select("left", "right", "undoes", "days").iter_rows():
        first, second = (ids[above], ids[below]) if undoes in (True, None) else (ids[below], ids[above])
        after = "" if days is None else " on the same day" if days == 0 else f" after {days} day{'s' * (days != 1)}"
        sentences.append(f"{first} and {second} cancel" if undoes is None else f"{first} takes back {second}{after}")
    return pl.Series(sentences, dtype=pl.String)


def _spare(mine: pl.DataFrame, other: pl.DataFrame, base: tuple[str, ...], days: int) -> NDArray[np.int64]:
    """How many of the lines of one amount the other side cannot claim, by line."""
    on = (*base, "units")
    documented = mine["reference"].is_not_null().to_numpy()
    unnamed = count_near(mine, other.filter(pl.col("reference").is_null()), on, days=days)
    named = other.filter(pl.col("reference").is_not_null())
    # A line under another document is no counterpart.
    counterparts = unnamed + np.where(
        documented, count_near(mine, named, (*on, "reference"), days=days), count_near(mine, named, on, days=days)
    )
    spare: NDArray[np.int64] = count_near(mine, mine, on, days=days) - counterparts
    return spare


def _documented(mine: pl.DataFrame, other: pl.DataFrame, base: tuple[str, ...]) -> pl.DataFrame:
    """row: the lines whose document a line of the other side names for the same amount."""
    on = [*base, "units", "number"]
    named = pl.concat([numbers_of(other).select(on), numbers_in_text(other).select(on)])
    return numbers_of(mine).join(named, on=on, how="semi", nulls_equal=True).select("row").unique()


def _within_spare(
    assigned: Assigned, mine: pl.DataFrame, spare: NDArray[np.int64], base: tuple[str, ...], days: int
) -> Assigned:
    """The pairs without those of an amount of which more lines would be taken than can be spared."""
    pairs = assigned.pairs
    at = np.searchsorted(mine["row"].to_numpy(), np.concatenate([pairs["left"], pairs["right"]]))
    taken = mine[at.astype(np.int64)]
    short = count_near(taken, taken, (*base, "units"), days=days) > spare[at.astype(np.int64)]
    over = short[: pairs.height] | short[pairs.height :]
    return replace(assigned, pairs=pairs.filter(pl.Series(~over)))


def _as_sets(
    assigned: Assigned, judged: pl.DataFrame, signs: tuple[Twins, Twins], lines: pl.DataFrame
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Each pair, and each tie, as a set of lines: members and sets."""
    pairs = as_judged(assigned.pairs, judged, *signs)
    pairs = pairs.sort("left").with_row_index("set", assigned.counts.height)
    ties = assigned.counts.with_columns(
        kind=pl.lit("ambiguous"),
        cause=pl.lit("reversed_pair"),
        words=tie_words(),
    )
    kind = pl.when("sure").then(pl.lit("match")).otherwise(pl.lit("suggestion"))
    sets = pairs.with_columns(kind=kind, words=_takes_back(lines, pairs)).drop("alternatives")
    members = [pairs.select("set", row=name) for name in ("left", "right")] + [assigned.ties.select("set", "row")]
    return pl.concat(members), pl.concat([claims_of(sets=ties).sets, claims_of(sets=sets).sets])
