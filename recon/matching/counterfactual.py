"""Why a line stands alone: its nearest line on the other side, matched ones too, and what would have to differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.errors import DataError
from recon.matching.amounts import RELATIONS, Relation, amount_relation
from recon.matching.claims import KIND, Claims, join_sets
from recon.matching.closest import FEW_LINES, candidates, nearest_in_groups, preferred, ranks
from recon.matching.lines import KEY_PREFIX
from recon.matching.nearest import DAY_COST, NO_REFERENCE, OTHER_REFERENCE, SAME_REFERENCE
from recon.matching.reversed import says_undone
from recon.matching.wording import amount_words, count_words, date_words

COLUMNS: Final = ("cause", "nearest_id", "counterfactual")
NEAR_DAYS = 5  # how far around the line other amounts are looked for
TRAIT_DAYS = 10  # miswritten amounts
EQUAL_DAYS = 31  # the amount itself
DUPLICATE_DAYS = 3  # a copy made on Friday may stand on Monday

_TRAITS: tuple[Relation, ...] = ("equal", "transposition", "decimal_slip", "sign_flip")
_AMOUNT_COST = {"equal": 0, "transposition": 10, "decimal_slip": 20, "sign_flip": 20}
_OTHER_AMOUNT, _FAR_AMOUNT = 30, 60  # the second in proportion to the gap
_MOST_FOR_DAYS, _NO_DATE = 60, 15
_NO_WORDS, _OTHER_KEY, _CLAIMED, _OTHER_CURRENCY = 20, 20, 10, 60
_PART = 5  # of the larger amount: amounts nearer than a fifth are near under one name
_SAID = {
    "transposition": "two digits are swapped",
    "decimal_slip": "the decimal point slipped",
    "sign_flip": "the sign is the opposite",
}

_AT_ONCE = 30_000  # lines asked about, with some ten candidates each
_STANDING = {"match": "matched", "suggestion": "suggested", "ambiguous": "asked about"}


@dataclass(frozen=True)
class Standing:
    """One side after matching: its lines as passes see them, and where each stands.

    `is_open` marks the lines in no group; `group_of` names the group of rows, `kinds` says of each line what it
    is (match, suggestion, ambiguous; null for open lines). Only the lines that may say something are copied out.
    """

    lines: pl.DataFrame
    is_open: pl.Series
    group_of: Callable[[pl.Series], pl.Series]
    kinds: pl.Series

    def at(self, chosen: pl.Series, number: str) -> pl.DataFrame:
        """The chosen lines, numbered, with group and kind, the day as a whole number, and whether they are open."""
        day = pl.col("date").to_physical().cast(pl.Int64)
        lines = self.lines.filter(chosen)
        kind, is_open = self.kinds.filter(chosen), self.is_open.filter(chosen)
        numbered = lines.with_columns(match_id=self.group_of(lines["row"]), kind=kind, day=day, open=is_open)
        return numbered.with_columns(pl.int_range(pl.len(), dtype=pl.UInt32).alias(number))


def kinds_of(claims: Sequence[Claims], side: str, count: int) -> pl.Series:
    """The kind of the group of each of so many lines of a side, by row; null where no group has the line."""
    kinds: NDArray[np.uint8] = np.full(count, len(KIND.categories), dtype=np.uint8)
    members, sets = join_sets([one for one in claims if one.sets.height])
    of_sets = members.filter(pl.col("side") == side).join(sets.select("set", "kind"), on="set")
    told = [(one.pairs[side], one.pairs["kind"]) for one in claims if one.pairs.height]
    for rows, kind in (*told, (of_sets["row"], of_sets["kind"])):
        kinds[rows.to_numpy()] = kind.to_physical().to_numpy()
    names = pl.Series([*KIND.categories.to_list(), None], dtype=KIND)
    return names.gather(pl.Series(kinds))


def check_columns(side: str, columns: Iterable[str]) -> None:
    """Raises: DataError where a side has a column in which matching says why a line stands alone."""
    taken = [name for name in COLUMNS if name in [*columns]]
    if taken:
        raise DataError(
            "a side has columns that matching adds to what is left over: rename them", side=side, columns=taken
        )


def counterfactuals(mine: Standing, other: Standing, *, rejected: pl.DataFrame, scale: int) -> pl.DataFrame:
    """cause, nearest_id, counterfactual: one row per open line of `mine`, in its order.

    `cause` is duplicate (equals a line of its own side that stands in a group), reversal_unbooked (takes one
    back), transposition, decimal_slip, sign_flip, amount_other (one document or name, another amount), taken (its
    amount stands in a group already), other_day, near (only other fields differ, or none) or missing.
    `nearest_id` is a line of the other side, open or not; null where there is none. Lines are looked for under the
    same reference, the same amount, amounts with swapped digits, another point or sign, a rare word in common, and
    the nearest amount of every day within NEAR_DAYS. `rejected` (mine, other: rows) are pairs that people told
    apart: they are never offered. `scale` is the number of decimal places of the amounts.

    O((n + m) log m) time for n open lines against m lines.
    """
    asked = mine.at(mine.is_open, "asked")
    if not asked.height:
        return pl.DataFrame(
            schema={"cause": pl.String, "nearest_id": other.lines.schema["id"], "counterfactual": pl.String}
        )
    among = other.at(_may_tell(other, asked), "place")
    among = among.with_columns(ranks(among))
    apart = (
        rejected.join(asked.select("asked", mine="row"), on="mine")
        .join(among.select("place", "id", other="row"), on="other")
        .select("asked", "place", "id")
    )
    best = _best(asked, among, candidates(asked, among, days=NEAR_DAYS, apart=apart))
    shown = (
        asked.join(best, on="asked", how="left")
        .join(_told_apart(apart), on="asked", how="left")
        .join(_own_side(asked, mine.at(_may_repeat(mine, asked), "place")), on="asked", how="left")
        .sort("asked")
    )
    return _told(shown, scale)


def _told_apart(apart: pl.DataFrame) -> pl.DataFrame:
    """asked, apart: the lines that a person said do not belong with each line, in words."""
    name = pl.col("id").cast(pl.String)
    if not apart.height:
        return pl.DataFrame(schema={"asked": pl.UInt32, "apart": pl.String})
    named = apart.sort(name.str.len_chars(), name).group_by("asked").agg(name)
    words = pl.format("a person said that it does not belong with {}", pl.col("id").list.join(", "))
    return named.select("asked", apart=words)


def _may_tell(other: Standing, asked: pl.DataFrame) -> pl.Series:
    """The lines of the other side that may come near: of very many the open ones and those of one reference."""
    if other.lines.height <= FEW_LINES:
        return pl.repeat(True, other.lines.height, dtype=pl.Boolean(), eager=True)
    named = other.lines["reference"].is_in(asked["reference"].drop_nulls().implode())
    return other.is_open | named.fill_null(False)


def _may_repeat(mine: Standing, asked: pl.DataFrame) -> pl.Series:
    """The matched lines of the same side that equal an open one in what a copy would keep, or are taken back."""
    lines = mine.lines
    back = asked.filter(says_undone().is_not_null())["units"]
    alike = lines["units"].is_in((-back).implode())
    for same in ("reference", "text"):
        on = ("units", "currency", same)
        alike |= lines.select(on).hash_rows(seed=9).is_in(asked.select(on).hash_rows(seed=9).implode())
    return alike & ~mine.is_open


def _best(asked: pl.DataFrame, among: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The pair of least doubt of each line that has one: asked, the other line's columns, relation, days, named.

    Lines are looked at some at a time, so that memory holds the pairs of those alone.
    """
    keys = [name for name in asked.columns if name.startswith(KEY_PREFIX) and name in among.columns]
    starts = pl.Series(range(0, asked.height + _AT_ONCE, _AT_ONCE), dtype=pl.UInt32)
    cuts = pairwise(pairs["asked"].search_sorted(starts, "left").to_list())
    best = pl.concat([_least_doubt(asked, among, pairs[start:end], keys) for start, end in cuts])
    mine = asked.select(pl.col(keys).gather(best["asked"]))
    other = among.drop("place", "rank").select(pl.all().gather(best["place"]).name.suffix("_right"))
    other_keys = [pl.when(pl.col(key).ne_missing(pl.col(f"{key}_right"))).then(_key_words(key)) for key in keys]
    said = pl.concat_str(other_keys, separator=", ", ignore_nulls=True) if keys else pl.lit("")
    return best.drop("place").hstack(other).hstack(mine).with_columns(other_keys=said).drop(keys)


