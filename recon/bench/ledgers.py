"""Two made ledgers of any length whose true pairs are known: the material of the matching bench.

Of every 100 lines that either side knows, 70 carry the same reference on both sides, 10 have moved by one to
three days and lost their reference, 8 have a mistyped reference, 8 are grouped (one line against two to
five), 2 stand on the left only and 2 on the right only. One amount in a hundred comes from a short list, so
that each of those repeats at least a hundred times. The number of stores grows with the lines: how crowded a
store and day is does not depend on the length.
"""

from __future__ import annotations

import datetime as dt
import math
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from recon.bench.mistyping import mistype

Ints = NDArray[np.int64]

SHARES = ("equal", "moved", "mistyped", "grouped", "only_left", "only_right")
PERCENT = {"equal": 70, "moved": 10, "mistyped": 8, "grouped": 8, "only_left": 2, "only_right": 2}
EQUAL, MOVED, MISTYPED, GROUPED, ONLY_LEFT, ONLY_RIGHT = range(len(SHARES))
SHARE = pl.Enum(SHARES)

FIRST_DAY = dt.date(2026, 9, 1)
FIRST_DAY_NUMBER = (FIRST_DAY - dt.date(1970, 1, 1)).days
DAYS = 30
WINDOW_DAYS = 3
LINES_A_STORE = 400
CHUNK_LINES = 500_000  # one chunk stays in memory, the ledger need not
REPEATED_PERCENT = 1
REPEATS_AT_LEAST = 120  # lines that share an amount of the short list; rounding never takes it below 100
TYPICAL_CENTS = 42_000
SPREAD = 0.9
SIZES = (2, 3, 4, 5)
PATTERN = 4 * len(SIZES)  # groups after which sizes and directions repeat
PATTERN_LEFT = 3 * len(SIZES) + sum(SIZES)  # their lines on the left: a quarter runs many to one

_BRANDS = ("VISA", "MCRD", "AMEX", "DISC")
_CITIES = ("AUSTIN TX", "PLANO TX", "TULSA OK", "MESA AZ", "OMAHA NE", "BOISE ID", "RENO NV", "PROVO UT", "FARGO ND")


@dataclass(frozen=True)
class Made:
    """Two made sides and their truth, written: how many lines and pairs, and what nobody could tell apart."""

    left: Path
    right: Path
    truth: Path
    lines_left: int
    lines_right: int
    pairs: int
    twins_share: float  # of the pairs: a line without reference has two equal candidates at its store


@dataclass(frozen=True)
class _Events:
    """What happened, one element per event: a pair, a group, or a line that one side lacks."""

    share: NDArray[np.int8]
    left_count: Ints
    right_count: Ints
    named: NDArray[np.bool_]  # the lines of a group carry the reference
    store: Ints
    day: Ints
    moved_by: Ints  # days from the left line to the right one
    nth: Ints  # number of the event within its store
    special: Ints  # cents from the short list, or 0


