"""`recon review`, `approve` and `reject`: proposals side by side with their evidence, and what people say of them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.cli.options import AnyReports, AsJson, Keys, Note, Reports, Workspace
from recon.cli.screen import counted, print_json

if TYPE_CHECKING:
    from recon.desk import Seat
    from recon.lifecycle import Correction
    from recon.posting.registering import Registered
    from recon.reporting.model import RunRecord

_WAITING = ("proposed", "reviewed", "approved", "intent", "sent", "uncertain", "rejected")
_NEWS = {
    "added": "new",
    "revised": "changed, so that no review or approval holds any more",
    "edits_lost": "changed over what a person had changed by hand: look at it again",
    "reaffirmed": "the same over newer books",
    "withdrawn": "proposed no more",
    "approvals_lost": "not approved any more:",
}


def review(
    period: Annotated[
        str | None, typer.Argument(metavar="PERIOD", help="The period (default: that of the newest run).")
    ] = None,
    *,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    key: Annotated[list[str] | None, typer.Option(help="Only this entry; may be repeated.")] = None,
    state: Annotated[list[str] | None, typer.Option(help="Only entries in this state; may be repeated.")] = None,
    cause: Annotated[list[str] | None, typer.Option(help="Only entries of this cause; may be repeated.")] = None,
    short: Annotated[bool, typer.Option("--short", help="One row an entry, without the evidence.")] = False,
    mark: Annotated[
        list[str] | None, typer.Option(metavar="KEY", help="Show this entry and mark it reviewed; may be repeated.")
    ] = None,
    mark_shown: Annotated[bool, typer.Option("--mark-shown", help="Mark every entry that is shown reviewed.")] = False,
    take_older: Annotated[
        bool, typer.Option("--take-older", help="Take the run in even where a newer one was taken in before it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take in what the newest run proposes, show it side by side with its evidence, and mark it reviewed."""
    from recon.desk import chosen, mark_reviewed, run_to_show, runs_behind, take_seat  # noqa: PLC0415 - slow

    if mark_shown and short:
        raise typer.BadParameter("an entry is marked after it was shown whole: leave --short out", param_hint="--short")
    with take_seat(workspace) as seat:
        record = run_to_show(seat, reports, period)
        period = period or record.found.period.name
        registered = _taken_in(seat, record, reports, period, older=take_older)
        shown = _shown(seat, period, (key, state, cause))
        if mark:
            shown = list(chosen(seat.store, mark))
        runs = [record, *runs_behind(shown, reports, record)]
        if not as_json:
            _show_review((seat, period), runs, registered, shown, short=short)
            _show_elsewhere(_elsewhere(seat, period), record)
        marked = mark_reviewed(seat, _to_mark(shown, mark, mark_shown=mark_shown))
        if as_json:
            after = {one.identity: one for one in marked}
            facts = _review_facts((seat, period), runs, registered, [after.get(one.identity, one) for one in shown])
            facts |= {"other_periods": [{"period": one.period, **_brief([one])[0]} for one in _elsewhere(seat, period)]}
            print_json({**facts, "marked": [one.key for one in marked]})
        elif marked:
            _tell(marked, f"reviewed by {seat.name}", "recon approve KEY…, or --bulk for the small ones of class bulk")


def _taken_in(seat: Seat, record: RunRecord, reports: Path, period: str, *, older: bool) -> Registered:
    """What became of the proposals of the period's newest run; of a period without a run nothing is taken in."""
    from recon.desk import take_in  # noqa: PLC0415
    from recon.posting.registering import Registered  # noqa: PLC0415

    if record.found.period.name == period:
        return take_in(seat, record, reports, older=older)
    return Registered(refused=f"no run of {period} stands in {reports} yet; this is what was drafted for it")


def _elsewhere(seat: Seat, period: str) -> list[Correction]:
    """What waits in other periods, such as the correction of a signed month in a later one."""
    return [one for one in seat.store.all() if one.period != period and one.state in _WAITING]


def _show_elsewhere(others: Sequence[Correction], record: RunRecord) -> None:
    from recon.cli.corrections import show_list  # noqa: PLC0415

    for period in sorted({one.period for one in others}):
        typer.echo(f"In {period}, which recon review {period} shows whole:")
        show_list([one for one in others if one.period == period], record)


def _shown(
    seat: Seat, period: str, asked: tuple[list[str] | None, list[str] | None, list[str] | None]
) -> list[Correction]:
    """The corrections of the period that were asked for; those that nothing more happens to only by name."""
    from recon.desk import chosen  # noqa: PLC0415
    from recon.lifecycle import STATES  # noqa: PLC0415

    keys, states, causes = asked
    unknown = sorted(set(states or ()) - set(STATES))
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: choose among {', '.join(STATES)}", param_hint="--state")
    every = seat.store.all(period=period)
    known = {one.cause for one in every}
    strange = sorted(set(causes or ()) - known)
    if strange:
        raise typer.BadParameter(
            f"{', '.join(strange)}: the causes are {', '.join(sorted(known))}", param_hint="--cause"
        )
    if keys:
        return list(chosen(seat.store, keys))
    wanted = set(states or ()) or set(STATES) - {"withdrawn", "reversed"}
    return [one for one in every if one.state in wanted and (not causes or one.cause in causes)]


