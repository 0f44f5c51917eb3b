"""`recon match`: two files of lines, a pass list, and the answer in a folder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import typer
from rich.table import Table

from recon.cli.closing import runner_at
from recon.cli.options import DateOrder
from recon.cli.screen import counted, print_json, terminal
from recon.linefiles import (
    ORDERS,
    example_sides,
    made_of,
    match_to_files,
    read_decided,
    read_lines,
    read_passes,
    read_rejected,
    tolerances,
)
from recon.matching import Pass
from recon.matching.chosen import DECIDED


@dataclass(frozen=True)
class MatchWords:
    """What was typed after `recon match`."""

    left: Path | None
    right: Path | None
    passes: Path
    out: Path
    dates: DateOrder
    cluster: str | None
    demo: bool
    rejected: Path | None = None
    decided: Path | None = None


def run_match(words: MatchWords, *, as_json: bool) -> int:
    """The exit code: 0 where every line stands in a match, else 1."""
    listed = read_passes(words.passes)
    rejected = read_rejected(words.rejected) if words.rejected else None
    decided = read_decided(words.decided) if words.decided else None
    left, right = _sides(words)
    made = made_of(_files(words), listed, listed=words.passes.name.removesuffix(".toml"), dates=words.dates)
    with runner_at(words.cluster) as runner:
        match_to_files(left, right, listed, words.out, rejected=rejected, decided=decided, runner=runner, made=made)
    facts = _facts(words.out, [one.name for one in listed])
    if as_json:
        print_json({"out": str(words.out), **facts, "made_of": made})
    else:
        _tell(facts, words.out, listed)
        _tell_dates(made)
    return 0 if facts["compared"] and not (facts["open_left"] or facts["open_right"] or facts["unsure"]) else 1


def _sides(words: MatchWords) -> tuple[pl.DataFrame | pl.LazyFrame, pl.DataFrame | pl.LazyFrame]:
    if words.demo:
        return example_sides()
    if words.left is None or words.right is None:
        raise typer.BadParameter("name two files, as in: recon match bank.csv ledger.csv", param_hint="LEFT RIGHT")
    return read_lines(words.left, dates=words.dates), read_lines(words.right, dates=words.dates)


def _files(words: MatchWords) -> dict[str, Path | None]:
    sides = {} if words.demo else {"left": words.left, "right": words.right}
    return sides | {"rejected": words.rejected, "decided": words.decided}


def _facts(folder: Path, names: list[str]) -> dict[str, Any]:
    groups = pl.scan_parquet(folder / "groups.parquet").select("pass", "kind").collect()
    by_pass = dict(groups.group_by("pass").len().iter_rows())
    left, right = (
        pl.scan_parquet(folder / f"residue_{side}.parquet").select(pl.len()).collect().item()
        for side in ("left", "right")
    )
    gone = pl.scan_parquet(folder / "gone.parquet").select(pl.len()).collect().item()
    return {
        "compared": bool(groups.height or (left and right)),
        "passes": {name: by_pass.get(name, 0) for name in names},
        "kinds": {kind: (groups["kind"] == kind).sum() for kind in ("match", "suggestion", "ambiguous")},
        "unsure": (groups["kind"] != "match").sum(),
        "open_left": left,
        "open_right": right,
        "decided": by_pass.get(DECIDED, 0),
        "gone": gone,
    }


def _tell_dates(made: Mapping[str, Any]) -> None:
    """Say which order of dates was believed, where the other one would have read other days."""
    cells = [f"{count:,} of {made['files'][side]['name']}" for side, count in made["read_otherwise"].items() if count]
    if cells:
        order, other = made["dates"], "dmy" if made["dates"] == "mdy" else "mdy"
        typer.echo(
            f"Dates are read as {ORDERS[order]}: {' and '.join(cells)} would be another day as {ORDERS[other]}, "
            f"which --dates {other} reads."
        )


def _tell(facts: dict[str, Any], out: Path, passes: Sequence[Pass]) -> None:
    table = Table("pass", "groups", "lets differ", title=None)
    if facts["decided"]:
        table.add_row(DECIDED, f"{facts['decided']:,}", "")
    for one in passes:
        table.add_row(one.name, f"{facts['passes'][one.name]:,}", tolerances(one))
    terminal().print(table)
    if not facts["compared"]:
        typer.echo("Nothing was compared: one of the files has no lines.")
    kinds = facts["kinds"]
    sure, unsure = (
        counted(kinds["match"], "match", "matches"),
        counted(kinds["suggestion"], "suggestion", "suggestions"),
    )
    typer.echo(
        f"{sure}, {unsure}, {kinds['ambiguous']:,} ambiguous; "
        f"{_lines(facts['open_left'])} of the left and {_lines(facts['open_right'])} of the right are open."
    )
    typer.echo(
        f"The answer stands in {out}: matches, groups, residue_left, residue_right, gone; and in manifest.json by "
        "what it was made."
    )
    if facts["gone"]:
        typer.echo(f"Decisions name lines that are on neither side any more: {_lines(facts['gone'])}, see gone.")


def _lines(count: int) -> str:
    return counted(count, "line", "lines")