def make_ledgers(lines: int, seed: int, folder: Path) -> Made:
    """`left.parquet` of exactly that many lines, `right.parquet` of about 6 % more, and `truth.parquet`.

    A side has id, amount in USD or CAD (two decimals), date, text, reference (nullable), currency and
    key_location; one row per line, in no useful order. The truth has left, right and share; one row per true
    pair, all pairs of a group. Equal arguments write equal rows. Chunk by chunk: memory does not grow with
    the lines.
    """
    chunks = math.ceil(lines / CHUNK_LINES)
    sizes = [lines // chunks + (1 if number < lines % chunks else 0) for number in range(chunks)]
    parts = folder / "parts"
    parts.mkdir(parents=True)
    heights = np.zeros(3, np.int64)
    twins, stores = 0, 0
    for number, (size, source) in enumerate(zip(sizes, np.random.SeedSequence(seed).spawn(chunks), strict=True)):
        chances = np.random.default_rng(source)
        events = _events(size, chances)
        sides = _sides(events, chances, number, stores)
        for place, (name, frame) in enumerate(sides.items()):
            frame.write_parquet(parts / f"{name}-{number:04}.parquet")
            heights[place] += frame.height
        twins += _twins(sides)
        stores += _stores(size)
    order = np.random.default_rng(seed).permutation(chunks).tolist()
    for name in ("left", "right", "truth"):
        # The sides come in different orders, so that no contender profits from neighbours in the files.
        numbers = order if name == "right" else range(chunks)
        files = [parts / f"{name}-{number:04}.parquet" for number in numbers]
        pl.scan_parquet(files).sink_parquet(folder / f"{name}.parquet")
    shutil.rmtree(parts)
    left, right, pairs = heights.tolist()
    return Made(
        left=folder / "left.parquet",
        right=folder / "right.parquet",
        truth=folder / "truth.parquet",
        lines_left=left,
        lines_right=right,
        pairs=pairs,
        twins_share=twins / pairs,
    )


def _stores(lines: int) -> int:
    return max(1, lines // LINES_A_STORE)


def _events(lines: int, chances: np.random.Generator) -> _Events:
    """What happened in one chunk with that many lines on the left, in random order."""
    known = lines * 100 / (100 - PERCENT["only_right"])
    counts = {name: round(known * percent / 100) for name, percent in PERCENT.items()}
    groups = round(counts["grouped"] * PATTERN / PATTERN_LEFT)
    nth = np.arange(groups)
    size = np.array(SIZES)[nth % len(SIZES)]
    many_to_one = nth // len(SIZES) % 4 == 3
    on_left = np.where(many_to_one, size, 1)
    others = counts["moved"] + counts["mistyped"] + counts["only_left"]
    counts |= {"grouped": groups, "equal": lines - others - int(on_left.sum())}

    share = np.repeat(np.arange(len(SHARES), dtype=np.int8), [counts[name] for name in SHARES])
    left_count, right_count = np.ones(share.size, np.int64), np.ones(share.size, np.int64)
    left_count[share == GROUPED] = on_left
    right_count[share == GROUPED] = np.where(many_to_one, 1, size)
    left_count[share == ONLY_RIGHT] = 0
    right_count[share == ONLY_LEFT] = 0
    named = np.ones(share.size, np.bool_)
    named[share == GROUPED] = nth // PATTERN % 2 == 0
    order = chances.permutation(share.size)
    share, left_count, right_count, named = share[order], left_count[order], right_count[order], named[order]

    store = np.arange(share.size) % _stores(lines)
    return _Events(
        share=share,
        left_count=left_count,
        right_count=right_count,
        named=named,
        store=store,
        day=chances.integers(0, DAYS, share.size),
        moved_by=_moved_by(share, named, chances),
        nth=np.arange(share.size) // _stores(lines),
        special=_special(left_count, right_count, lines, chances),
    )


def _moved_by(share: NDArray[np.int8], named: NDArray[np.bool_], chances: np.random.Generator) -> Ints:
    """Days from the left line to the right one: what clears carries over, what has no name stays on its day."""
    days = chances.choice(3, share.size, p=(0.7, 0.25, 0.05))
    days[share == MOVED] = chances.integers(1, WINDOW_DAYS + 1, int((share == MOVED).sum()))
    days[share == MISTYPED] = chances.integers(-1, 2, int((share == MISTYPED).sum()))
    days[(share == GROUPED) & ~named] = 0
    return days


def _special(left_count: Ints, right_count: Ints, lines: int, chances: np.random.Generator) -> Ints:
    """Cents of the short list for one event in a hundred, each of its amounts equally often; 0 for the others."""
    special = np.zeros(left_count.size, np.int64)
    single = np.flatnonzero(np.maximum(left_count, right_count) == 1)
    wanted = lines * REPEATED_PERCENT // 100
    listed = max(1, wanted // REPEATS_AT_LEAST)
    amounts = 500 * chances.choice(np.arange(2, 400), listed, replace=listed > 398) - 1
    special[chances.choice(single, wanted, replace=False)] = amounts[np.arange(wanted) % listed]
    return special


def _sides(events: _Events, chances: np.random.Generator, chunk: int, stores: int) -> dict[str, pl.DataFrame]:
    """The lines of both sides and the true pairs of one chunk."""
    many = np.maximum(events.left_count, events.right_count)
    starts = np.cumsum(many) - many
    parts = np.maximum(1, np.rint(TYPICAL_CENTS * np.exp(chances.normal(0, SPREAD, int(many.sum()))))).astype(np.int64)
    single = events.special > 0
    parts[starts[single]] = events.special[single]
    totals = np.add.reduceat(parts, starts)
    references = _references(events, stores)
    drawn = pl.DataFrame(
        {
            "event": np.arange(events.share.size, dtype=np.uint32),
            "share": pl.Series(events.share).cast(pl.UInt8),
            "store": events.store + stores,
            "batch": (events.nth * 38_261 + 17_077 * events.store) % 100_000,  # distinct within the store
            "brand": chances.integers(0, len(_BRANDS), events.share.size),
        }
    )
    sides = {}
    for side, count in (("left", events.left_count), ("right", events.right_count)):
        rows = np.repeat(np.arange(count.size), count)
        within = np.arange(rows.size) - np.repeat(np.cumsum(count) - count, count)
        cents = np.where(count[rows] == many[rows], parts[starts[rows] + within], totals[rows])
        days = events.day[rows] + (events.moved_by[rows] if side == "right" else 0)
        lines = drawn[rows].with_columns(
            units=pl.Series(cents),
            date=pl.Series(days + FIRST_DAY_NUMBER).cast(pl.Int32).cast(pl.Date),
            terminal=pl.Series(chances.integers(0, 100_000, rows.size)),
            reference=_written(events, references, side, chances)[rows],
        )
        shuffled = lines[chances.permutation(lines.height)]
        sides[side] = shuffled.select("event", *_columns(side, chunk))
    pairs = sides["left"].join(sides["right"], on="event").select("event", left="id", right="id_right")
    truth = pairs.select("left", "right", share=pl.Series(events.share)[pairs["event"]].cast(pl.Int64))
    names = truth.select("left", "right", pl.col("share").replace_strict(dict(enumerate(SHARES)), return_dtype=SHARE))
    return {"left": sides["left"].drop("event"), "right": sides["right"].drop("event"), "truth": names}


def _references(events: _Events, stores: int) -> NDArray[np.bytes_]:
    """The reference of each event, such as HB00231-048213: the store, and a number within it."""
    number = (events.nth * 611_953 + 7_919 * events.store) % 1_000_000  # distinct within the store
    frame = pl.select(
        pl.format(
            "HB{}-{}",
            pl.Series(events.store + stores).cast(pl.String).str.zfill(5),
            pl.Series(number).cast(pl.String).str.zfill(6),
        ).alias("reference")
    )
    return np.asarray(frame["reference"].to_numpy(), dtype="S14")


def _written(events: _Events, references: NDArray[np.bytes_], side: str, chances: np.random.Generator) -> pl.Series:
    """The references as they stand on one side, per event: mistyped, or null where the line carries none."""
    written = references.copy()
    wrong = events.share == MISTYPED
    if side == "right":
        written[wrong] = mistype(references[wrong], chances)
        dropped = events.share == MOVED
    else:
        dropped = (events.share == MOVED) & (chances.random(events.share.size) < 0.5)
    count = events.left_count if side == "left" else events.right_count
    dropped |= ~events.named & (count > 1)
    texts = pl.Series(written.astype("U14"), dtype=pl.String)
    return pl.select(pl.when(pl.Series(~dropped)).then(texts)).to_series()


def _columns(side: str, chunk: int) -> list[pl.Expr]:
    """The columns of a side, from its drawn lines in their final order."""
    city = _one_of(_CITIES, pl.col("store") % len(_CITIES))
    brand = _one_of(_BRANDS, pl.col("brand"))
    batch = pl.format("B{}", pl.col("batch").cast(pl.String).str.zfill(5))
    if side == "left":
        text = pl.format("{} BATCH {} {}", brand, batch, city)
    else:
        terminal = pl.format("T{}", pl.col("terminal").cast(pl.String).str.zfill(5))
        word = pl.when(pl.col("share") == GROUPED).then(batch).otherwise(terminal)
        text = pl.format("HRTLND DEP {} {}", word, city)
    number = (pl.int_range(pl.len()) + chunk * 10_000_000).cast(pl.String).str.zfill(10)
    return [
        pl.format(f"{side[0].upper()}{{}}", number).alias("id"),
        (pl.col("units").cast(pl.Decimal(18, 2)) / 100).cast(pl.Decimal(18, 2)).alias("amount"),
        pl.col("date"),
        text.alias("text"),
        pl.col("reference"),
        pl.when(pl.col("store") % 20 == 7).then(pl.lit("CAD")).otherwise(pl.lit("USD")).alias("currency"),
        pl.format("S{}", pl.col("store").cast(pl.String).str.zfill(5)).alias("key_location"),
    ]


def _one_of(words: tuple[str, ...], position: pl.Expr) -> pl.Expr:
    return position.replace_strict(dict(enumerate(words)), return_dtype=pl.String)


def _twins(sides: dict[str, pl.DataFrame]) -> int:
    """How many moved pairs have, at their store and in the window, another line of the same amount on a side.

    Only lines that no equal reference speaks for count: those a reader could put elsewhere.
    """
    left, right, truth = sides["left"], sides["right"], sides["truth"]
    settled = truth.filter(pl.col("share") == "equal")
    moved = truth.filter(pl.col("share") == "moved")
    open_left = left.join(settled, left_on="id", right_on="left", how="anti")
    without = right.filter(pl.col("reference").is_null())
    near = open_left.join(without, on=["key_location", "amount"], suffix="_right").filter(
        (pl.col("date_right") - pl.col("date")).dt.total_days().is_between(0, WINDOW_DAYS)
    )
    crowded_left = near.filter(pl.col("id").is_duplicated())["id"].unique()
    crowded_right = near.filter(pl.col("id_right").is_duplicated())["id_right"].unique()
    crowded = pl.col("left").is_in(crowded_left.implode()) | pl.col("right").is_in(crowded_right.implode())
    return moved.filter(crowded).height
