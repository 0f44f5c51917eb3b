"""Claims as the published frames: what every group agrees on, how far apart it is, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.matching.claims import EVIDENCE, SIDE, Claims, claims_of, join_sets
from recon.matching.wording import CENTS, amount_said, amount_words, count_words

Rows = NDArray[np.uint32]
_GROUPS = (
    "match_id",
    "pass",
    "kind",
    "cause",
    "left_count",
    "right_count",
    "difference",
    "days_apart",
    "agreed",
    "alternatives",
    "alternatives_exact",
    "chance",
    "explanation",
)


class Groups:
    """The groups of an answer: named when this is made, told a stretch of the left side at a time.

    `left` and `right` have id, amount and, if they have it, date. A group is named by a line: `match_id` is M: and
    the least id of its left lines (MR: and of its right ones, where it has no left one), so that it stays the same
    whatever else is matched. `names` has the name of each line's group.
    """

    def __init__(self, claims: Sequence[tuple[str, Claims]], left: pl.DataFrame, right: pl.DataFrame) -> None:
        self._sides = _Side(left, right.schema["amount"]), _Side(right, left.schema["amount"])
        self._sets = _sets([(name, one) for name, one in claims if one.sets.height], *self._sides)
        self._claims = [(name, one) for name, one in claims if one.pairs.height]
        self.names = GroupNames(left, right)
        for _, one in self._claims:
            self.names.learn_pairs(one.pairs)
        if self._sets is not None:
            self.names.learn_lines(self._sets[1])

    def told(self) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
        """Matches (one row per line) and groups (one row per group), by the first line of the left side.

        They come in stretches, so that an answer larger than memory can be written on the way; there is one at least.
        """
        sides = self._sides
        pairs = [(name, _Stretches(one.pairs["left"]), one) for name, one in self._claims]
        pairs = pairs or [("", _Stretches(claims_of().pairs["left"]), claims_of())]  # for the columns
        for number in range(-(-max(sides[0].count + sides[1].count, 1) // _STRETCH)):
            some_heads, some_lines = _stretch(pairs, self._sets, sides, number)
            if number and some_heads.is_empty():
                continue
            named = some_heads.with_columns(match_id=_ids(some_heads, *sides))
            yield _members(some_lines, named["match_id"], sides), _explained(named)


_STRETCH = 250_000  # rows of the left side: columns of so few are told in memory that was used before


class _Stretches:
    """Where in a frame the rows of each stretch are, by the rows of the left side, in their order in the frame."""

    def __init__(self, rows: pl.Series) -> None:
        number = (rows.to_numpy() // _STRETCH).astype(np.uint16)
        self.order = np.argsort(number, kind="stable").astype(np.uint32)
        self.ends = np.cumsum(np.bincount(number, minlength=1))

    def of(self, frame: pl.DataFrame, number: int) -> pl.DataFrame:
        """The rows of one stretch."""
        if number >= len(self.ends):
            return frame.clear()
        start = self.ends[number - 1] if number else 0
        return frame[pl.Series(self.order[start : self.ends[number]])]


class GroupNames:
    """The group in which each line stands: two small numbers a line, made into a name where one is asked for."""

    def __init__(self, left: pl.DataFrame, right: pl.DataFrame) -> None:
        self._ids = {"left": left["id"], "right": right["id"]}
        self._named = {side: np.zeros(ids.len(), dtype=np.uint32) for side, ids in self._ids.items()}
        self._by_left = {side: np.zeros(ids.len(), dtype=np.bool_) for side, ids in self._ids.items()}
        self._known = {side: np.zeros(ids.len(), dtype=np.bool_) for side, ids in self._ids.items()}

    def learn_pairs(self, pairs: pl.DataFrame) -> None:
        """Remember that the group of both lines of each pair is named after its left line."""
        left, right = pairs["left"].to_numpy(), pairs["right"].to_numpy()
        self._learn("left", left, left, by_left=True)
        self._learn("right", right, left, by_left=True)

    def learn_lines(self, lines: pl.DataFrame) -> None:
        """Remember after which line the group of each of these is named."""
        for side in self._ids:
            mine = lines.filter(pl.col("side") == side)
            self._learn(side, *(mine[name].to_numpy() for name in ("row", "named")), by_left=mine["by_left"].to_numpy())

    def _learn(self, side: str, rows: Rows, named: Rows, *, by_left: NDArray[np.bool_] | bool) -> None:
        self._named[side][rows] = named
        self._by_left[side][rows] = by_left
        self._known[side][rows] = True

    def of(self, side: str, rows: pl.Series) -> pl.Series:
        """The match_id of each of these lines of a side; null where it is open."""
        at = rows.to_numpy()
        known, by_left = self._known[side][at], self._by_left[side][at]
        named = pl.Series(self._named[side][at])
        left, right = (named.set(pl.Series(~(known & mine)), None) for mine in (by_left, ~by_left))
        first, second = self._ids["left"].gather(left), self._ids["right"].gather(right)
        return _prefixed(first, second, pl.Series(by_left))


def _stretch(
    claims: Sequence[tuple[str, _Stretches, Claims]],
    sets: tuple[pl.DataFrame, pl.DataFrame] | None,
    sides: tuple[_Side, _Side],
    number: int,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """What the groups say whose place is in one stretch, in order, and their lines."""
    here = pl.col("order").is_between(number * _STRETCH, (number + 1) * _STRETCH - 1)
    heads, lines = [], []
    for name, stretches, one in claims:
        some_heads, some_lines = _pairs(stretches.of(one.pairs, number), *sides)
        heads.append(some_heads.with_columns(pl.lit(name).alias("pass")))
        lines.append(some_lines)
    if sets is not None:
        heads.append(sets[0].filter(here))
        lines.append(sets[1].filter(here))
    return pl.concat(heads).sort("order"), pl.concat(lines)


# A line of the answer before anything is looked up: the place of its group, its side and row, and the line
# after which the group is named. Rows are numbers, so that twenty million of them sort in little memory.
_LINE = {"order": pl.UInt64(), "side": SIDE, "row": pl.UInt32(), "named": pl.UInt32(), "by_left": pl.Boolean()}


class _Side:
    """The columns of one side that evidence shows, by row."""

    def __init__(self, frame: pl.DataFrame, kind: pl.DataType) -> None:
        self.count = frame.height
        # A side without rows may have amounts of no type: they take that of the other side.
        amount = frame["amount"].cast(kind) if frame.schema["amount"] == pl.Null else frame["amount"]
        self.columns = {"id": frame["id"], "amount": amount, "date": _dates(frame)}

    def at(self, rows: pl.Series, name: str) -> pl.Series:
        """The column at these rows; null for null."""
        return self.columns[name].gather(rows)


def _dates(frame: pl.DataFrame) -> pl.Series:
    known = "date" in frame.columns and frame.schema["date"] != pl.Null
    return frame["date"] if known else pl.repeat(None, frame.height, dtype=pl.Date(), eager=True)


def _members(lines: pl.DataFrame, match_ids: pl.Series, sides: tuple[_Side, _Side]) -> pl.DataFrame:
    """match_id, side, id, amount: one row per claimed line, the groups in order, left lines first."""
    # One number sorts faster than three columns; the lines of each side are in the order of rows already.
    place = lines.select(pl.col("order") * 2 + pl.col("side").to_physical()).to_series()
    ordered = lines.select("order", "side", "row")[place.arg_sort()]
    # The groups stand in the same order, so that a name is made once and looked up by its number.
    group = ordered.select((pl.col("order") != pl.col("order").shift(1)).fill_null(False).cum_sum()).to_series()
    return ordered.select(
        match_id=match_ids.gather(group),
        side="side",
        id=_either(ordered, "row", pl.col("side") == "left", sides, "id"),
        amount=_either(ordered, "row", pl.col("side") == "left", sides, "amount"),
    )


def _either(lines: pl.DataFrame, row: str, is_left: pl.Expr, sides: tuple[_Side, _Side], name: str) -> pl.Series:
    """The column of whichever side each row is of."""
    mine = lines.select(
        left=pl.when(is_left).then(pl.col(row)), right=pl.when(~is_left).then(pl.col(row)), is_left=is_left
    )
    first, second = (side.at(mine[name_], name) for side, name_ in zip(sides, ("left", "right"), strict=True))
    return first.zip_with(mine["is_left"], second)


def _ids(lines: pl.DataFrame, left: _Side, right: _Side) -> pl.Series:
    named = lines.select(
        left=pl.when("by_left").then("named"), right=pl.when(~pl.col("by_left")).then("named"), by_left="by_left"
    )
    return _prefixed(left.at(named["left"], "id"), right.at(named["right"], "id"), named["by_left"])


def _prefixed(left: pl.Series, right: pl.Series, by_left: pl.Series) -> pl.Series:
    """Names of groups: M: and a left id, MR: and a right one, since both sides may use the same ids."""
    if by_left.all():
        return "M:" + left.cast(pl.String)
    return ("M:" + left.cast(pl.String)).zip_with(by_left, "MR:" + right.cast(pl.String))


def _pairs(pairs: pl.DataFrame, left: _Side, right: _Side) -> tuple[pl.DataFrame, pl.DataFrame]:
    amounts = left.at(pairs["left"], "amount"), right.at(pairs["right"], "amount")
    days = right.at(pairs["right"], "date") - left.at(pairs["left"], "date")
    placed = pairs.with_columns(order=pl.col("left").cast(pl.UInt64), named=pl.col("left"), by_left=pl.lit(True))
    lines = [
        placed.select("order", pl.lit(name, SIDE).alias("side"), pl.col(name).alias("row"), "named", "by_left")
        for name in ("left", "right")
    ]
    heads = placed.select(
        "order",
        "named",
        "by_left",
        *EVIDENCE,
        left_count=pl.lit(1, pl.UInt32),
        right_count=pl.lit(1, pl.UInt32),
        difference=amounts[0] - amounts[1],
        amounts=_amounts_that_differ(*amounts),
        days_apart=days.dt.total_days().cast(pl.Int32),
    )
    return heads, pl.concat(lines).cast(_LINE)  # type: ignore[arg-type]


def _sets(named: Sequence[tuple[str, Claims]], left: _Side, right: _Side) -> tuple[pl.DataFrame, pl.DataFrame] | None:
    """What all sets say of themselves, and their lines; None where there are none."""
    if not named:
        return None
    every, sets = join_sets([one for _, one in named])
    parts = []
    for name, side in (("left", left), ("right", right)):
        mine = every.filter(every["side"] == name)
        shown = {column: side.at(mine["row"], column) for column in ("id", "amount", "date")}
        parts.append(mine.with_columns(**shown))
    members = pl.concat(parts)
    is_left = pl.col("side") == "left"
    row, has_left = pl.col("row").cast(pl.UInt64), is_left.any()
    least = pl.col("row").sort_by("id")
    # One-sided groups of the right stand after everything that has a left line.
    order = pl.when(has_left).then(row.filter(is_left).min()).otherwise(row.min() + left.count)
    day = pl.col("date")
    spans = (
        (day.filter(~is_left).max() - day.filter(is_left).min()),
        (day.filter(~is_left).min() - day.filter(is_left).max()),
    )
    late, early = (span.dt.total_days() for span in spans)
    heads = members.group_by("set").agg(
        order=order,
        named=pl.when(has_left).then(least.filter(is_left.sort_by("id")).first()).otherwise(least.first()),
        by_left=has_left,
        left_count=is_left.sum().cast(pl.UInt32),
        right_count=(~is_left).sum().cast(pl.UInt32),
        difference=pl.col("amount").filter(is_left).sum() - pl.col("amount").filter(~is_left).sum(),
        days_apart=pl.when(late.abs() >= early.abs()).then(late).otherwise(early).cast(pl.Int32),
    )
    lines = members.join(heads.select("set", "order", "named", "by_left"), on="set").sort("row").select(*_LINE)
    whole = heads.join(sets, on="set")
    whole = whole.with_columns(
        pl.col("difference").cast(_difference_type(left, right)),
        pl.Series("pass", [name for name, _ in named])[whole["part"]],
        amounts=pl.lit(None, pl.String),
    )
    columns = (
        "order",
        "named",
        "by_left",
        *EVIDENCE,
        "left_count",
        "right_count",
        "difference",
        "amounts",
        "days_apart",
        "pass",
    )
    return whole.select(columns), lines.cast(_LINE)  # type: ignore[arg-type]


def _amounts_that_differ(left: pl.Series, right: pl.Series) -> pl.Series:
    """Both amounts of a pair in words, null where they are equal."""
    unlike = left != right
    both = zip(left.filter(unlike), right.filter(unlike), strict=True)
    words = [f"{amount_said(one)} stands as {amount_said(other)}" for one, other in both]
    found = pl.repeat(None, left.len(), dtype=pl.String(), eager=True)
    return found.scatter(unlike.arg_true(), words) if words else found


def _difference_type(left: _Side, right: _Side) -> pl.DataType:
    return (left.columns["amount"].head(0) - right.columns["amount"].head(0)).dtype


def _off(kind: pl.DataType) -> pl.Expr:
    """The difference as accountants write it; whole numbers are cents."""
    scale = kind.scale if isinstance(kind, pl.Decimal) else CENTS
    return amount_words(pl.col("difference").to_physical(), scale=scale)


def _explained(heads: pl.DataFrame) -> pl.DataFrame:
    """The published columns, with the sentence that each group says about itself."""
    many = (pl.col("left_count") > 1) | (pl.col("right_count") > 1)
    one_sided = (pl.col("left_count") == 0) | (pl.col("right_count") == 0)
    agreed = pl.col("agreed").fill_null("")
    apart = pl.col("days_apart").abs().cast(pl.String) + pl.when(pl.col("days_apart").abs() == 1).then(
        pl.lit(" day apart")
    ).otherwise(pl.lit(" days apart"))
    sure = pl.col("kind") != "ambiguous"
    parts = [
        pl.when(agreed != "").then("same " + agreed),
        pl.when(one_sided)
        .then(count_words(pl.max_horizontal("left_count", "right_count"), "line") + " of one side")
        .when(many)
        .then(pl.format("{} against {} lines", "left_count", "right_count")),
        pl.when(sure & (pl.col("days_apart") != 0)).then(apart),
        pl.when(sure).then(pl.col("amounts")),
        pl.when(sure & (pl.col("difference") != 0)).then("off by " + _off(heads.schema["difference"])),
        pl.when(pl.col("cause").is_not_null()).then(pl.col("cause").str.replace_all("_", " ")),
        pl.col("words"),
        pl.when(sure & (pl.col("alternatives") > 0)).then(
            pl.format(
                "{}{} other readings do as well",
                pl.when("alternatives_exact").then(pl.lit("")).otherwise(pl.lit("at least ")),
                "alternatives",
            )
        ),
        pl.when(~sure & (pl.col("difference") != 0)).then(pl.lit("the difference is that of all its lines together")),
    ]
    return heads.with_columns(explanation=pl.concat_str(parts, separator="; ", ignore_nulls=True)).select(_GROUPS)
