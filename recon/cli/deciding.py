"""`recon decide` and `recon explain`: what a person says about lines, and what a run says about one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli.options import AsJson, Workspace, login_of
from recon.cli.screen import one_line, print_json
from recon.errors import ConfigError, DataError

if TYPE_CHECKING:
    from recon.decisions import Wish
    from recon.reporting.model import RunRecord

decide = typer.Typer(
    help="Say what belongs together, what does not, what is accepted; kept under your name, taken back by undo.",
    no_args_is_help=True,
)

Expected = Annotated[list[str] | None, typer.Option("--expected", metavar="ID", help="An expected line; repeatable.")]
Actual = Annotated[list[str] | None, typer.Option("--actual", metavar="ID", help="A ledger line; may be repeated.")]
Note = Annotated[str | None, typer.Option(help="Why; it is shown with the line.", callback=one_line)]
Reports = Annotated[Path, typer.Option(help="Folder of the finished runs, to look the lines up.", file_okay=False)]
PeriodName = Annotated[
    str | None, typer.Option(metavar="PERIOD", help="The period of the lines (default: newest run).")
]


@decide.command("match")
def match_lines(
    *,
    expected: Expected = None,
    actual: Actual = None,
    note: Note = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    period: PeriodName = None,
) -> None:
    """These lines belong together; what they differ by stays a variance."""
    _say("match", (expected, actual, note), workspace, reports, period)


@decide.command()
def unmatch(
    *,
    expected: Expected = None,
    actual: Actual = None,
    note: Note = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    period: PeriodName = None,
) -> None:
    """These lines were matched and do not belong together."""
    _say("unmatch", (expected, actual, note), workspace, reports, period)


@decide.command()
def reject(
    *,
    expected: Expected = None,
    actual: Actual = None,
    note: Note = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    period: PeriodName = None,
) -> None:
    """These lines never belong together, whatever is found later."""
    _say("reject", (expected, actual, note), workspace, reports, period)


@decide.command()
def accept(
    *,
    note: Annotated[str, typer.Option(help="Why the difference may stay.", callback=one_line)],
    expected: Expected = None,
    actual: Actual = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    period: PeriodName = None,
) -> None:
    """The difference of these lines is passed, not booked; it is listed with the uncorrected ones."""
    _say("accept", (expected, actual, note), workspace, reports, period)


@decide.command()
def note(
    *,
    note: Annotated[str, typer.Option(help="What to know about the lines.", callback=one_line)],
    expected: Expected = None,
    actual: Actual = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    period: PeriodName = None,
) -> None:
    """Say something about lines; it changes nothing."""
    _say("note", (expected, actual, note), workspace, reports, period)


@decide.command()
def assign(
    *,
    note: Annotated[str, typer.Option(help="To whom.", callback=one_line)],
    expected: Expected = None,
    actual: Actual = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    period: PeriodName = None,
) -> None:
    """Somebody is to look at these lines; it changes nothing."""
    _say("assign", (expected, actual, note), workspace, reports, period)


@decide.command()
def undo(
    decision_id: Annotated[str, typer.Argument(metavar="DECISION_ID", help="As `recon decide list` shows it.")],
    *,
    note: Note = None,
    workspace: Workspace = Path(),
) -> None:
    """Take a decision back: the next close is as if it had never been made. An undo can be taken back too."""
    from recon.decisions import Wish, open_decisions  # noqa: PLC0415

    _check_workspace(workspace)
    made = open_decisions(workspace, login_of(workspace)).record(Wish("note", note=note, undoes=decision_id))
    typer.echo(f"{decision_id} is taken back by {made}. Run the close again to see it.")


@decide.command("list")
def list_decisions(*, workspace: Workspace = Path(), as_json: AsJson = False) -> None:
    """List every decision, the oldest first, and whether it holds."""
    from recon.decisions import open_decisions  # noqa: PLC0415
    from recon.matching.decided import effective  # noqa: PLC0415

    _check_workspace(workspace)
    frame = open_decisions(workspace).read()
    holding = {one.decision_id for one in effective(frame).standing}
    listed = frame.sort("decided_at", "decision_id").to_dicts()
    rows = [{**row, "holds": row["decision_id"] in holding} for row in listed]
    if as_json:
        print_json({"decisions": [{**row, "decided_at": row["decided_at"].isoformat()} for row in rows]})
        return
    for row in rows:
        lines = ", ".join([*(row["expected_line_ids"] or ()), *(row["actual_line_ids"] or ())])
        what = f"takes back {row['undoes']}" if row["undoes"] else row["action"]
        state = "" if row["undoes"] or row["holds"] else "  (does not hold)"
        said = f": {row['note']}" if row["note"] else ""
        when = f"{row['decided_at']:%Y-%m-%d %H:%M}"
        typer.echo(f"{row['decision_id']}  {when}  {row['decided_by']}  {what}  {lines}{said}{state}")
    if frame.is_empty():
        typer.echo(f"No decision stands in {workspace}.")


def explain(
    line_id: Annotated[str, typer.Argument(metavar="LINE_ID", help="An expected or a ledger line.")],
    *,
    period: Annotated[str | None, typer.Option(metavar="PERIOD", help="Its period (default: the newest run).")] = None,
    run: Annotated[str | None, typer.Option(metavar="RUN_ID", help="One run of the period (default: latest).")] = None,
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Say what became of a line: what it is matched with and why, or what differs and what comes nearest."""
    from recon.reporting.explained import explain_line  # noqa: PLC0415

    record = _record(reports, period, run)
    if record is None:
        raise DataError("there is no run to ask; make one with: recon close PERIOD", reports=reports)
    words = explain_line(record, line_id)
    if as_json:
        found = {"line_id": line_id, "run_id": record.run_id, "explanation": words.splitlines()}
        print_json(found)
    else:
        typer.echo(words)


