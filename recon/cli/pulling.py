"""`recon pull` and `recon doctor` at the terminal: progress, what came of it, and what a person should do next."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from recon.cli.faults import interruptible
from recon.cli.log import log_event
from recon.cli.options import AsJson, Workspace
from recon.cli.progress import watched
from recon.cli.screen import print_json
from recon.cli.tables import plain_table, wide_console

if TYPE_CHECKING:
    from recon.pulling.model import Pulled

_SHOWN = 20
_LONGEST = 60  # of a value that is shown


def pull(
    period: Annotated[str, typer.Argument(metavar="PERIOD", help="YYYY-MM, or a name in the workspace's periods.csv.")],
    *,
    workspace: Workspace = Path(),
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Begin anew instead of taking up an interrupted pull.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fetch a period from the services that sources.toml names; killed anywhere, it goes on where it stopped."""
    raise typer.Exit(run_pull(period, workspace, fresh=fresh, as_json=as_json))


def run_pull(period: str, workspace: Path, *, fresh: bool, as_json: bool) -> int:
    """The exit code of the pull: 1 where closed books changed or rows could not be used, else 0."""
    from recon.period import parse_period  # noqa: PLC0415 - slow to import
    from recon.pulling import PullRequest  # noqa: PLC0415
    from recon.pulling import pull as pulled_now  # noqa: PLC0415
    from recon.pulling.services import open_company  # noqa: PLC0415

    opened = open_company(workspace)
    wanted = parse_period(period, opened.company.policy.periods)
    request = PullRequest(opened.company, opened.supply, wanted, opened.services(), opened.clock, fresh)
    with interruptible("what was read is kept, and the same command goes on from there"), watched() as tell:
        pulled = pulled_now(request, tell)
    code = 1 if pulled.new_changes.height or pulled.rejects.height else 0
    log_event("pulled", period=pulled.period.name, exit_code=code, rejects=pulled.rejects.height)
    if as_json:
        print_json(_document(pulled, code))
    else:
        _show(pulled, workspace)
    return code


def _document(pulled: Pulled, code: int) -> dict[str, Any]:
    added = {
        name: {"new": one.new, "changed": one.changed, "deleted": one.deleted} for name, one in pulled.added.items()
    }
    kept = ("source", "row_id", "change", "explanation")
    rejects = pulled.rejects.select("source", "frame", "row", "document_id", "date", "field", "value", "reason")
    return {
        "period": pulled.period.name,
        "folder": str(pulled.folder),
        "exit_code": code,
        "resumed": pulled.resumed,
        "rows": dict(pulled.rows),
        "sources": added,
        "files": list(pulled.copied),
        "missing_files": list(pulled.absent),
        "changes_in_closed_books": pulled.changes.select(kept).to_dicts(),
        "new_changes_in_closed_books": pulled.new_changes.height,
        "rejects": [{**row, "date": str(row["date"]) if row["date"] else None} for row in rejects.to_dicts()],
    }


def reject_told(row: Mapping[str, Any]) -> str:
    """A row of REJECTED_ROWS in a sentence: which record of which source and day, its field and value, and why."""
    record = row["document_id"] or (f"row {row['row']}" if row["row"] else "?")
    named = f"{row['source']} {record}"
    day = f" of {row['date']}" if row["date"] else ""
    field = f", {row['field']}" if row["field"] else ""
    value = "" if row["value"] in (None, row["document_id"]) else f" {str(row['value'])[:_LONGEST]!r}"
    reason = row["reason"].removeprefix(f"{named}: ")  # some reasons name their record themselves
    return f"{named}{day}{field}{value}: {reason}"