def _least_doubt(asked: pl.DataFrame, among: pl.DataFrame, pairs: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """asked, place, near, relation, days, document, named: of each line asked for the pair of least doubt."""
    compared = ("units", "day", "reference", "currency", *keys)
    one = asked.select(pl.col(compared).gather(pairs["asked"]))
    other = among.select(pl.col(*compared, "open", "rank").gather(pairs["place"]).name.suffix("_right"))
    both = pairs.hstack(one).hstack(other)
    left, right = both["units"].to_numpy(), both["units_right"].to_numpy()
    relation = pl.Series(RELATIONS).gather(amount_relation(left, right, relations=_TRAITS))
    gap, larger = (
        (pl.col("units") - pl.col("units_right")).abs(),
        pl.max_horizontal(pl.col("units", "units_right").abs()),
    )
    days = pl.col("day_right") - pl.col("day")
    document = pl.col("reference") == pl.col("reference_right")
    amount = pl.col("relation").replace_strict(_AMOUNT_COST, default=None).fill_null(
        _OTHER_AMOUNT + gap * _FAR_AMOUNT // larger
    )  # fmt: skip
    doubt = (
        amount
        + (days.abs() * DAY_COST).clip(upper_bound=_MOST_FOR_DAYS).fill_null(_NO_DATE)
        + pl.when(document).then(SAME_REFERENCE).when(document.is_null()).then(NO_REFERENCE).otherwise(OTHER_REFERENCE)
        + pl.when("named").then(0).otherwise(_NO_WORDS)
        + pl.when("open_right").then(0).otherwise(_CLAIMED)
        + pl.when(_is_other_currency()).then(_OTHER_CURRENCY).otherwise(0)
        + pl.sum_horizontal(pl.lit(0), *(pl.col(key).ne_missing(pl.col(f"{key}_right")) * _OTHER_KEY for key in keys))
    )
    weighed = both.with_columns(relation=relation, days=days).with_columns(
        doubt=doubt,
        document=document.fill_null(False),
        fifth=gap * _PART <= larger,
        other_key=pl.any_horizontal(pl.lit(False), *(pl.col(key).ne_missing(pl.col(f"{key}_right")) for key in keys)),
    )
    # Whatever is near comes first, so that "no open line of this amount" is true of what has nothing near.
    judged = weighed.with_columns(near=_is_near(), gap=gap).filter(pl.col("near") | ~_is_other_currency())
    # Of amounts that are not near one of another season says less than any about the day of the line.
    far = (pl.col("days").abs() > EQUAL_DAYS).fill_null(False) & ~pl.col("near")
    order = pl.when("near").then("doubt").otherwise("gap")
    ordered = judged.select("asked", "place", "near", "relation", "days", "document", "named")[
        judged.select(pl.arg_sort_by("asked", ~pl.col("near"), far, order, "doubt", "rank_right")).to_series()
    ]
    return ordered.unique("asked", keep="first", maintain_order=True)


def _is_other_currency() -> pl.Expr:
    """True where both currencies are named and differ, or one is not named."""
    return pl.col("currency").ne_missing(pl.col("currency_right"))


def _is_near() -> pl.Expr:
    days = pl.col("days").abs().fill_null(0)
    equal, none = pl.col("relation") == "equal", pl.col("relation") == "none"
    by_word = pl.col("named") & (days <= TRAIT_DAYS) & (~none | pl.col("fifth"))
    # In a large ledger somebody's matched line has nearly every amount: it tells nothing but close by.
    by_amount = equal & (days <= EQUAL_DAYS) & (pl.col("open_right") | ((days <= NEAR_DAYS) & ~pl.col("other_key")))
    near = pl.col("document") | by_amount | by_word
    # Nobody knows what an amount in another currency is worth; where one is not named, the same figure tells.
    unnamed = pl.col("currency").is_null() | pl.col("currency_right").is_null()
    same_figure = equal & unnamed & (pl.col("document") | ((days <= EQUAL_DAYS) & pl.col("open_right")))
    return pl.when(_is_other_currency()).then(same_figure).otherwise(near)


def _own_side(asked: pl.DataFrame, matched: pl.DataFrame) -> pl.DataFrame:
    """asked, own_cause, own_words: what a matched line of its own side says about an open line, if it does.

    One row per line that repeats a matched one (duplicate), or takes one back (reversal_unbooked).
    """
    nothing = pl.DataFrame(schema={"asked": pl.UInt32, "own_cause": pl.String, "own_words": pl.String})
    if not matched.height:
        return nothing
    matched = preferred(matched.with_columns(ranks(matched)))
    undoing = asked.filter(says_undone().is_not_null()).with_columns(units=-pl.col("units"))
    on = ("units", "currency")
    found = [_nearest_alike(asked, matched, (*on, same)) for same in ("reference", "text")]
    back = [_nearest_alike(undoing, matched, on), _nearest_alike(undoing, matched, (*on, "reference"))]
    if not any(alike.height for alike in (*found, *back)):
        return nothing
    apart, name = pl.col("day") - pl.col("day_right"), pl.col("id_right").cast(pl.String)
    other_document = (pl.col("reference") != pl.col("reference_right")).fill_null(False)
    both = pl.concat([pl.concat(found).with_columns(undoes=False), pl.concat(back).with_columns(undoes=True)]).unique()
    near = (
        pl.when("undoes")
        .then(apart.is_between(0, EQUAL_DAYS))
        .otherwise((apart.abs() <= DUPLICATE_DAYS) & ~other_document)
        .fill_null(True)
    )
    told = both.join(asked, on="asked").join(matched, on="place", suffix="_right").filter(near)
    line = pl.format("{}{}, which is {} ({})", name, _of_day("date_right"), _standing("kind_right"), "match_id_right")
    undone = pl.format("seems to take back {}: the other side lacks this", line)
    copied = pl.format("equals {}: entered twice, or its own counterpart is missing", line)
    best = told.sort("asked", "undoes", other_document, apart.abs(), name.str.len_chars(), name)
    return best.unique("asked", keep="first", maintain_order=True).select(
        "asked",
        own_cause=pl.when("undoes").then(pl.lit("reversal_unbooked")).otherwise(pl.lit("duplicate")),
        own_words=pl.when("undoes").then(undone).otherwise(copied),
    )


def _nearest_alike(asked: pl.DataFrame, matched: pl.DataFrame, on: tuple[str, ...]) -> pl.DataFrame:
    """asked, place: the matched line of the nearest day that equals each line in `on`, no null among them."""
    filled = [name for name in on if name != "currency"]
    return nearest_in_groups(asked.drop_nulls(filled), matched.drop_nulls(filled), on, value="day")


def _told(shown: pl.DataFrame, scale: int) -> pl.DataFrame:
    """The published columns, in the order of the lines."""
    known = pl.col("id_right").is_not_null()
    near, relation, taken = pl.col("near").fill_null(False), pl.col("relation"), pl.col("match_id_right").is_not_null()
    cause = (
        pl.when(pl.col("own_cause").is_not_null())
        .then("own_cause")
        .when(~near)
        .then(pl.lit("missing"))
        .when(relation == "none")
        .then(pl.lit("amount_other"))
        .when(relation != "equal")
        .then(relation)
        .when(taken)
        .then(pl.lit("taken"))
        .when(pl.col("days") != 0)
        .then(pl.lit("other_day"))
        .otherwise(pl.lit("near"))
    )
    mine, theirs = (amount_words(pl.col(name), scale=scale) for name in ("units", "units_right"))
    name = pl.col("id_right").cast(pl.String)
    standing, line = pl.col("_standing"), pl.col("_line")
    matched = pl.when(taken).then("it is " + standing)
    under = (
        pl.when("document")
        .then(pl.lit(" under the same reference"))
        .when("named")
        .then(pl.lit(" with a name in common"))
        .otherwise(pl.lit(""))
    )
    undated = pl.col("date").is_null() & pl.col("date_right").is_null()
    nothing = pl.when(undated).then(pl.lit("neither has a date")).otherwise(pl.lit("nothing that is compared differs"))
    differs = pl.when(pl.col("_differs") != "").then("_differs").otherwise(nothing)
    nearest = pl.format("nearest is {}{}: {}", line, under, differs)
    window = pl.when(pl.col("day").is_not_null()).then(pl.lit(f" within {EQUAL_DAYS} days")).otherwise(pl.lit(""))
    by_amount = pl.format("; nearest by amount is {}", line)
    also = pl.when(known).then(by_amount + pl.when(taken).then(", " + standing).otherwise(pl.lit("")))
    other = pl.when(pl.col("apart").is_null()).then(pl.lit("no open line")).otherwise(pl.lit("no other open line"))
    wanted = mine + pl.when(pl.col("currency").is_null()).then(pl.lit("")).otherwise(" " + pl.col("currency"))
    missing = pl.format("{} of {}{}", other, wanted, window) + also.otherwise(pl.lit(", nor any other to compare"))
    named = shown.with_columns(  # what two of the sentences say is put into words once
        _line=pl.format("{}{} over {}", name, _of_day("date_right"), theirs),
        _standing=pl.format("{} already ({})", _standing("kind_right"), "match_id_right"),
    ).with_columns(_differs=_differences(matched, scale))
    return named.select(
        cause=cause,
        nearest_id="id_right",
        counterfactual=pl.concat_str(
            pl.coalesce("own_words", pl.when(near).then(nearest).otherwise(missing)),
            "apart",
            separator="; ",
            ignore_nulls=True,
        ),
    )


def _standing(kind: str) -> pl.Expr:
    """What a line of a group of this kind is."""
    return pl.col(kind).cast(pl.String).replace_strict(_STANDING, default=None)


def _differences(matched: pl.Expr, scale: int) -> pl.Expr:
    """What would have to differ, joined by commas; empty if nothing."""
    off = amount_words((pl.col("units") - pl.col("units_right")).abs(), scale=scale)
    later = pl.when(pl.col("days") > 0).then(pl.lit(" later")).otherwise(pl.lit(" earlier"))
    one, two = pl.col("reference"), pl.col("reference_right")
    parts = [
        pl.when(pl.col("relation") == "none")
        .then(pl.format("its amount is off by {}", off))
        .otherwise(pl.col("relation").replace_strict(_SAID, default=None)),
        pl.when(pl.col("days") != 0).then(count_words(pl.col("days").abs(), "day") + later),
        _missing_date(),
        pl.when(one != two).then(pl.format("reference {} instead of {}", two, one)),
        _currency_words(),
        pl.when(pl.col("other_keys") != "").then(pl.col("other_keys")),
        matched,
    ]
    return pl.concat_str(parts, separator=", ", ignore_nulls=True)


def _missing_date() -> pl.Expr:
    """Which of the two lines has no date, where the other has one."""
    mine, theirs = pl.col("date").is_null(), pl.col("date_right").is_null()
    return (
        pl.when(mine & ~theirs)
        .then(pl.lit("it has no date"))
        .when(theirs & ~mine)
        .then(pl.lit("that line has no date"))
    )


def _currency_words() -> pl.Expr:
    mine, theirs = pl.col("currency"), pl.col("currency_right")
    return (
        pl.when(mine.is_null() & theirs.is_not_null())
        .then(pl.format("its currency is not named, that one is {}", theirs))
        .when(theirs.is_null() & mine.is_not_null())
        .then(pl.lit("that line names no currency"))
    )


def _key_words(key: str) -> pl.Expr:
    theirs, mine = (pl.col(name).cast(pl.String).fill_null("none") for name in (f"{key}_right", key))
    return pl.format(f"{key.removeprefix(KEY_PREFIX)} {{}} instead of {{}}", theirs, mine)


def _of_day(date: str) -> pl.Expr:
    return (" of " + date_words(pl.col(date))).fill_null("")
