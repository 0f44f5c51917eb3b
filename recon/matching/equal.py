"""Passes by equality: lines that agree on columns, one to one where amounts agree, else as a whole sum."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from pydantic import with_config

from recon.matching.allowed import Days, Name, OnColumns, Switch
from recon.matching.assignment import Twins, assign_pairs, later_copies, twins
from recon.matching.at_once import both
from recon.matching.blocks import blocked_pairs
from recon.matching.claims import NOTES, STRICT, Claims, Open, claims_of
from recon.matching.lines import number_in
from recon.matching.repeated import is_repeated

NUMBER = "number"
_NEEDED = ("reference", "text", "date", NUMBER)  # a line without one of these is no candidate where it must agree
_FAR = 1_000_000  # days: more than any two dates are apart
_SIDES = ("left", "right")
_MOST_IN_BLOCK = 40_000  # candidate pairs of one key and amount; more take seconds to weigh against each other
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
    `days` bounds how far apart the dates of a match may be. More than 40,000 pairs of one key and amount are looked
    at within each day alone; what that leaves is noted as bounded, and in no sum. Ties are noted, too.

    Time is that of two hash joins over the open lines, memory that of the columns joined.
    """

    name: Name
    on: OnColumns
    sums: Switch = True
    days: Days | None = None

    @property
    def agree(self) -> tuple[str, ...]:
        """Columns on which candidates must agree."""
        return tuple(name for name in self.on if name != NUMBER)

    def learned(self, lines: Open) -> Equal:
        """The pass with its key columns spelled out."""
        return replace(self, on=lines.spelled(self.on))

    def find(self, lines: Open) -> Claims:
        """The pairs of equal amounts, then the keys whose remaining lines sum to the same."""
        on = tuple(dict.fromkeys((*self.on, "currency")))
        sides = lines.left, lines.right
        left, right = both(lambda at: self._keyed(sides[at], on), lines.count)
        agreed = ", ".join(name.removeprefix("key_") for name in self.on)
        pairs, notes = self._pairs(left, right, lines, on)
        members = None
        if self.sums:
            cut = [notes.filter(pl.col("side") == side, "cut")["row"] for side in _SIDES]
            rest = left.without(pairs["left"]).without(cut[0]), right.without(pairs["right"]).without(cut[1])
            members = self._whole_keys(*rest)
        sets = (
            None
            if members is None
            else members.select("set").unique().sort("set").with_columns(agreed=pl.lit(agreed + " and the sum"))
        )
        claims = claims_of(pairs.with_columns(agreed=pl.lit(agreed + " and amount")), members, sets)
        return replace(claims, notes=notes.select(*NOTES))

    def _keyed(self, frame: pl.DataFrame, on: tuple[str, ...]) -> _Keyed:
        if NUMBER in self.on:
            frame = frame.with_columns(number_in("text").alias(NUMBER))
        key = frame.select(on).hash_rows(seed=1)
        whole = pl.DataFrame({"key": key, "units": frame["units"]}).hash_rows(seed=2)
        keys = frame.select("row", at=pl.int_range(pl.len(), dtype=pl.UInt32), _key=key, _both=whole)
        needed = [pl.col(name).is_not_null() for name in self.on if name in _NEEDED]
        return _Keyed(frame, keys.filter(frame.select(pl.all_horizontal(needed)).to_series()) if needed else keys)

    def _pairs(
        self, left: _Keyed, right: _Keyed, lines: Open, on: tuple[str, ...]
    ) -> tuple[pl.DataFrame, pl.DataFrame]:
        """Pairs of equal key and amount (left, right), and notes on what was not paired: side, row, words, cut."""
        sides = left, right
        lefts, rights = both(lambda at: sides[at].twins(lines.rejected[_SIDES[at]]), lines.count)
        left, right = sides = left.without(lefts.later()), right.without(rights.later())
        met, cut = _met(left, right)
        places = met["at"], met["at_right"]
        one, other = both(lambda at: sides[at].at(places[at], (*on, "units", "date")), lines.count)
        # Two keys of one hash are told apart here; the hash only makes the join fast.
        same = [one[name].eq_missing(other[name]) for name in (*on, "units")]
        apart = (other["date"] - one["date"]).dt.total_days().abs().fill_null(0)
        near = apart <= (_FAR if self.days is None else self.days)
        found = met.select(left="row", right="row_right", cost=apart.cast(pl.Int64)).filter(*same, near)
        if lines.rejected.height:
            found = found.join(lines.rejected, on=["left", "right"], how="anti")
        several = is_repeated(found["left"]) | is_repeated(found["right"])
        if several.any():  # who has no rival is taken, whichever line is the copy
            copies = left.copies(found["left"], several) + right.copies(found["right"], several)
            found = found.with_columns(cost=pl.col("cost") + copies * _COPY)
        assigned = assign_pairs(found, lefts, rights, limit=_FAR, margin=0)
        pairs = assigned.pairs.select("left", "right")
        notes = [pl.DataFrame(schema=NOTES | {"cut": pl.Boolean()})]
        for side, rows, twin in zip(_SIDES, cut, (lefts, rights), strict=True):
            every = [row for first in rows.to_list() for row in twin.of(first).tolist()]
            words = f"search bounded by the pass {self.name}: too many lines of one amount agree"
            tied = assigned.ties.filter(pl.col("side") == side)["row"].to_list()
            fits = f"several lines of the same amount fit equally well in the pass {self.name}"
            told = [(side, row, words, True) for row in every]
            told += [(side, row, fits, False) for row in sorted({*tied} - {*every})]
            noted = pl.DataFrame(told, schema=notes[0].schema, orient="row")
            notes.append(noted.join(pairs.select(row=side), on="row", how="anti", maintain_order="left"))
        return pairs, pl.concat(notes)

    def _whole_keys(self, left: _Keyed, right: _Keyed) -> pl.DataFrame:
        """All open lines of the keys whose two sides sum to the same: set, side, row."""
        keys = left.keys.join(right.keys, on="_key", how="semi"), right.keys.join(left.keys, on="_key", how="semi")
        names = tuple(dict.fromkeys((*self.on, "units", "date")))
        every = pl.concat(
            [
                mine.select("row", "_key").hstack(side.at(mine["at"], names)).with_columns(pl.lit(name).alias("side"))
                for name, side, mine in zip(_SIDES, (left, right), keys, strict=True)
            ]
        )
        sign = pl.when(pl.col("side") == "left").then(1).otherwise(-1)
        span = (pl.col("date").max() - pl.col("date").min()).dt.total_days().fill_null(0)
        totals = every.group_by("_key").agg(
            (pl.col("units") * sign).sum().alias("gap"),
            pl.col("units").filter(pl.col("side") == "left").sum().alias("total"),
            span.alias("span"),
            pl.struct(self.on).n_unique().alias("keys"),
            pl.col("row").filter(pl.col("side") == "left").min().alias("first"),
        )
        far = _FAR if self.days is None else self.days
        # Lines that sum to nothing on both sides (entries balance) agree whatever their amounts: no evidence.
        whole = totals.filter(
            pl.col("gap") == 0, pl.col("total") != 0, pl.col("span") <= far, pl.col("keys") == 1
        ).sort("first")
        members = every.join(whole.select("_key", set=pl.int_range(pl.len(), dtype=pl.UInt32)), on="_key")
        return members.select("set", "side", "row")


