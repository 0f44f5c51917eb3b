"""`match`: two frames of lines through ordered passes; every line ends in one group or in a residue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Literal, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.errors import check
from recon.matching.at_once import at_once, both
from recon.matching.chosen import DECIDED, GONE, chosen_claims, gone_lines, rejected_rows
from recon.matching.claims import SIDE, Claims, LearningPass, Open, Pass, join_claims, sets_count, told_apart
from recon.matching.config import passes_for
from recon.matching.counterfactual import Standing, check_columns, counterfactuals, kinds_of
from recon.matching.evidence import Groups
from recon.matching.explained import explain_line
from recon.matching.lines import is_known, key_columns, scale_of, working_lines
from recon.matching.placeholders import noted, placeholders, without
from recon.matching.wording import CENTS

PARTITION_LINES = 4_000_000  # open lines of both sides that one partition holds at most, about
_CLAIMED = {"side": SIDE, "row": pl.UInt32(), "group": pl.UInt32(), "pass": pl.String()}
_NONE_CLAIMED = pl.DataFrame(schema=_CLAIMED)


class Runner(Protocol):
    """Runs a pass over its partitions, here or elsewhere; the claims come back in the partitions' order."""

    def run(self, one: Pass, partitions: Iterator[Open]) -> list[Claims]:
        """The claims of each partition."""
        ...

    @property
    def partition_lines(self) -> int:
        """How many open lines one partition holds at most, about."""
        ...


@dataclass(frozen=True)
class InProcess:
    """One partition after the other, in this process."""

    partition_lines: int = PARTITION_LINES

    def run(self, one: Pass, partitions: Iterator[Open]) -> list[Claims]:
        """The claims of each partition."""
        return [one.find(partition) for partition in partitions]


@dataclass(frozen=True)
class Matched:
    """What matching found. Amounts keep the type in which they came, `difference` is left less right.

    `matches`: one row per matched line: match_id, side (left, right), id, amount; by group.
    `groups`: one row per group: match_id, pass, kind (match, suggestion, ambiguous), cause (what differs, or
    null), left_count, right_count, difference (of an ambiguous group that of all its lines, of which a reading
    may hold a few), days_apart (right less left, the farthest; null without dates),
    agreed, alternatives, alternatives_exact, chance, explanation.
    `residue_left`, `residue_right`: the lines of each side that stand in no group, as they came, with the
    reason: cause, nearest_id (on the other side) and counterfactual, in words. The cause is one that
    `counterfactuals` names, or sum_unsure: it would be missing, but for a set that may be an accident.
    `gone`: one row per line that a decision names and its side has no more: decision (decided, rejected),
    match_id (of a group), side, id, and in words that the decision was not applied.
    """

    matches: pl.DataFrame
    groups: pl.DataFrame
    residue_left: pl.DataFrame
    residue_right: pl.DataFrame
    gone: pl.DataFrame = field(default_factory=lambda: pl.DataFrame(schema=GONE))

    def explain(self, line_id: object, side: Literal["left", "right"] | None = None) -> str:
        """Where a line stands and why, in a sentence for a controller; `side` where both have the id.

        Raises: DataError for an id that no side has, or that both have.
        """
        return explain_line(self.matches, self.groups, (self.residue_left, self.residue_right), line_id, side)


class Answer(Protocol):
    """Where the matches and groups go, a stretch of the left side at a time."""

    def add(self, matches: pl.DataFrame, groups: pl.DataFrame) -> None:
        """Take the next rows of both."""
        ...

    def end(self) -> None:
        """No more rows will come."""
        ...


class _Held:
    """An answer that is held in memory."""

    def __init__(self) -> None:
        self.matches: list[pl.DataFrame] = []
        self.groups: list[pl.DataFrame] = []

    def add(self, matches: pl.DataFrame, groups: pl.DataFrame) -> None:
        """Take the next rows of both."""
        self.matches.append(matches)
        self.groups.append(groups)

    def end(self) -> None:
        """No more rows will come: nothing is left to do."""