def _show(pulled: Pulled, workspace: Path) -> None:
    console = wide_console()
    how = (
        ", taken up where it had stopped; what had been read until then is not counted again" if pulled.resumed else ""
    )
    console.print(f"[bold]Period {escape(pulled.period.name)}[/] is pulled{how}")
    table = plain_table("Source", amounts=("New", "Changed", "Deleted"))
    for name, one in sorted(pulled.added.items()):
        table.add_row(escape(name), f"{one.new:,}", f"{one.changed:,}", f"{one.deleted:,}")
    console.print(table)
    for name, rows in sorted(pulled.rows.items()):
        console.print(f"  {escape(name)}.parquet: {rows:,} rows")
    for name in pulled.copied:
        console.print(f"  {escape(name)}: taken over as it is")
    if pulled.changes.height:
        new = pulled.new_changes.height
        console.print(f"[red]{pulled.changes.height} changes in closed books[/], {new} of them new:")
        _some(console, pulled.new_changes["explanation"].to_list() or pulled.changes["explanation"].to_list())
    if pulled.rejects.height:
        console.print(f"[red]{pulled.rejects.height} rows could not be used[/]:")
        _some(console, [*map(reject_told, pulled.rejects.to_dicts())])
    if pulled.absent:
        console.print("[red]Before a close[/], and then pull again:")
        _some(console, list(pulled.absent))
    words = ["recon", "close", pulled.period.name, *(["--workspace", str(workspace)] if workspace != Path() else [])]
    console.print(f"Next: {escape(shlex.join(words))}", soft_wrap=True)


def _some(console: Console, sentences: list[str]) -> None:
    for sentence in sentences[:_SHOWN]:
        console.print(f"  {escape(sentence)}", soft_wrap=True)
    if len(sentences) > _SHOWN:
        console.print(f"  and {len(sentences) - _SHOWN} more, with --json")


def doctor(
    *,
    workspace: Workspace = Path(),
    sign_in: Annotated[
        str,
        typer.Option("--sign-in", metavar="SERVICE", help="First give leave in the browser: intacct_rest, retail."),
    ] = "",
    as_json: AsJson = False,
) -> None:
    """Check credentials, clocks, rights, endpoints, closed periods and chart flags; each fault with its mend."""
    if sign_in:
        run_sign_in(workspace, sign_in)
    raise typer.Exit(run_doctor(workspace, as_json=as_json))


def run_sign_in(workspace: Path, service: str) -> None:
    """Let a person give leave to a service; all that is told stands on stderr. Raises: ConfigError, RemoteError."""
    from recon.pulling.credentials import Purse  # noqa: PLC0415 - slow to import
    from recon.pulling.interfaces import Link  # noqa: PLC0415
    from recon.pulling.leave import take_leave  # noqa: PLC0415
    from recon.pulling.services import leave_of, open_company, own_folder  # noqa: PLC0415

    opened = open_company(workspace)
    leave = leave_of(opened, service, Link(opened.company.root, own_folder()), Purse())

    def tell(address: str) -> None:
        typer.echo(f"Open this address in a browser of this machine, and sign in to {leave.vendor}:", err=True)
        typer.echo(address, err=True)

    take_leave(leave, tell)
    typer.echo("Leave was given; the sign-in is kept for later pulls.", err=True)


def run_doctor(workspace: Path, *, as_json: bool) -> int:
    """The exit code of the examination: 0 if nothing is wrong, else that of the gravest finding."""
    from recon.doctor import examine, summed_up  # noqa: PLC0415 - slow to import
    from recon.pulling.pull import STORE  # noqa: PLC0415
    from recon.pulling.services import open_services  # noqa: PLC0415

    today = dt.datetime.now(dt.UTC).date()
    findings = examine(workspace, workspace / STORE, today, open_services)
    code = max((one.exit_code for one in findings), default=0)
    if as_json:
        facts = [{"check": one.check, "state": one.state, "said": one.said, "mend": one.mend} for one in findings]
        print_json({"exit_code": code, "findings": facts})
        return code
    console = wide_console()
    marks = {"well": "[green]ok[/]", "wrong": "[red]wrong[/]", "unknown": "[yellow]not known[/]"}
    for one in findings:
        console.print(f"{marks[one.state]} {escape(one.check)}: {escape(one.said)}", soft_wrap=True)
        if one.mend:
            console.print(f"   mend: {escape(one.mend)}", soft_wrap=True)
    console.print(summed_up(findings))
    return code