def _to_mark(shown: Sequence[Correction], mark: list[str] | None, *, mark_shown: bool) -> list[Correction]:
    """What is to be marked: exactly what was named, or of what was shown all that waits for it."""
    if mark:
        return list(shown)
    return [one for one in shown if one.state == "proposed"] if mark_shown else []


def _show_review(
    place: tuple[Seat, str],
    runs: Sequence[RunRecord],
    registered: Registered,
    shown: Sequence[Correction],
    *,
    short: bool,
) -> None:
    """Print what is new, then what is shown; the first of the runs is the newest."""
    from recon.cli.corrections import show_each, show_list  # noqa: PLC0415
    from recon.money import accounting  # noqa: PLC0415

    (seat, period), (record, *others) = place, runs
    roles = ", ".join(sorted(seat.who.person.roles)) or "no role"
    run = f", run {record.run_id}" if record.found.period.name == period else ""
    typer.echo(f"{record.policy.company.name}, period {period}{run}; you are {seat.name} ({roles})")
    if registered.refused:
        typer.echo(f"Only shown: {registered.refused}.")
    for name, words in _NEWS.items():
        number = len(getattr(registered, name))
        if number:
            typer.echo(f"{counted(number, 'entry is', 'entries are')} {words}")
    for one in registered.approvals_lost:
        typer.echo(f"  {one.key}  {accounting(one.content.gross)}  {one.content.memo}, approved by {one.approved_by}")
    if registered.undone:
        number = len(registered.undone)
        said = counted(
            number, "entry was undone, and the run proposes it", "entries were undone, and the run proposes them"
        )
        typer.echo(f"{said}. To book after all:")
    for one in registered.undone:
        typer.echo(f"  recon settle --renew {one.key} --note WHY  {accounting(one.content.gross)}  {one.content.memo}")
    if not shown:
        typer.echo("No entry stands there that was asked for.")
        return
    if not short:
        show_each(shown, record, others)
    show_list(shown, record)


def _review_facts(
    place: tuple[Seat, str], runs: Sequence[RunRecord], registered: Registered, shown: Sequence[Correction]
) -> dict[str, Any]:
    from recon.cli.corrections import corrections_facts  # noqa: PLC0415

    (seat, period), (record, *others) = place, runs
    return {
        "period": period,
        "run_id": record.run_id if record.found.period.name == period else None,
        "person": seat.name,
        "registered": {name: [one.key for one in getattr(registered, name)] for name in (*_NEWS, "kept", "undone")},
        "refused": registered.refused,
        "entries": corrections_facts(shown, record, others),
    }


def approve(
    keys: Keys = None,
    *,
    bulk: Annotated[
        bool, typer.Option("--bulk", help="Every reviewed entry of class bulk within the limit of the policy.")
    ] = False,
    workspace: Workspace = Path(),
    reports: AnyReports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Approve entries exactly as they stand. Nobody approves what they prepared, or what their own rule made."""
    del reports
    from recon.desk import approve_bulk, approve_named, chosen, take_seat  # noqa: PLC0415

    if bool(keys) == bulk:
        raise typer.BadParameter("name the entries, or give --bulk", param_hint="KEY…")
    with take_seat(workspace) as seat:
        left: list[tuple[Correction, str]] = []
        if keys:
            done = approve_named(seat, chosen(seat.store, keys))
        else:
            due = seat.store.all(states=("proposed", "reviewed"))
            done, left = approve_bulk(seat, [one for one in due if one.approval == "bulk"])
        if as_json:
            facts = {"approved": _brief(done), "left": [{"key": one.key, "reason": why} for one, why in left]}
            print_json({"person": seat.name, **facts})
            return
        _tell(done, f"approved by {seat.name}", "recon post")
        for _, why in left:
            typer.echo(f"  left: {why}")


def reject(
    keys: Annotated[list[str], typer.Argument(metavar="KEY…", help="Posting keys of what is not to be booked.")],
    *,
    note: Note,
    workspace: Workspace = Path(),
    reports: AnyReports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Decide that entries are not to be booked; they stay declined while the runs propose the same lines."""
    del reports
    from recon.desk import chosen, decline, take_seat  # noqa: PLC0415

    with take_seat(workspace) as seat:
        done = decline(seat, chosen(seat.store, keys), note)
        if as_json:
            facts = {"person": seat.name, "declined": _brief(done)}
            print_json(facts)
        else:
            _tell(done, f"declined by {seat.name}", "")


def _tell(done: Sequence[Correction], words: str, following: str) -> None:
    """One row per entry, and what comes next."""
    from recon.money import ZERO, accounting  # noqa: PLC0415

    for one in done:
        typer.echo(f"  {one.key}  {accounting(one.content.gross):>12}  {one.content.memo}")
    total = accounting(sum((one.content.gross for one in done), ZERO))
    typer.echo(f"{counted(len(done), 'entry is', 'entries are')} {words}, debits of {total}.")
    if done and following:
        typer.echo(f"Next: {following}")


def _brief(done: Sequence[Correction]) -> list[dict[str, Any]]:
    return [
        {"key": one.key, "state": one.state, "digest": one.digest, "debits": f"{one.content.gross:.2f}"} for one in done
    ]
