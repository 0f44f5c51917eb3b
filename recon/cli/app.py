"""Commands, and the one place where a fault becomes a sentence and an exit code."""

from __future__ import annotations

import datetime as dt
import sys
from pathlib import Path
from typing import Annotated

import typer

from recon import __version__
from recon.cli import deciding, posting, reviewing, signing
from recon.cli.auditing import audit
from recon.cli.backtesting import backtest
from recon.cli.benching import bench
from recon.cli.faults import Commands, exit_code_of
from recon.cli.options import AsJson, Reports, check_dates
from recon.cli.pulling import doctor, pull
from recon.cli.sandboxing import sandbox
from recon.cli.screen import guarded
from recon.errors import ConfigError

RECONCILIATIONS = ("sales", "deposits", "payroll")
DEMO_PERIOD = "2026-09"

app = typer.Typer(
    name="recon",
    cls=Commands,
    help="What Heartland says happened against what stands in Sage Intacct, to the cent and by name.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.add_typer(bench)
app.add_typer(deciding.decide, name="decide")
app.command()(deciding.explain)
app.command()(backtest)
app.command()(sandbox)
app.command()(pull)
app.command()(doctor)
for command in (reviewing.review, reviewing.approve, reviewing.reject, posting.post, posting.settle, posting.undo):
    app.command()(command)
app.command()(signing.signoff)
app.command()(signing.reopen)
app.command()(signing.correct)
app.add_typer(audit, name="audit")

Cluster = Annotated[
    str | None,
    typer.Option(metavar="URL", help="Match on this Dask cluster: tcp://HOST:PORT (needs the extra cluster)."),
]


def main() -> None:
    """Run the command line; every fault ends in a plain sentence and its exit code."""
    with guarded():
        try:
            app()
        except Exception as fault:
            sys.exit(exit_code_of(fault, as_json="--json" in sys.argv[1:]))


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"recon {__version__}")
        raise typer.Exit


@app.callback()
def recon(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
    log: Annotated[bool, typer.Option("--log", help="Write what happens to stderr, one JSON object a line.")] = False,
    log_level: Annotated[
        str,
        typer.Option(
            "--log-level",
            envvar="RECON_LOG",
            metavar="LEVEL",
            help="The same from debug, info, warning or error on; debug tells every request too.",
        ),
    ] = "",
) -> None:
    """What Heartland says happened against what stands in Sage Intacct, to the cent and by name."""
    del version
    if log or log_level:
        from recon.cli.log import level_named, start_logging  # noqa: PLC0415

        try:
            level = level_named(log_level) or ("info" if log else "")
        except ValueError as cause:
            raise typer.BadParameter(f"{cause}.", param_hint="--log-level (or RECON_LOG)") from cause
        if level:
            start_logging(level)


@app.command()
def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder for the company's policy.")],
) -> None:
    """Write a commented workspace that works: policy, posting rules, column profiles."""
    from recon.workspace import init_workspace  # noqa: PLC0415

    init_workspace(folder)
    typer.echo(f"A workspace stands in {folder}. Next:")
    typer.echo(f"  1. put the month's downloads into {folder / 'sources'}")
    typer.echo(f"  2. recon close {DEMO_PERIOD} --workspace {folder}")
    typer.echo(f"Its README tells what to change: {folder / 'README.md'}")


@app.command()
def profile(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A downloaded CSV or XLSX file.")],
    frame: Annotated[str, typer.Option("--as", metavar="FRAME", help="What it holds: tickets, deposits, ledger …")],
    out: Annotated[Path | None, typer.Option(help="Write the profile to this new file.", dir_okay=False)] = None,
) -> None:
    """Draft the profile that reads a download: which heading is which column; doubts are marked."""
    from recon.connectors.draft import draft_profile  # noqa: PLC0415

    drafted = draft_profile(file, frame)
    if out is None:
        typer.echo(drafted.text, nl=False)
    else:
        _write_new(out, drafted.text)
        typer.echo(f"The profile stands in {out}.", err=True)
    doubts = drafted.text.count("# doubtful")
    if doubts:
        typer.echo(f"{doubts} guesses are marked '# doubtful': read them before you use it.", err=True)


