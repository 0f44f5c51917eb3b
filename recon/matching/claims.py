"""What passes see and what they answer: open lines in, claims with evidence out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import ConfigDict

from recon.matching.fees import LearnedFee
from recon.matching.lines import key_columns, spoken, with_all_keys
from recon.matching.schedules import learn_fees
from recon.matching.texts import Vocabulary, learn

Kind = Literal["match", "suggestion", "ambiguous"]
STRICT = ConfigDict(extra="forbid", arbitrary_types_allowed=True)  # passes are read from files: no field unknown
KIND = pl.Enum(["match", "suggestion", "ambiguous"])
SIDE = pl.Enum(["left", "right"])

# What a claim says about itself, beside its lines.
EVIDENCE: dict[str, pl.DataType] = {
    "kind": KIND,
    "cause": pl.String(),  # the name of what differs (fee_netted, transposition, reversed_pair ...), or null
    "agreed": pl.String(),  # the fields that agree, as words
    "alternatives": pl.UInt64(),  # how many other readings do as well
    "alternatives_exact": pl.Boolean(),  # False: a lower bound
    "chance": pl.Float64(),  # of such a claim by accident, 0 to 1, or null where it was not estimated
    "words": pl.String(),  # more that a person should read, or null
}
PAIRS = {"left": pl.UInt32(), "right": pl.UInt32(), **EVIDENCE}
MEMBERS = {"set": pl.UInt32(), "side": SIDE, "row": pl.UInt32()}
SETS = {"set": pl.UInt32(), **EVIDENCE}
NOTES = {"side": SIDE, "row": pl.UInt32(), "words": pl.String()}
DOUBTED = {"set": pl.UInt32(), **NOTES}
PLAIN: dict[str, object] = {
    "kind": "match",
    "cause": None,
    "agreed": None,
    "alternatives": 0,
    "alternatives_exact": True,
    "chance": None,
    "words": None,
}
# Made once: most passes of a small month claim nothing, and to make an empty frame takes as long as to find that out.
_NO_PAIRS, _NO_MEMBERS, _NO_SETS, _NO_NOTES, _NO_DOUBTED = (
    pl.DataFrame(schema=one) for one in (PAIRS, MEMBERS, SETS, NOTES, DOUBTED)
)


@dataclass(frozen=True)
class Open:
    """The lines that no earlier pass claimed, as `working_lines` makes them, and pairs that people rejected."""

    left: pl.DataFrame
    right: pl.DataFrame
    rejected: pl.DataFrame  # left, right: rows that a person said never belong together
    claimed: pl.DataFrame  # side, row, group, pass: what earlier passes claimed; for passes that need it
    scale: int = 2  # decimal places of the amounts, of which the last one is a unit

    @property
    def count(self) -> int:
        """How many lines both sides have together."""
        return self.left.height + self.right.height

    def spelled(self, names: tuple[str, ...]) -> tuple[str, ...]:
        """The columns with `key_*` spelled out as every key column that both sides have."""
        return with_all_keys(names, self.left.select(key_columns(self.left, self.right)))

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words and numbers of both sides, and what each tells."""
        return learn(spoken(self.left), spoken(self.right))

    @cached_property
    def common_amounts(self) -> pl.Series:
        """The units that stand under several texts, whatever their numbers, on either side: round prices, mostly."""
        sides = [_said_of_amounts(lines) for lines in (self.left, self.right)]
        return sides[0].join(sides[1], on="units", how="semi")["units"].sort()

    @cached_property
    def fees_of_left(self) -> tuple[LearnedFee, ...]:
        """The fee schedules that lie between left amounts, which are net, and right ones."""
        return learn_fees(self.left, self.right, self.vocabulary, scale=self.scale)

    @cached_property
    def fees_of_right(self) -> tuple[LearnedFee, ...]:
        """The fee schedules that lie between right amounts, which are net, and left ones."""
        return learn_fees(self.right, self.left, self.vocabulary, scale=self.scale)


_SEVERAL = 3  # texts of one amount on a side: a rent or a subscription has one


def _said_of_amounts(lines: pl.DataFrame) -> pl.DataFrame:
    """units: the amounts of at least so many lines, and as many different texts but for their numbers."""
    often = lines.select("units", "text").filter(pl.len().over("units") >= _SEVERAL)
    words = often.with_columns(pl.col("text").str.replace_all(r"\d+", ""))
    return words.group_by("units").agg(pl.col("text").n_unique()).filter(pl.col("text") >= _SEVERAL).select("units")


@dataclass(frozen=True)
class Claims:
    """What one pass claims: pairs one to one, and sets of several lines.

    `pairs` has one row per pair (PAIRS), `members` one row per line of a set (MEMBERS), `sets` one row per
    set (SETS). A row stands in one claim at most. `notes` says more of lines that are not claimed (NOTES),
    such as that a search was cut short. `doubted` has sets that are too likely by accident to be claimed, one row per
    line with what it should know of the others (DOUBTED); they are told where no line of theirs is claimed later.
    """

    pairs: pl.DataFrame
    members: pl.DataFrame
    sets: pl.DataFrame
    notes: pl.DataFrame = field(default_factory=lambda: _NO_NOTES)
    doubted: pl.DataFrame = field(default_factory=lambda: _NO_DOUBTED)

    def members_of(self, side: str) -> pl.DataFrame:
        """The rows of `members` on one side."""
        return self.members.filter(self.members["side"] == side) if self.members.height else self.members


