"""`recon signoff`, `reopen` and `correct`: how a period stands, who signed what, and errors found too late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.cli.options import AsJson, Note, Reports, Workspace
from recon.cli.screen import counted, one_line, print_json

if TYPE_CHECKING:
    from recon.desk.signing import SignOff
    from recon.lifecycle import Correction
    from recon.signoff.gate import Left, Obstacle, Subject
    from recon.signoff.signing import Signed, Standing

LEFT = 1  # done, and something is left that could not be signed
Period = Annotated[str | None, typer.Option(help="The period (default: that of the newest run).")]
_SHOWN = 3  # obstacles that nobody can force; all of them stand in --json


def signoff(
    subjects: Annotated[
        list[str] | None,
        typer.Argument(metavar="SUBJECT…", help="A reconciliation, or an account that the run proves."),
    ] = None,
    *,
    every: Annotated[
        bool, typer.Option("--all", help="Sign all that may be signed; tell of the rest why not.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Sign over what is open and below materiality; with --note.")
    ] = False,
    note: Annotated[str, typer.Option(help="What was looked at; it stays on the record.", callback=one_line)] = "",
    period: Period = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Sign the newest run of a period, subject by subject; without a subject, show how each stands."""
    if subjects and every:
        raise typer.BadParameter("name subjects, or give --all", param_hint="SUBJECT…")
    if force and not note.strip():
        raise typer.BadParameter("forcing takes a note that says why", param_hint="--note")
    with _at_the_period(workspace, reports, period) as sign_off:
        left: tuple[tuple[Subject, str], ...] = ()
        done: tuple[Signed, ...] = ()
        if every:
            done, left = sign_off.sign_all(note, force=force)
        elif subjects:
            done = sign_off.sign(subjects, note, force=force)
        code = LEFT if left else 0
        if as_json:
            told = [{"subject": str(one), "reason": why} for one, why in left]
            ended = [one.key for signed in done for one in signed.withdrawn]
            facts = _facts(sign_off, done)
            passed = [_passed_facts(signed.row.subject, one) for signed in done for one in signed.passed]
            print_json({**facts, "passed": passed, "withdrawn": ended, "left": told, "exit_code": code})
        elif not subjects and not every:
            _show_standings(sign_off)
        else:
            signing = sign_off.signing()
            _tell(signing.folder, done)
            _tell_passed([item for signed in done for item in signed.passed])
            _tell_withdrawn([one for signed in done for one in signed.withdrawn])
            stands = {one.subject: one for one in signing.standings} if left else {}
            for subject, _ in left:
                typer.echo(f"  left: {subject}: {_words(stands[subject])}")
    raise typer.Exit(code)