def _write_new(path: Path, text: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError as cause:
        raise ConfigError("this file exists already; name another one", file=path) from cause


@app.command()
def close(
    period: Annotated[
        str | None, typer.Argument(metavar="PERIOD", help="YYYY-MM, or a name in the workspace's periods.csv.")
    ] = None,
    *,
    workspace: Annotated[Path, typer.Option(help="Folder of the company's policy.", file_okay=False)] = Path(),
    sources: Annotated[
        Path | None, typer.Option(help="Folder of the downloads (default: sources in the workspace).", file_okay=False)
    ] = None,
    reports: Reports = Path("reports"),
    only: Annotated[
        list[str] | None, typer.Option(help="Only this reconciliation: sales, deposits or payroll; may be repeated.")
    ] = None,
    as_of: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Ages count to this day (default: period end).")
    ] = None,
    open_items: Annotated[
        Path | None, typer.Option(help="Open items of the period before: data/open_items.parquet of its run.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Close the made-up company that comes with recon.")] = False,
    cluster: Cluster = None,
    as_json: AsJson = False,
) -> None:
    """Reconcile one period and publish its pack: page, PDF, workbook, entries, notebooks, data."""
    if not period and not demo:
        raise typer.BadParameter("which period? Give YYYY-MM, as in: recon close 2026-09", param_hint="PERIOD")
    from recon.cli.closing import CloseWords, run_close  # noqa: PLC0415

    words = CloseWords(
        period=period or DEMO_PERIOD,
        workspace=workspace,
        sources=sources,
        only=_only(only or []),
        as_of=as_of.date() if as_of else None,
        open_items=open_items,
        demo=demo,
        cluster=cluster,
    )
    raise typer.Exit(run_close(words, reports, as_json=as_json))


def _only(words: list[str]) -> tuple[str, ...]:
    """The reconciliations asked for, each once, in the order of the pack."""
    named = [name.strip() for word in words for name in word.split(",") if name.strip()]
    unknown = sorted(set(named) - set(RECONCILIATIONS))
    if unknown:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: choose among {', '.join(RECONCILIATIONS)}", param_hint="--only"
        )
    return tuple(name for name in RECONCILIATIONS if name in named)


@app.command()
def match(
    left: Annotated[
        Path | None, typer.Argument(metavar="LEFT", help="Lines: CSV, XLSX or Parquet with id and amount.")
    ] = None,
    right: Annotated[Path | None, typer.Argument(metavar="RIGHT", help="The lines of the other side.")] = None,
    *,
    passes: Annotated[Path, typer.Option(metavar="FILE.toml", help="The pass list: a file, or bank or ledger.")] = Path(
        "bank"
    ),
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for the answer.", file_okay=False)],
    dates: Annotated[
        str, typer.Option(help="Order of a date's parts in CSV: mdy, dmy or ymd; ISO is always read.")
    ] = "mdy",
    rejected: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Pairs told apart: left, right (ids); CSV, XLSX or Parquet.")
    ] = None,
    decided: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Groups formed by people: match_id, side, id; one row a line.")
    ] = None,
    cluster: Cluster = None,
    demo: Annotated[bool, typer.Option("--demo", help="Match the small statement and ledger that come along.")] = False,
    as_json: AsJson = False,
) -> None:
    """Match any two files of lines: what belongs together, why, and what is left on each side."""
    order = check_dates(dates)
    from recon.cli.matching import MatchWords, run_match  # noqa: PLC0415

    words = MatchWords(left, right, passes, out, order, cluster, demo, rejected, decided)
    raise typer.Exit(run_match(words, as_json=as_json))


@app.command()
def status(reports: Reports = Path("reports"), as_json: AsJson = False) -> None:
    """List the finished runs, newest first, and how each of their reconciliations stands."""
    from recon.cli.show import status_json, status_table  # noqa: PLC0415
    from recon.reporting.runs import list_runs, unreadable_runs  # noqa: PLC0415

    facts = list_runs(reports)
    if as_json:
        typer.echo(status_json(facts))
    elif facts:
        status_table(facts)
    else:
        typer.echo(f"No run stands in {reports}. Make one with: recon close PERIOD, or try: recon close --demo")
    for folder in unreadable_runs(reports):
        typer.echo(f"{folder} cannot be read: it was changed, or comes from another version of recon", err=True)