def _check_workspace(workspace: Path) -> None:
    if not (workspace / "policy.toml").is_file():
        raise ConfigError("this is no workspace: it has no policy.toml; name one with --workspace", workspace=workspace)


def _say(
    action: str,
    said: tuple[list[str] | None, list[str] | None, str | None],
    workspace: Path,
    reports: Path,
    period: str | None,
) -> None:
    """Keep one decision, after its lines were looked up in the newest run."""
    from recon.decisions import Wish, open_decisions  # noqa: PLC0415

    _check_workspace(workspace)
    expected, actual, why = said
    wish = Wish(action, tuple(expected or ()), tuple(actual or ()), why)
    record = _record(reports, period, None)
    if record is not None:
        _check_lines(wish, record)
    made = open_decisions(workspace, login_of(workspace)).record(wish)
    typer.echo(f"{made}: {action} is kept. Run the close again to see it; recon decide undo {made} takes it back.")
    if record is None:
        typer.echo(f"No run stands in {reports}: the ids were not looked up.", err=True)


def _record(reports: Path, period: str | None, run_id: str | None) -> RunRecord | None:
    """The run that was asked for, or the newest; None if there is none and none was named."""
    from recon.reporting.runs import find_run, list_runs, read_record  # noqa: PLC0415

    facts = list_runs(reports)
    if run_id and not period:
        period = next((fact.period for fact in facts if fact.run_id == run_id), None)
    if run_id or period:
        return read_record(find_run(reports, period or "any period", run_id))
    latest = [fact for fact in facts if fact.is_latest]
    return read_record(latest[0].folder) if latest else None


def _check_lines(wish: Wish, record: RunRecord) -> None:
    """Raise ConfigError if a line is unknown, of the other side, or there is nothing to accept."""
    from recon.reporting.explained import find_line, like_ids  # noqa: PLC0415

    problems = []
    for side, ids in (("expected", wish.expected), ("actual", wish.actual)):
        for line in ids:
            found = find_line(record, line)
            if found is None:
                alike = ", ".join(like_ids(record, line)) or "none"
                problems.append(f"--{side} {line}: there is no such line; alike are {alike}")
            elif found != side:
                problems.append(f"--{side} {line}: this is an {found} line; give it as --{found}")
    variances = record.found.frames["variances"]
    named = {
        line
        for column in ("expected_line_ids", "actual_line_ids", "candidates")
        for line in variances[column].explode().drop_nulls()
    }
    lines = {*wish.expected, *wish.actual}
    if wish.action == "accept" and not problems and not named & lines:
        problems.append(f"{', '.join(sorted(lines))}: no variance names this, there is nothing to accept")
    if problems:
        known = f"run {record.run_id} of {record.found.period.name}"
        raise ConfigError(f"nothing was decided; the lines were looked up in {known}", tuple(problems))
