"""`recon bench`: made ledgers, matched by recon and by what a user would take instead, measured side by side."""

from __future__ import annotations

import json
import os
import platform
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon import __version__
from recon.errors import ConfigError

if TYPE_CHECKING:
    from recon.bench.ledgers import Made
    from recon.bench.measure import Contender, Measured

RECON = "recon"
LENGTHS = (100_000, 1_000_000)
_FAILED = 1
_WIDTH = 110

bench = typer.Typer(name="bench", help="Measure recon beside what others would take.", no_args_is_help=True)


@bench.callback()
def about() -> None:
    """Measure recon beside what others would take."""


@bench.command()
def matching(
    *,
    lines: Annotated[
        list[int] | None, typer.Option(min=1000, help="Lines a side; may be repeated (default: 100000 and 1000000).")
    ] = None,
    peers: Annotated[
        Path | None, typer.Option(help="Folder of the peers' scripts (default: tests/bench/peers of the clone).")
    ] = None,
    peer_python: Annotated[
        Path | None, typer.Option(help="Python that has the peers' packages (default: made once in the cache folder).")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="Only this contender; may be repeated.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Runs of each contender; the median counts.")] = 3,
    limit: Annotated[int, typer.Option(min=1, help="Seconds after which a run is stopped.")] = 600,
    seed: Annotated[int, typer.Option(help="Another seed makes other ledgers of the same nature.")] = 1,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE.json", help="Write the figures here.", dir_okay=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")] = False,
) -> None:
    """Match made ledgers whose truth is known: time, memory, precision and recall, of recon and of its peers."""
    from recon.bench.ledgers import make_ledgers  # noqa: PLC0415

    contenders = _contenders(peers, peer_python, only or [])
    facts: dict[str, Any] = {
        "recon": __version__,
        "date": datetime.now(UTC).date().isoformat(),
        "machine": _machine(),
        "seed": seed,
        "ledgers": [],
    }
    with tempfile.TemporaryDirectory(prefix="recon-bench-") as scratch:
        for count in lines or LENGTHS:
            made = make_ledgers(count, seed, Path(scratch) / str(count))
            facts["ledgers"].append(_measured(made, contenders, repeats, limit))
            if not as_json:
                _tell(facts["ledgers"][-1])
    document = json.dumps(facts, indent=2)
    if out is not None:
        out.write_text(document + "\n", encoding="utf-8")
    if as_json:
        typer.echo(document)
    failed = any(row["failure"] and not row["stopped"] for ledger in facts["ledgers"] for row in ledger["contenders"])
    raise typer.Exit(_FAILED if failed else 0)


@bench.command()
def posting(
    *,
    schedules: Annotated[int, typer.Option(min=1, help="How many schedules.")] = 1000,
    seed: Annotated[int, typer.Option(help="Another seed makes other schedules of the same nature.")] = 1,
    processes: Annotated[int, typer.Option(min=1, max=64, help="How many processes share the work.")] = 1,
    without: Annotated[list[str] | None, typer.Option(help="Switch this fault off; may be repeated.")] = None,
) -> None:
    """Post into a ledger that fails on purpose: what was lost, doubled or frozen, as one line of JSON."""
    from recon.bench.posting.campaign import as_line, run_campaign, run_campaign_on  # noqa: PLC0415 - loads the sandbox
    from recon.bench.posting.switches import FAULTS  # noqa: PLC0415

    off = tuple(fault for fault in FAULTS if fault in (without or ()))
    unknown = sorted(set(without or ()) - set(off))
    if unknown:
        raise ConfigError("the posting bench knows no such fault", fault=", ".join(unknown), known=", ".join(FAULTS))
    if processes == 1:
        campaign = run_campaign(schedules, seed, without=off)
    else:
        campaign = run_campaign_on(processes, schedules, seed, without=off)
    typer.echo(as_line(campaign))
    if campaign.flaws():
        raise typer.Exit(_FAILED)