def match(
    left: pl.DataFrame | pl.LazyFrame,
    right: pl.DataFrame | pl.LazyFrame,
    passes: Sequence[Pass],
    *,
    rejected: pl.DataFrame | None = None,
    decided: pl.DataFrame | None = None,
    runner: Runner | None = None,
    reasons: bool = True,
) -> Matched:
    """The groups in which lines of both sides belong together, and what is left of each side.

    A side is a frame with one row per line: `id` (unique), `amount` (Decimal, or integer cents; debit above
    zero on both sides), and optional `date`, `text`, `reference`, `currency`, `key_*`; other columns pass
    through. Passes run in their order, each on the residue of those before. `rejected` (left, right: ids)
    names pairs that a person said never belong together: no group holds both. `decided` (match_id, side, id)
    names groups that a person formed: they stand before every pass, whatever was rejected. A decision about
    a line that is not there is told, not applied. The order of the rows changes nothing but the order of the
    answer, which follows the left side.

    Without `reasons` the lines left over come as they were, for callers who tell them their own way.

    Time grows linearly with the lines in the passes that join on equal columns, and with the candidate pairs
    in the others; memory holds both sides once, the columns that passes see, and the answer.

    Raises: DataError for a frame that cannot be matched, naming side, column and rows; ConfigError for a pass
    whose fields hold what they must not, or that asks for a column which the sides lack; InvariantBroken if a
    pass claims a line twice.
    """
    held = _Held()
    residue = match_into(held, left, right, passes, rejected=rejected, decided=decided, runner=runner, reasons=reasons)
    gone = pl.DataFrame(schema=GONE)
    if rejected is not None or decided is not None:
        ids = [side.lazy().select("id").collect().to_series() for side in (left, right)]
        gone = gone_lines(rejected, decided, *ids)
    return Matched(pl.concat(held.matches), pl.concat(held.groups), *residue, gone)


