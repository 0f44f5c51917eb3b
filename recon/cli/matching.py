"""`recon match`: two files of lines, a pass list, and the answer in a folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.table import Table

from recon.linefiles import read_lines, read_passes, write_matched
from recon.linefiles.lines import DateOrder
from recon.matching import Matched, Runner, match

_CSV_LINES = 1_000_000  # above, CSV beside Parquet would only cost time


def run_match(
    left: Path, right: Path, passes: Path, out: Path, *, dates: DateOrder, runner: Runner | None, as_json: bool
) -> int:
    """The exit code: 0 where every line stands in a match, else 1."""
    listed = read_passes(passes)
    matched = match(read_lines(left, dates=dates), read_lines(right, dates=dates), listed, runner=runner)
    write_matched(matched, out, csv=matched.matches.height <= _CSV_LINES)
    facts = _facts(matched, [one.name for one in listed])
    if as_json:
        typer.echo(json.dumps({"out": str(out), **facts}, indent=2))
    else:
        _tell(facts, out)
    return 0 if not (facts["open_left"] or facts["open_right"] or facts["unsure"]) else 1


def _facts(matched: Matched, names: list[str]) -> dict[str, Any]:
    counted = dict(matched.groups.group_by("pass").len().iter_rows())
    return {
        "passes": {name: counted.get(name, 0) for name in names},
        "kinds": {kind: (matched.groups["kind"] == kind).sum() for kind in ("match", "suggestion", "ambiguous")},
        "unsure": (matched.groups["kind"] != "match").sum(),
        "open_left": matched.residue_left.height,
        "open_right": matched.residue_right.height,
    }


def _tell(facts: dict[str, Any], out: Path) -> None:
    table = Table("pass", "groups", title=None)
    for name, count in facts["passes"].items():
        table.add_row(name, f"{count:,}")
    Console().print(table)
    kinds = facts["kinds"]
    typer.echo(
        f"{kinds['match']:,} matches, {kinds['suggestion']:,} suggestions, {kinds['ambiguous']:,} ambiguous; "
        f"{_lines(facts['open_left'])} of the left and {_lines(facts['open_right'])} of the right are open."
    )
    typer.echo(f"The answer stands in {out}: matches, groups, residue_left, residue_right.")


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count:,} lines"