def reopen(
    subjects: Annotated[list[str], typer.Argument(metavar="SUBJECT…", help="What was signed.")],
    *,
    note: Note,
    period: Period = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Open again what was signed; what the signature said stays on the record."""
    with _at_the_period(workspace, reports, period) as sign_off:
        done = sign_off.reopen(subjects, note)
        if as_json:
            print_json(_facts(sign_off, done))
        else:
            _tell(sign_off.signing().folder, done)


def correct(
    variance: Annotated[str, typer.Argument(metavar="VARIANCE", help="Id of the error, as the run names it: V-…")],
    *,
    into: Annotated[str, typer.Option(help="The open period that takes the entry.")],
    period: Period = None,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Propose, in an open period, the entry that corrects what a signed one got wrong or waived."""
    with _at_the_period(workspace, reports, period) as sign_off:
        one = sign_off.correct(variance, into)
    if as_json:
        facts = {"key": one.key, "state": one.state, "period": one.period, "memo": one.content.memo}
        print_json({**facts, "debits": f"{one.content.gross:.2f}"})
    else:
        typer.echo(f"{one.key} is {one.state}: {one.content.memo}, on {one.content.posting_date}.")
        typer.echo(f"Next: recon review --mark {one.key}")


@contextmanager
def _at_the_period(workspace: Path, reports: Path, period: str | None) -> Iterator[SignOff]:
    from recon.desk import take_seat  # noqa: PLC0415 - slow to import
    from recon.desk.signing import open_sign_off  # noqa: PLC0415

    with take_seat(workspace) as seat:
        yield open_sign_off(seat, reports, period)


def _facts(sign_off: SignOff, done: Sequence[Signed]) -> dict[str, Any]:
    from recon.signoff.kept import waived_of  # noqa: PLC0415

    signing = sign_off.signing()
    acts = [
        {
            "subject": one.subject, "act": one.act, "by": one.actor, "at": one.at.isoformat(), "note": one.note,
            "run_id": one.run_id, "manifest_sha256": one.manifest_digest,
            "exceptions": [{"words": over.words, "amount": f"{over.amount:.2f}"} for over in waived_of(one)],
        }
        for one in (signed.row for signed in done)
    ]  # fmt: skip
    known = sign_off.uncorrected(signing.record)
    return {
        "period": sign_off.period, "run_id": signing.record.run_id, "person": sign_off.seat.name, "done": acts,
        "unstamped": [signed.unstamped for signed in done if signed.unstamped],
        "subjects": [_standing_facts(one) for one in signing.standings],
        "uncorrected": [_uncorrected(row) for row in known.to_dicts()],
    }  # fmt: skip


def _uncorrected(row: dict[str, Any]) -> dict[str, Any]:
    amounts = {name: f"{row[name]:.2f}" for name in ("amount", "amount_year", "pretax_year")}
    return {"account": row["account"], "title": row["title"], **amounts, "in_words": row["in_words"]}


def _standing_facts(one: Standing) -> dict[str, Any]:
    newest = one.newest
    return {
        "kind": one.subject.kind,
        "subject": one.subject.name,
        "is_signed": one.is_signed,
        "act": newest.act if newest else None,
        "by": newest.actor if newest else None,
        "over": newest.run_id if newest else None,
        "changed_since": bool(one.newer),
        "in_the_way": [_obstacle_facts(wrong) for wrong in one.obstacles],
    }


def _obstacle_facts(one: Obstacle) -> dict[str, Any]:
    amount = None if one.amount is None else f"{one.amount:.2f}"
    return {"kind": one.kind, "words": one.words, "amount": amount, "is_forcible": one.is_forcible}


def _show_standings(sign_off: SignOff) -> None:
    """One row per subject: who signed it, or what is in the way of a signature."""
    from rich.markup import escape  # noqa: PLC0415

    from recon.cli.tables import plain_table, wide_console  # noqa: PLC0415

    console = wide_console()
    signing = sign_off.signing()
    run = f"run {signing.record.run_id}"
    console.print(f"Period {escape(sign_off.period)}, {run}; you are {escape(sign_off.seat.name)}")
    table = plain_table("Subject", "Stands", "")
    for one in signing.standings:
        style, word = _word(one)
        table.add_row(escape(str(one.subject)), f"[{style}]{word}[/]", escape(_words(one)))
    console.print(table)
    known = sign_off.uncorrected(signing.record)
    if known.height:
        console.print("Known and not booked, in the year so far:")
        for words in known["in_words"]:
            console.print(f"  {escape(words)}")


def _word(one: Standing) -> tuple[str, str]:
    if one.newest is not None and one.is_signed:
        return ("yellow" if one.newest.exceptions or one.newer else "green"), one.newest.act
    if one.final:
        return "red", "in the way"
    return ("yellow", "open") if one.obstacles else ("cyan", "may be signed")


def _words(one: Standing) -> str:
    if one.newest is not None and one.is_signed:
        signed = f"by {one.newest.actor}, {one.newest.at:%Y-%m-%d %H:%M} UTC, run {one.newest.run_id}"
        return f"{signed}\nsince then, in run {one.run_id}: {'; '.join(_kinds(one.newer))}" if one.newer else signed
    if one.final:
        told = [wrong.words for wrong in one.final[:_SHOWN]]
        more = len(one.final) - len(told)
        return "\n".join([*told, *([f"and {more} more, which --json tells"] if more else [])])
    return "; ".join(_kinds(one.obstacles))


def _kinds(obstacles: Sequence[Obstacle]) -> Iterator[str]:
    """How many findings of each kind are in the way, and of what amount together."""
    from recon.money import ZERO, accounting  # noqa: PLC0415

    for kind in dict.fromkeys(one.kind for one in obstacles):
        ones = [one for one in obstacles if one.kind == kind]
        yield f"{len(ones)} {kind}, {accounting(sum((one.amount or ZERO for one in ones), ZERO))}"


def _tell(folder: Path, done: Sequence[Signed]) -> None:
    """What was done; the folder is that of the newest run."""
    from recon.money import accounting  # noqa: PLC0415
    from recon.reporting.manifest import SIGNOFF_PAGE  # noqa: PLC0415
    from recon.signoff.kept import subject_of, waived_of  # noqa: PLC0415

    for one in (signed.row for signed in done):
        said = f"{one.act} by {one.actor}, {one.at:%Y-%m-%d %H:%M} UTC, run {one.run_id}"
        typer.echo(f"{subject_of(one)} of {one.period}: {said}")
        for over in waived_of(one):
            typer.echo(f"  over: {accounting(over.amount)}: {over.words}")
    missing = [signed.unstamped for signed in done if signed.unstamped]
    if not done:
        typer.echo("Nothing was signed.")
    elif missing:
        typer.echo(f"It stands on the record; {missing[0]}.")
    else:
        typer.echo(f"It stands on the record, and beside the pack: {folder / SIGNOFF_PAGE}")


def _passed_facts(subject: str, one: Left) -> dict[str, str]:
    return {"subject": subject, "words": one.words, "amount": f"{one.amount:.2f}"}


def _tell_passed(passed: Sequence[Left]) -> None:
    """What was accepted or passed below threshold, and is signed without being forced."""
    from recon.money import ZERO, accounting  # noqa: PLC0415

    unique = {one.item_id: one for one in passed}.values()
    if not unique:
        return
    total = accounting(sum((one.amount for one in unique), ZERO))
    typer.echo(f"{counted(len(unique), 'difference', 'differences')} of {total} accepted or passed, and not booked:")
    for one in [*unique][:_SHOWN]:
        typer.echo(f"  {accounting(one.amount)}: {one.words}")
    if len(unique) > _SHOWN:
        typer.echo(f"  and {len(unique) - _SHOWN} more, which that page lists")


def _tell_withdrawn(ended: Sequence[Correction]) -> None:
    """What a signature took out of the way: nothing is booked into what is signed."""
    from recon.money import accounting  # noqa: PLC0415

    if not ended:
        return
    typer.echo(f"With it {counted(len(ended), 'entry that nobody sent is', 'entries that nobody sent are')} withdrawn:")
    for one in ended:
        approved = f", approved by {one.approved_by}" if one.approved_by else ""
        typer.echo(f"  {one.key}  {accounting(one.content.gross):>12}  {one.content.memo}{approved}")