def match_into(
    answer: Answer,
    left: pl.DataFrame | pl.LazyFrame,
    right: pl.DataFrame | pl.LazyFrame,
    passes: Sequence[Pass],
    *,
    rejected: pl.DataFrame | None = None,
    decided: pl.DataFrame | None = None,
    runner: Runner | None = None,
    reasons: bool = True,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both residues of `match`, while the matches and groups go to `answer` as they are told.

    For answers that memory should not hold: everything else is as in `match`.
    """
    whole = _Whole(left, "left"), _Whole(right, "right")
    shown = _alike(whole[0].collected(), whole[1].collected())
    scale, size = scale_of(*shown), shown[0].height + shown[1].height
    sides = both(lambda at: working_lines(shown[at], SIDE.categories[at], scale=scale), size)
    if any(lines.height and lines["currency"].is_null().all() for lines in sides):  # who names none says nothing
        sides = sides[0].with_columns(currency=_NO_WORD), sides[1].with_columns(currency=_NO_WORD)
    shown = _to_show(shown[0]), _to_show(shown[1])
    said, vague = sides, placeholders(sides)
    sides = without(sides, vague)
    passes = passes_for(passes, *sides)
    places = CENTS if shown[0].schema["amount"].is_integer() else scale
    state = _State(*sides, rejected_rows(rejected, *sides), places)
    if decided is not None:
        state.take(DECIDED, chosen_claims(decided, *sides))
    run = runner or InProcess()
    everything = state.everything()
    for named in passes:
        one = named.learned(everything) if isinstance(named, LearningPass) else named
        claims = join_claims(run.run(one, state.partitions(one, run.partition_lines)))
        kept, withheld = told_apart(claims, state.rejected)
        state.take(one.name, kept)
        state.withhold(withheld)
    groups = Groups(state.claims, *shown)
    notes, kinds = (
        state.notes(noted(said, vague, (state.open_left, state.open_right))),
        state.kinds() if reasons else None,
    )
    state.claims.clear()  # as large as the answer, and held by the groups until they are told
    opened = state.open_left, state.open_right

    def left_over() -> tuple[pl.DataFrame, pl.DataFrame]:
        residue = both(lambda at: whole[at].at(opened[at]), size)
        if kinds is None:
            return residue
        standing = [
            Standing(sides[at], pl.Series(opened[at]), partial(groups.names.of, SIDE.categories[at]), kinds[at])
            for at in (0, 1)
        ]
        return _with_reasons(residue, standing, state.rejected, notes)

    return at_once(partial(_tell, groups, answer), left_over, size)[1]


def _tell(groups: Groups, answer: Answer) -> None:
    for some_matches, some_groups in groups.told():
        answer.add(some_matches, some_groups)
    answer.end()


@dataclass(frozen=True)
class _Whole:
    """A side as it came; of a scan only what matching needs is held, and read again for the lines left over."""

    frame: pl.DataFrame | pl.LazyFrame
    side: str

    def collected(self) -> pl.DataFrame:
        """The columns that matching knows, or the frame itself."""
        if isinstance(self.frame, pl.DataFrame):
            check_columns(self.side, self.frame.columns)
            return self.frame
        names = self.frame.collect_schema().names()
        check_columns(self.side, names)
        return self.frame.select(name for name in names if is_known(name)).collect()

    def at(self, chosen: NDArray[np.bool_]) -> pl.DataFrame:
        """The chosen lines, as they came."""
        if isinstance(self.frame, pl.DataFrame):
            return self.frame.filter(pl.Series(chosen))
        rows = pl.LazyFrame({_ROW: np.flatnonzero(chosen)}, schema={_ROW: pl.get_index_type()})
        numbered = self.frame.with_row_index(_ROW).join(rows, on=_ROW, how="semi", maintain_order="left")
        return numbered.sort(_ROW).drop(_ROW).collect()


_ROW = "__row"
_NO_WORD = pl.lit(None, pl.String)


def _alike(left: pl.DataFrame, right: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Both sides with ids, keys and whole amounts of one type, so that an answer can hold both."""
    names = [name for name in key_columns(left, right) if left.schema[name] != right.schema[name]]
    if "id" in left.columns and "id" in right.columns and left.schema["id"] != right.schema["id"]:
        names.append("id")
    as_text = [pl.col(name).cast(pl.String) for name in names]
    whole = [frame.schema.get("amount", pl.Null()) for frame in (left, right)]
    if all(kind.is_integer() for kind in whole) and {*whole} != {pl.Int64()}:
        left, right = (frame.with_columns(pl.col("amount").cast(pl.Int64, strict=False)) for frame in (left, right))
    return left.with_columns(as_text), right.with_columns(as_text)


def _to_show(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select(name for name in ("id", "amount", "date") if name in frame.columns)


def _with_reasons(
    residue: tuple[pl.DataFrame, pl.DataFrame],
    standing: Sequence[Standing],
    rejected: pl.DataFrame,
    notes: pl.DataFrame,
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The residue of each side, with why each line stands alone and what passes noted of it."""
    scale = CENTS if residue[0].schema["amount"].is_integer() else scale_of(*residue)

    def told(at: int) -> pl.DataFrame:
        mine, other = standing[at], standing[1 - at]
        rows = mine.lines.filter(mine.is_open).select("row")
        noted = rows.join(notes.filter(side=SIDE.categories[at]), on="row", how="left", maintain_order="left")
        apart = rejected.select(mine=SIDE.categories[at], other=SIDE.categories[1 - at])
        reasons = counterfactuals(mine, other, rejected=apart, scale=scale)
        said = pl.concat_str("counterfactual", pl.Series(noted["words"]), separator="; ", ignore_nulls=True)
        # What may be a part of a sum is not simply missing: a controller books what is missing.
        cause = (
            pl.when(pl.col("cause") == "missing")
            .then(pl.coalesce(noted["cause"].alias("_"), "cause"))
            .otherwise("cause")
        )
        return residue[at].hstack(reasons.with_columns(counterfactual=said, cause=cause))

    return both(told, _CANDIDATES * sum(lines.height for lines in residue))


_CANDIDATES = 10  # of each line left over, about: what is held while its reason is found


class _State:
    """What is open on each side and what was claimed, while the passes run."""

    def __init__(self, left: pl.DataFrame, right: pl.DataFrame, rejected: pl.DataFrame, scale: int) -> None:
        self.left, self.right, self.rejected, self.scale = left, right, rejected, scale
        self.open_left: NDArray[np.bool_] = np.ones(left.height, dtype=np.bool_)
        self.open_right: NDArray[np.bool_] = np.ones(right.height, dtype=np.bool_)
        self.claims: list[tuple[str, Claims]] = []

    def everything(self) -> Open:
        """All open lines at once."""
        return Open(self.left, self.right, self.rejected, _NONE_CLAIMED, self.scale)

    def partitions(self, one: Pass, most: int) -> Iterator[Open]:
        """The open lines, split by the columns of the pass where they are many."""
        count = -(-(self.left.height + self.right.height) // most) if one.agree else 1
        claimed = self._claimed() if getattr(one, "sees_claimed", False) else _NONE_CLAIMED
        if count <= 1:
            yield Open(self.left, self.right, self.rejected, claimed, self.scale)
            return
        left, right = _numbered(self.left, one.agree, count), _numbered(self.right, one.agree, count)
        for number in range(count):
            yield Open(
                self.left.filter(left == number), self.right.filter(right == number), self.rejected, claimed, self.scale
            )

    def take(self, name: str, claims: Claims) -> None:
        """Take the claimed lines out of what is open."""
        rows_left, rows_right = _rows(claims, "left"), _rows(claims, "right")
        for rows, mask in ((rows_left, self.open_left), (rows_right, self.open_right)):
            if not len(rows):
                continue
            before = int(mask.sum())
            mask[rows] = False
            check(before - int(mask.sum()) == len(rows), "a line was claimed twice", name=name)
        if len(rows_left) or len(rows_right) or claims.notes.height or claims.doubted.height:
            self.claims.append((name, claims))
        if len(rows_left):
            self.left = self.left.filter(pl.Series(self.open_left[self.left["row"].to_numpy()]))
        if len(rows_right):
            self.right = self.right.filter(pl.Series(self.open_right[self.right["row"].to_numpy()]))

    def withhold(self, lines: pl.DataFrame) -> None:
        """Show these open lines to no later pass; they stay open."""
        if lines.height:
            self.left = self.left.filter(~pl.col("row").is_in(lines.filter(side="left")["row"].implode()))
            self.right = self.right.filter(~pl.col("row").is_in(lines.filter(side="right")["row"].implode()))

    def kinds(self) -> tuple[pl.Series, pl.Series]:
        """What the group of each line of either side is: match, suggestion, ambiguous, or null."""
        claims = [one for _, one in self.claims]
        return kinds_of(claims, "left", len(self.open_left)), kinds_of(claims, "right", len(self.open_right))

    def notes(self, first: pl.DataFrame) -> pl.DataFrame:
        """side, row, words, cause: the first notes, then what all passes noted of a line, one row a line.

        The cause is sum_unsure for lines of a set that nobody claimed and that is still open, else null.
        """
        told = [claims.notes for _, claims in self.claims if claims.notes.height]
        doubted = [self._still_open(claims.doubted) for _, claims in self.claims if claims.doubted.height]
        parts = [frame.with_columns(cause=pl.lit(None, pl.String)) for frame in (first, *told)]
        parts += [frame.select("side", "row", "words", cause=pl.lit("sum_unsure")) for frame in doubted]
        every = pl.concat(parts)
        words = pl.col("words").unique(maintain_order=True).str.join("; ")
        return every.group_by("side", "row").agg(words, pl.col("cause").drop_nulls().first())

    def _still_open(self, doubted: pl.DataFrame) -> pl.DataFrame:
        """The notes of those sets of which every line is open."""
        rows = doubted["row"].to_numpy()
        is_left = (doubted["side"] == "left").to_numpy()
        still = np.zeros(len(rows), dtype=np.bool_)
        still[is_left], still[~is_left] = self.open_left[rows[is_left]], self.open_right[rows[~is_left]]
        return doubted.filter(pl.lit(pl.Series(still)).all().over("set"))

    def _claimed(self) -> pl.DataFrame:
        parts, start = [_NONE_CLAIMED], 0
        for name, claims in self.claims:
            pairs = claims.pairs.with_row_index("group", start)
            start += pairs.height
            parts += [
                pairs.select(pl.lit("left", SIDE).alias("side"), pl.col("left").alias("row"), "group"),
                pairs.select(pl.lit("right", SIDE).alias("side"), pl.col("right").alias("row"), "group"),
                claims.members.select("side", "row", group=(pl.col("set") + start).cast(pl.UInt32)),
            ]
            start += sets_count(claims)
            parts[-3:] = [part.with_columns(pl.lit(name).alias("pass")).select(*_CLAIMED) for part in parts[-3:]]
        return pl.concat(parts)


def _numbered(frame: pl.DataFrame, columns: tuple[str, ...], count: int) -> pl.Series:
    return frame.select(columns).hash_rows(seed=0) % count


def _rows(claims: Claims, side: str) -> NDArray[np.uint32]:
    return np.concatenate([claims.pairs[side].to_numpy(), claims.members_of(side)["row"].to_numpy()])
