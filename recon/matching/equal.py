"""Passes by equality: lines that agree on columns, one to one where amounts agree, else as a whole sum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import polars as pl
from pydantic import with_config

from recon.matching.assignment import assign_pairs, later_copies, twins
from recon.matching.blocks import blocked_pairs
from recon.matching.claims import STRICT, Claims, Open, claims_of
from recon.matching.lines import number_in, with_all_keys

NUMBER = "number"
_NEEDED = ("reference", "text", "date", NUMBER)  # a line without one of these is no candidate where it must agree
_FAR = 1_000_000  # days: more than any two dates are apart
_SIDES = ("left", "right")
_COPY = 1_000  # days: more than dates of one document are apart, so that the original wins over its copy


@with_config(STRICT)
@dataclass(frozen=True)
class Equal:
    """Lines that agree on every column of `on`: pairs of one amount, then all lines of one key as a sum.

    `on` names columns (`reference`, `date`, `text`, `currency`, one key column or `key_*` for all of them), or
    `number`, the number that stands in the text; a line that lacks its reference, text, number or date is no
    candidate there. Within one key equal amounts pair: one to one at once, several by the
    nearest dates; where that leaves a tie, or the counts differ, what is left stays open for later passes.
    With `sums`, what is left of a key matches as a whole where both sides sum to the same, never in part.
    `days` bounds how far apart the dates of a match may be.

    Time is that of two hash joins over the open lines, memory that of the columns joined.
    """

    name: str
    on: tuple[str, ...]
    sums: bool = True
    days: int | None = None

    @property
    def agree(self) -> tuple[str, ...]:
        """Columns on which candidates must agree."""
        return tuple(name for name in self.on if name != NUMBER)

    def learned(self, lines: Open) -> Equal:
        """The pass with its key columns spelled out."""
        return replace(self, on=with_all_keys(self.on, lines.left))

    def find(self, lines: Open) -> Claims:
        """The pairs of equal amounts, then the keys whose remaining lines sum to the same."""
        on = tuple(dict.fromkeys((*self.on, "currency")))
        left, right = (self._candidates(frame, on) for frame in (lines.left, lines.right))
        agreed = ", ".join(name.removeprefix("key_") for name in self.on)
        pairs = self._pairs(left, right, lines, on)
        members = None
        if self.sums:
            left = left.filter(~pl.col("row").is_in(pairs["left"].implode()))
            right = right.filter(~pl.col("row").is_in(pairs["right"].implode()))
            members = self._whole_keys(left, right, lines)
        sets = (
            None
            if members is None
            else members.select("set").unique().sort("set").with_columns(agreed=pl.lit(agreed + " and the sum"))
        )
        return claims_of(pairs.with_columns(agreed=pl.lit(agreed + " and amount")), members, sets)

    def _candidates(self, frame: pl.DataFrame, on: tuple[str, ...]) -> pl.DataFrame:
        if NUMBER in self.on:
            frame = frame.with_columns(number_in("text").alias(NUMBER))
        needed = [name for name in self.on if name in _NEEDED]
        found = frame.drop_nulls(needed) if needed else frame
        return found.with_columns(
            _key=found.select(on).hash_rows(seed=1), _both=found.select(*on, "units").hash_rows(seed=2)
        )

    def _pairs(self, left: pl.DataFrame, right: pl.DataFrame, lines: Open, on: tuple[str, ...]) -> pl.DataFrame:
        """Pairs of equal key and amount: left, right."""
        lefts, rights = twins(left, lines.rejected["left"]), twins(right, lines.rejected["right"])
        columns = ("row", "_both", "date", "units", *(name for name in on if name != "date"))
        first = [
            side.first.with_columns(_copy=later_copies(side.first.drop("_key", "_both"))) for side in (lefts, rights)
        ]
        joined = blocked_pairs(first[0].select(*columns, "_copy"), first[1].select(*columns, "_copy"), "_both").pairs
        # Two keys of one hash are told apart here; the hash only makes the join fast.
        same = [pl.col(name).eq_missing(pl.col(f"{name}_right")) for name in (*on, "units")]
        apart = (pl.col("date_right") - pl.col("date")).dt.total_days().abs().fill_null(0)
        near = apart <= (_FAR if self.days is None else self.days)
        copies = pl.col("_copy").cast(pl.Int64) + pl.col("_copy_right").cast(pl.Int64)
        found = joined.filter(*same, near).select(
            left="row", right="row_right", cost=apart.cast(pl.Int64) + copies * _COPY
        )
        if lines.rejected.height:
            found = found.join(lines.rejected, on=["left", "right"], how="anti")
        return assign_pairs(found, lefts, rights, limit=_FAR, margin=0).pairs.select("left", "right")

    def _whole_keys(self, left: pl.DataFrame, right: pl.DataFrame, lines: Open) -> pl.DataFrame:
        """All open lines of the keys whose two sides sum to the same: set, side, row."""
        left = left.join(right.select("_key"), on="_key", how="semi")
        right = right.join(left.select("_key"), on="_key", how="semi")
        both = pl.concat(
            [frame.with_columns(pl.lit(side).alias("side")) for frame, side in zip((left, right), _SIDES, strict=True)]
        )
        sign = pl.when(pl.col("side") == "left").then(1).otherwise(-1)
        span = (pl.col("date").max() - pl.col("date").min()).dt.total_days().fill_null(0)
        keys = both.group_by("_key").agg(
            (pl.col("units") * sign).sum().alias("gap"),
            pl.col("units").filter(pl.col("side") == "left").sum().alias("total"),
            span.alias("span"),
            pl.struct(self.on).n_unique().alias("keys"),
            pl.col("row").filter(pl.col("side") == "left").min().alias("first"),
        )
        far = _FAR if self.days is None else self.days
        # Lines that sum to nothing on both sides (entries balance) agree whatever their amounts: no evidence.
        whole = keys.filter(pl.col("gap") == 0, pl.col("total") != 0, pl.col("span") <= far, pl.col("keys") == 1).sort(
            "first"
        )
        members = both.join(whole.select("_key", set=pl.int_range(pl.len(), dtype=pl.UInt32)), on="_key")
        members = members.select("set", "side", "row")
        return members.join(_broken(members, lines.rejected), on="set", how="anti")


def _broken(members: pl.DataFrame, rejected: pl.DataFrame) -> pl.DataFrame:
    """The sets that hold both lines of a pair that a person rejected."""
    left, right = (members.filter(pl.col("side") == side).select("set", row="row") for side in _SIDES)
    return (
        rejected.join(left, left_on="left", right_on="row")
        .join(right, left_on=["right", "set"], right_on=["row", "set"])
        .select("set")
    )