def _contenders(peers: Path | None, python: Path | None, only: list[str]) -> list[Contender]:
    """recon, and the peers where there are any."""
    from recon.bench.measure import Contender  # noqa: PLC0415
    from recon.bench.peers import peer_contenders, peer_python, peers_of_checkout  # noqa: PLC0415

    ours = Contender(RECON, (sys.executable, "-m", "recon.bench.contender"), "matched")
    every = [ours]
    folder = peers or peers_of_checkout()
    if folder is None:
        typer.echo("No peers stand beside this installation: recon runs alone. Name their folder: --peers", err=True)
    elif set(only) != {RECON}:
        every += peer_contenders(folder, python or peer_python(folder))
    unknown = sorted(set(only) - {one.name for one in every})
    if unknown:
        raise ConfigError("no such contender", names=unknown, known=[one.name for one in every])
    return [one for one in every if not only or one.name in only]


def _measured(made: Made, contenders: list[Contender], repeats: int, limit: int) -> dict[str, Any]:
    """The figures of one length, contender by contender."""
    import polars as pl  # noqa: PLC0415

    from recon.bench.measure import judged, measure  # noqa: PLC0415
    from recon.cli.screen import terminal  # noqa: PLC0415

    console = terminal(stderr=True)
    folder = made.left.parent / "runs"
    with console.status("") as status:
        runs = measure(contenders, made.left, made.right, folder, repeats, tell=status.update, limit_s=limit)
    truth = pl.read_parquet(made.truth)
    found = [judged(one, runs[one.name], folder, truth) for one in contenders]
    return {
        "lines_left": made.lines_left,
        "lines_right": made.lines_right,
        "pairs": made.pairs,
        "twins_share": made.twins_share,
        "contenders": [_facts(one, found) for one in found],
    }


def _facts(one: Measured, found: list[Measured]) -> dict[str, Any]:
    from recon.bench.peers import FLOOR  # noqa: PLC0415

    floor = next((other.middle.wall_s for other in found if other.contender == FLOOR and not other.failure), None)
    rows = one.quality.to_dicts()
    every: dict[str, Any] = next((row for row in rows if row["scope"] == "all"), {})
    return {
        "contender": one.contender,
        "runs": len(one.runs),
        "wall_s": one.middle.wall_s,
        "cpu_s": one.middle.cpu_s,
        "peak_bytes": one.middle.peak_bytes,
        "times_floor": one.middle.wall_s / floor if floor and not one.failure else None,
        "precision": every.get("precision"),
        "recall": every.get("recall"),
        "quality": rows,
        "passes": list(one.passes),
        "failure": one.failure,
        "stopped": one.stopped,
    }


def _machine() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return f"{platform.system()} {platform.machine()}, {cores} cores, Python {platform.python_version()}"


def _tell(ledger: dict[str, Any]) -> None:
    from rich.box import SIMPLE  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415

    from recon.cli.screen import terminal  # noqa: PLC0415

    console = terminal(width=_WIDTH)
    title = f"{ledger['lines_left']:,} x {ledger['lines_right']:,} lines, {ledger['pairs']:,} true pairs"
    table = Table(title=title, title_justify="left", box=SIMPLE)
    table.add_column("contender", no_wrap=True)
    for heading in ("runs", "wall s", "CPU s", "peak MB", "precision", "recall", "x DuckDB"):
        table.add_column(heading, justify="right")
    for row in ledger["contenders"]:
        if row["failure"]:
            table.add_row(row["contender"], "stopped" if row["stopped"] else "failed")  # its time says nothing
            continue
        table.add_row(
            row["contender"],
            str(row["runs"]),
            f"{row['wall_s']:.2f}",
            f"{row['cpu_s']:.2f}",
            f"{row['peak_bytes'] / 1e6:,.0f}",
            _share(row["precision"]),
            _share(row["recall"]),
            f"{row['times_floor']:.1f}" if row["times_floor"] else "-",
        )
        named = {found["name"]: found for found in row["quality"] if found["scope"] == "pass"}
        for one in row["passes"]:
            found = named.get(one["name"], {})
            table.add_row(
                f"  pass {one['name']}",
                "",
                f"{one['wall_s']:.2f}",
                f"{one['cpu_s']:.2f}",
                f"{one['peak_bytes'] / 1e6:,.0f}",
                _share(found.get("precision")),
                _share(found.get("recall", 0.0)),
                "",
            )
    console.print(table)
    for row in ledger["contenders"]:
        if row["failure"]:
            said = row["failure"] if row["stopped"] else f"failed, {row['failure']}"
            typer.echo(f"{row['contender']} {said}", err=True)


def _share(ratio: float | None) -> str:
    return "-" if ratio is None else f"{ratio:.5f}"