@dataclass(frozen=True)
class _Keyed:
    """The open lines of one side, and digests of what the candidates among them must agree on.

    `keys`: row, at (the place in `lines`), _key (of the columns), _both (of the columns and the amount). Numbers
    join, filter and move in a fraction of the time of whole lines.
    """

    lines: pl.DataFrame
    keys: pl.DataFrame

    def at(self, places: pl.Series, names: tuple[str, ...]) -> pl.DataFrame:
        """These columns of the lines at these places."""
        return self.lines.select(pl.col(tuple(dict.fromkeys(names))).gather(places))

    def without(self, rows: pl.Series) -> _Keyed:
        """The same lines, of which these rows are no candidates any more."""
        return _Keyed(self.lines, self.keys.filter(~_among(self.keys["row"], rows)))

    def twins(self, apart: pl.Series) -> Twins:
        """The candidates that are equal in every field, which have one digest."""
        alike = is_repeated(self.keys["_both"])
        return Twins(self.lines, twins(self.lines[self.keys["at"].filter(alike)], apart).rows)

    def copies(self, rows: pl.Series, asked: pl.Series) -> pl.Series:
        """1 for each of these rows that is asked for and copies an earlier candidate of the same key, else 0.

        A line of another key is no candidate here, and may be looked at in another part of the work.
        """
        units = self.at(self.keys["at"], ("units",))["units"]
        keys = self.keys.filter(units.is_in(self._units(rows.filter(asked)).implode()))
        some = self.lines[keys["at"]].hstack([keys["_key"]])
        copies = some["row"].filter(later_copies(some))
        return _among(rows, copies).cast(pl.Int64)

    def _units(self, rows: pl.Series) -> pl.Series:
        return self.lines["units"].filter(_among(self.lines["row"], rows)).unique()


def _met(left: _Keyed, right: _Keyed) -> tuple[pl.DataFrame, tuple[pl.Series, pl.Series]]:
    """The candidate pairs of one digest, and the rows of each side whose digest has too many of them.

    Of those the lines of one day are candidates: no pair can be nearer.
    """
    sides = [side.keys.drop("_key") for side in (left, right)]
    found = blocked_pairs(sides[0], sides[1], "_both", most=_MOST_IN_BLOCK)
    if not found.bounded.len():
        return found.pairs, (sides[0]["row"].clear(), sides[1]["row"].clear())
    cut = [frame.filter(pl.col("_both").is_in(found.bounded.implode())) for frame in sides]
    dated = [
        frame.with_columns(_day=side.at(frame["at"], ("date",))["date"]).with_columns(
            _both=pl.struct("_both", "_day").hash(seed=9)
        )
        for frame, side in zip(cut, (left, right), strict=True)
    ]
    same = blocked_pairs(dated[0], dated[1], "_both", most=_MOST_IN_BLOCK).pairs
    same = same.filter(pl.col("_day").eq_missing(pl.col("_day_right"))).select(found.pairs.columns)
    return pl.concat([found.pairs, same]), (cut[0]["row"], cut[1]["row"])


def _among(rows: pl.Series, some: pl.Series) -> pl.Series:
    """True for each row that is among some others."""
    found = np.zeros(max(int(rows.max() or 0), int(some.max() or 0)) + 1, dtype=np.bool_)  # type: ignore[arg-type]
    found[some.to_numpy()] = True
    return pl.Series(found[rows.to_numpy()])