class Pass(Protocol):
    """One way to match: a name, the columns on which its candidates must agree, and the search itself.

    `find` is pure and sees whole groups of lines that agree on `agree`; work is split by those columns and
    nothing else. A pass with no such column runs once, on everything that is left. A pass answers the same
    claims whatever the order of the lines.
    """

    @property
    def name(self) -> str:
        """How groups and reports call the pass."""
        ...

    @property
    def agree(self) -> tuple[str, ...]:
        """Columns on which candidates must agree."""
        ...

    def find(self, lines: Open) -> Claims:
        """The claims of the pass among the open lines."""
        ...


@runtime_checkable
class LearningPass(Protocol):
    """A pass that first learns from all lines (their words, say), before anything is claimed or split."""

    def learned(self, lines: Open) -> Pass:
        """The pass as it will run, with what it learned."""
        ...


def claims_of(
    pairs: pl.DataFrame | None = None, members: pl.DataFrame | None = None, sets: pl.DataFrame | None = None
) -> Claims:
    """Claims with every column of the contract: evidence that a pass does not give is that of a plain match."""
    return Claims(
        _complete(pairs, _NO_PAIRS),
        _NO_MEMBERS if members is None else _typed(members, _NO_MEMBERS),
        _complete(sets, _NO_SETS),
    )


def _complete(frame: pl.DataFrame | None, none: pl.DataFrame) -> pl.DataFrame:
    if frame is None or not frame.height:
        return none
    missing = {name: pl.lit(PLAIN[name], kind) for name, kind in none.schema.items() if name not in frame.columns}
    return _typed(frame.with_columns(**missing) if missing else frame, none)


def _typed(frame: pl.DataFrame, none: pl.DataFrame) -> pl.DataFrame:
    """The columns of an empty frame, in their order and of their types."""
    if frame.schema == none.schema:
        return frame
    found, wanted = frame.schema, none.schema
    return frame.select(
        pl.col(name) if found[name] == kind else pl.col(name).cast(kind) for name, kind in wanted.items()
    )


def told_apart(claims: Claims, rejected: pl.DataFrame) -> tuple[Claims, pl.DataFrame]:
    """The claims without those that hold both lines of a pair which a person rejected, and the lines withheld.

    The lines hear why in notes. Those of a question (`ambiguous`) are withheld from later passes (side, row): what
    a pass could not decide, none that sees less may decide because a person ruled out one reading of several.
    """
    if not rejected.height:
        return claims, _NOBODY
    lines = [claims.members.filter(side=side).select("set", **{side: "row"}) for side in ("left", "right")]
    broken = rejected.join(lines[0], on="left").join(lines[1], on=["right", "set"])["set"].unique()
    pairs = claims.pairs.join(rejected, on=["left", "right"], how="anti", maintain_order="left")
    if not broken.len() and pairs.height == claims.pairs.height:
        return claims, _NOBODY
    of_broken = pl.col("set").is_in(broken.implode())
    dissolved = claims.members.filter(of_broken).join(claims.sets.select("set", "kind"), on="set")
    count = [(pl.col("side") == side).sum().over("set") for side in ("left", "right")]
    asked = pl.format(
        "it is one of {} against {} lines that several readings fit, of which a person told two apart", *count
    )
    told = pl.when(pl.col("kind") == "ambiguous").then(asked).otherwise(pl.lit(_TOLD_APART))
    noted = dissolved.select("side", "row", words=told)
    kept = replace(
        claims,
        pairs=pairs,
        members=claims.members.filter(~of_broken),
        sets=claims.sets.filter(~of_broken),
        notes=pl.concat([claims.notes, noted]),
    )
    return kept, dissolved.filter(pl.col("kind") == "ambiguous").select("side", "row")


_TOLD_APART = "a group of its lines held two that a person told apart"
_NOBODY = pl.DataFrame(schema={"side": SIDE, "row": pl.UInt32})


def sets_count(claims: Claims) -> int:
    """One more than the highest number of a set."""
    highest = claims.sets["set"].max()
    return 0 if highest is None else int(highest) + 1  # type: ignore[arg-type]


def join_claims(several: list[Claims]) -> Claims:
    """The claims of several partitions as one, sets numbered anew."""
    if len(several) == 1:
        return several[0]
    members, sets = join_sets(several)
    empty = claims_of()
    doubted, offset = [empty.doubted], 0
    for one in several:
        doubted.append(one.doubted.with_columns(pl.col("set") + pl.lit(offset, pl.UInt32)))
        offset += one.doubted["set"].n_unique()
    return Claims(
        pl.concat([empty.pairs, *(one.pairs for one in several)]),
        members,
        sets.drop("part"),
        pl.concat([empty.notes, *(one.notes for one in several)]),
        pl.concat(doubted),
    )


def join_sets(several: Sequence[Claims]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The `members` and the `sets` of several claims, numbered anew, each set with the place of its claims (part)."""
    counts = np.array([sets_count(one) for one in several], dtype=np.uint32)
    shifts = np.cumsum(counts, dtype=np.uint32) - counts
    part = np.repeat(np.arange(len(several), dtype=np.uint32), _heights([one.sets for one in several]))
    moved = np.repeat(shifts, _heights([one.members for one in several]))
    members = pl.concat([_NO_MEMBERS, *(one.members for one in several)])
    sets = pl.concat([_NO_SETS, *(one.sets for one in several)])
    return (
        members.with_columns(pl.col("set") + pl.Series(moved)),
        sets.with_columns(pl.col("set") + pl.Series(shifts[part]), pl.Series("part", part)),
    )


def _heights(frames: Sequence[pl.DataFrame]) -> NDArray[np.int64]:
    return np.array([frame.height for frame in frames], dtype=np.int64)
