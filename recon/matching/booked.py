"""Fees that are booked already, on a line of their own: gross and fee together are what came."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from recon.matching.assignment import Assigned, Twins, assign_pairs, none_assigned, twins
from recon.matching.blocks import count_near
from recon.matching.claims import MEMBERS, SIDE
from recon.matching.texts import Vocabulary, score_pairs

_DAY_COST, _LIMIT = 6, 1_000  # a fee is booked with its gross, or near it
_BOOKED: dict[str, type[pl.DataType]] = {
    "left": pl.UInt32,
    "right": pl.UInt32,
    "fee": pl.UInt32,
    "same_day": pl.Boolean,
    "named": pl.Boolean,
    "cost": pl.Int64,
}
_FEE_WORDS = r"(?i)\b(?:FEES?|CHARGES?|COMMISSIONS?|DISCOUNT|INTERCHANGE)\b"


@dataclass(frozen=True)
class FeeSides:
    """Which side is net and which is gross, their open lines, and on what lines of one group agree."""

    net: str
    gross: str
    net_lines: pl.DataFrame
    gross_lines: pl.DataFrame
    base: Sequence[str]
    days: int

    def booked(self, pairs: pl.DataFrame, vocabulary: Vocabulary | None, *, least: float) -> pl.DataFrame:
        """left, right, fee, same_day, named, cost: for each pair the open gross lines of just what is missing between.

        Such a line stands on the day of its gross, or names whom one of the pair names, within `days` of both.
        `named`: it does, or says that it is a fee; any bill of its day may be of a fee's amount by accident.
        """
        if pairs.is_empty():
            return pl.DataFrame(schema=_BOOKED)
        net, gross = ("", "_right") if self.net == "left" else ("_right", "")
        wanted = pairs.select(
            *(pl.col(f"{name}{gross}").alias(name) for name in self.base),
            left="row",
            right="row_right",
            units=pl.col(f"units{net}") - pl.col(f"units{gross}"),
            _net=pl.col(f"date{net}"),
            _gross=pl.col(f"date{gross}"),
            _texts=pl.concat_list("text", "text_right"),
        )
        mine = self.gross_lines.select(*dict.fromkeys((*self.base, "units", "date", "text")), fee="row")
        met = wanted.join(mine, on=[*self.base, "units"], nulls_equal=True).filter(pl.col("fee") != pl.col(self.gross))
        apart = (pl.col("date") - pl.col("_gross")).dt.total_days().abs()
        from_net = (pl.col("date") - pl.col("_net")).dt.total_days().abs()
        met = met.with_columns(_apart=apart).filter((pl.col("_apart") <= self.days) & (from_net <= self.days))
        named = np.zeros(met.height, dtype=np.bool_)
        if vocabulary is not None:
            for at in (0, 1):
                score = score_pairs(vocabulary, met["text"], met["_texts"].list.get(at))
                named |= np.nan_to_num(score) >= least
        same_day = pl.col("_apart") == 0
        said = pl.Series(named) | met["text"].str.contains(_FEE_WORDS).fill_null(False)
        told = met.with_columns(named=said).filter(pl.Series(named) | met.select(same_day).to_series())
        cost = pl.col("_apart") * _DAY_COST
        return told.select("left", "right", "fee", "named", same_day=same_day, cost=cost).select(*_BOOKED).cast(_BOOKED)  # type: ignore[arg-type]

    def claimed(self, told: pl.DataFrame, booked: pl.DataFrame, taken: pl.Series, *, margin: int) -> BookedFees:
        """Of the claimed pairs (left, right, _left and _right: their first twins) those whose fee is booked.

        `taken`: lines of the gross side that are claimed otherwise.
        """
        numbered = told.select("left", "right", "_left", "_right").with_row_index("pair")
        if booked.is_empty():
            fees = self.gross_lines.clear().select(pair="row", fee="row", fee_id="id", certain=pl.lit(True))
            return BookedFees(self, numbered, fees, none_assigned())
        met = numbered.join(booked, left_on=["_left", "_right"], right_on=["left", "right"])
        met = met.filter(~pl.col("fee").is_in(taken.implode()))
        fees = self.gross_lines.filter(pl.col("row").is_in(met["fee"].unique().implode()))
        alike = twins(fees, pl.Series([], dtype=pl.UInt32))
        first = {int(row): of for of, rows in alike.rows.items() for row in rows}
        pairs = Twins(numbered.select(row=pl.col("pair").cast(pl.UInt32), id="pair"), {})
        edges = met.select(left=pl.col("pair").cast(pl.UInt32), right=pl.col("fee").replace(first), cost="cost")
        edges = edges.unique().sort("left", "right")
        assigned = assign_pairs(edges, pairs, alike, limit=_LIMIT, margin=margin)
        near = met.select("pair", "same_day", "named", first=pl.col("fee").replace(first)).unique()
        known = fees.select("id", "units", "date", *self.base, right="row", first=pl.col("row").replace(first))
        rival = count_near(known, self.net_lines, [*self.base, "units"], days=self.days) > 0
        sure = assigned.pairs.select(pair=pl.col("left").cast(pl.UInt32), right="right").join(
            known.with_columns(_rival=pl.Series(rival)), on="right"
        )
        sure = sure.join(near, on=["pair", "first"]).sort("pair")
        certain = pl.col("same_day") & pl.col("named") & ~pl.col("_rival")
        sure = sure.select("pair", fee="right", fee_id="id", certain=certain)
        return BookedFees(self, numbered, sure, assigned)


@dataclass(frozen=True)
class BookedFees:
    """Pairs of which a third line is the fee: pair, fee, fee_id, certain; and those of which several may be."""

    sides: FeeSides
    numbered: pl.DataFrame
    sure: pl.DataFrame
    assigned: Assigned

    @property
    def pairs(self) -> pl.Series:
        """The places of the pairs that are no pairs by themselves, since a fee of theirs is booked."""
        tied = self.assigned.ties.filter(side="left")["row"]
        return pl.concat([self.sure["pair"], tied.cast(self.sure.schema["pair"])])

    def members(self, start: int) -> pl.DataFrame:
        """The lines of each set, the sure ones first, then the tied ones; sets are numbered from `start`."""
        if self.sure.is_empty() and self.assigned.ties.is_empty():
            return pl.DataFrame(schema=MEMBERS)
        at = self.numbered.with_columns(pl.col("pair").cast(pl.UInt32))
        sure = self.sure.with_row_index("set", start).join(at, on="pair")
        ties = self.assigned.ties.with_columns(pl.col("set") + start + self.sure.height)
        tied = ties.filter(side="left").join(at, left_on="row", right_on="pair")
        rows = [(some, side, side) for some in (sure, tied) for side in ("left", "right")]
        rows += [(sure, "fee", self.sides.gross), (ties.filter(side="right"), "row", self.sides.gross)]
        parts = [some.select("set", pl.lit(side, SIDE).alias("side"), row=name) for some, name, side in rows]
        return pl.concat([part.cast(MEMBERS) for part in parts])  # type: ignore[arg-type]
