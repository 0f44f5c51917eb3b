"""`recon post`, `settle` and `undo`: approved entries reach the ledger, and what became of each, in words."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from recon.cli.faults import interruptible
from recon.cli.options import AnyReports, AsJson, Keys, Note, Reports, Workspace
from recon.cli.screen import counted, one_line, print_json
from recon.errors import LockHeld, NotApproved, PostingError, RemoteError, TrailBroken

if TYPE_CHECKING:
    from recon.desk import Door, Seat
    from recon.lifecycle import Correction
    from recon.posting.model import Done, Report, Swept
    from recon.posting.poster import Poster
    from recon.posting.preview import Preview

_OTHER_TRAIL = "other_trail"
_GOOD = ("confirmed", "settled")
_STYLES = {"confirmed": "green", "settled": "green", "waiting": "yellow", "elsewhere": "yellow"}
_ACTS = "--release, --renew, --abandon or --lost"
Got = TypeVar("Got")


@contextmanager
def _at_the_ledger(workspace: Path, reports: Path) -> Iterator[tuple[Seat, Door]]:
    """The person's seat and the way into the ledger; the newest run says what lines must carry."""
    from recon.desk import door_of, newest_run, take_seat  # noqa: PLC0415 - slow to import

    with take_seat(workspace) as seat:
        yield seat, door_of(seat, newest_run(reports))


def _with_poster(
    seat: Seat, door: Door, work: Callable[[Poster], Awaitable[Got]], *, reports: Path | None = None
) -> Got:
    """What the work comes to with a poster, while the ledger is open."""
    from recon.desk.ledger import poster_of  # noqa: PLC0415
    from recon.wire.loop import run  # noqa: PLC0415

    async def done() -> Got:
        async with door.open() as ledger:
            return await work(poster_of(seat, ledger, reports=reports))

    seat.control.check_post(seat.who)
    with interruptible("what was sent is on record, and recon settle looks up what became of it"):
        return run(done())


def post(
    keys: Keys = None,
    *,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Send nothing: show exactly what would be sent, and what stands in its way."),
    ] = False,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Post every approved entry, or those that are named, exactly once. Nothing is sent without an approval."""
    from recon.posting.preview import preview  # noqa: PLC0415

    with _at_the_ledger(workspace, reports) as (seat, door):
        only = _due(seat, keys)
        if dry_run:
            shown = _with_poster(seat, door, lambda poster: preview(poster, only), reports=reports)
            _show_previews(door, shown, as_json=as_json)
            return
        report = _with_poster(seat, door, lambda poster: poster.post(only), reports=reports)
        code = _code_of_report(report)
        if as_json:
            print_json({**_report_facts(door, report), "exit_code": code})
        else:
            _show_report(door, report, "Nothing is approved that is not posted: nothing was sent.")
    raise typer.Exit(code)


def _code_of_report(report: Report) -> int:
    """0 where every entry stands as it should, else what is in the way of the others: one cause has one code."""
    left = {one.what for one in report.done}.difference(_GOOD)
    if left == {"elsewhere"}:
        return LockHeld.exit_code
    if "not_read" in left and left <= {"not_read", "not_tried"}:
        return RemoteError.exit_code
    return PostingError.exit_code if left else 0


def _due(seat: Seat, keys: Sequence[str] | None) -> frozenset[str] | None:
    """The identities that were named, each approved; None where none was named.

    Raises: NotApproved naming every entry without an approval on record.
    """
    from recon.desk import chosen  # noqa: PLC0415
    from recon.posting.poster import DUE  # noqa: PLC0415

    if not keys:
        return None
    ones = chosen(seat.store, keys)
    others = [f"{one.key} is {one.state}" for one in ones if one.state not in DUE]
    if others:
        raise NotApproved(f"only approved entries are sent: {'; '.join(others)}; nothing was sent")
    return frozenset(one.identity for one in ones)


def _show_previews(door: Door, previews: Sequence[Preview], *, as_json: bool) -> None:
    if as_json:
        rows = [{"key": one.correction.key, "would": one.words, "sent": one.text} for one in previews]
        print_json({"service": door.name, "address": door.address, "entries": rows})
        return
    typer.echo(f"Dry run: nothing is sent to {door.called} at {door.address}, and nothing is recorded.")
    for one in previews:
        typer.echo(f"\n{one.correction.key}  {one.correction.content.memo}\n  {one.words}")
        for line in one.text.splitlines():
            typer.echo(f"    {line}")
    if not previews:
        typer.echo("Nothing is approved that is not posted.")


def _report_facts(door: Door, report: Report) -> dict[str, Any]:
    return {
        "service": door.name,
        "address": door.address,
        "entries": [_done_facts(one) for one in report.done],
        "stopped": report.stopped,
    }


def _done_facts(one: Done) -> dict[str, Any]:
    entry = one.correction
    debits = f"{entry.content.gross:.2f}"
    return {
        "key": entry.key, "what": one.what, "words": one.words, "state": entry.state, "debits": debits,
        "record_no": entry.record_no,
    }  # fmt: skip


def _show_report(door: Door, report: Report, nothing: str) -> None:
    from rich.markup import escape  # noqa: PLC0415

    from recon.cli.tables import plain_table, wide_console  # noqa: PLC0415
    from recon.money import ZERO, accounting  # noqa: PLC0415

    console = wide_console()
    if not report.done:
        console.print(nothing)
        return
    table = plain_table("Key", "What became of it", "", amounts=("Debits",))
    for one in report.done:
        style = _STYLES.get(one.what, "red")
        table.add_row(
            one.correction.key,
            f"[{style}]{one.what.replace('_', ' ')}[/]",
            escape(one.words),
            accounting(one.correction.content.gross),
        )
    console.print(table)
    good = [one for one in report.done if one.what in _GOOD]
    debits = accounting(sum((one.correction.content.gross for one in good), ZERO))
    told = (
        f"{counted(len(good), 'entry stands', 'entries stand')} in the ledger behind {door.called}, debits of {debits}"
    )
    left = len(report.done) - len(good)
    console.print(f"{told}{'; ' + counted(left, 'does', 'do') + ' not' if left else ''}.")
    if left and left == len(report.of("elsewhere")):
        console.print("Next: nothing is wrong; the other process brings them in.")
    elif left:
        console.print("Next: mend what the words say; recon settle looks up what is not certain, before anything else.")
    if report.stopped:
        console.print(f"[red]{escape(report.stopped)}[/]")


def settle(
    keys: Keys = None,
    *,
    release: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Let go of a frozen entry after a look at the ledger; with --note."),
    ] = None,
    renew: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Propose a refused or undone entry again, under its next key; with --note."),
    ] = None,
    abandon: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="End an entry that was sent and never arrived; with --note."),
    ] = None,
    lost: Annotated[
        str | None,
        typer.Option(metavar="KEY", help="Say that an entry which was booked was deleted in Intacct; with --note."),
    ] = None,
    note: Annotated[str, typer.Option(help="What was seen, or why; it stays on the record.", callback=one_line)] = "",
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Find out by reading what became of entries on their way, and sweep the ledger for what should not be there.

    Nothing is sent. Surplus entries are frozen and their reversals proposed.
    """
    acts = ((_released, release), (_renewed, renew), (_abandoned, abandon), (_lost, lost))
    named = [(act, key) for act, key in acts if key]
    if len(named) + bool(keys and named) > 1:
        raise typer.BadParameter("one entry and one act at a time", param_hint=_ACTS)
    if bool(note.strip()) != bool(named):
        raise typer.BadParameter(f"a note goes with {_ACTS}, and those with a note", param_hint="--note")
    from recon.desk import chosen  # noqa: PLC0415

    with _at_the_ledger(workspace, reports) as (seat, door):
        if named:
            ((act, key),) = named
            (one,) = chosen(seat.store, [key])
            _tell_one(act(seat, door, one, note), as_json=as_json)
            return
        only = frozenset(one.identity for one in chosen(seat.store, keys)) if keys else None
        report, swept = _with_poster(seat, door, lambda poster: _settled(poster, only))
        code = _code_of(swept) or _code_of_report(report)
        if as_json:
            print_json({**_report_facts(door, report), **_swept_facts(swept), "exit_code": code})
        else:
            _show_report(door, report, "No entry is on its way.")
            _show_swept(swept)
    raise typer.Exit(code)


def _code_of(swept: Swept) -> int:
    if any(one.kind == _OTHER_TRAIL for one in swept.findings):
        return TrailBroken.exit_code
    return PostingError.exit_code if swept.findings else 0


async def _settled(poster: Poster, only: frozenset[str] | None) -> tuple[Report, Swept]:
    from recon.posting.sweeping import sweep  # noqa: PLC0415

    return await poster.settle(only), await sweep(poster)


def _released(seat: Seat, _door: Door, one: Correction, note: str) -> Correction:
    """The entry without its hold, after a person looked at the ledger."""
    from recon.desk import release  # noqa: PLC0415

    return release(seat, one, note)


def _renewed(seat: Seat, door: Door, one: Correction, note: str) -> Correction:
    """The refused or undone entry, proposed under its next key."""
    seat.control.check_prepare(seat.who)
    return _with_poster(seat, door, lambda poster: poster.renew(one.identity, note))


def _abandoned(seat: Seat, door: Door, one: Correction, note: str) -> Correction:
    """The entry that never arrived, ended by one who could have approved it."""
    seat.control.check_abandon(one, seat.who, seat.today())
    return _with_poster(seat, door, lambda poster: poster.abandon(one.identity, note))


def _lost(seat: Seat, door: Door, one: Correction, note: str) -> Correction:
    """The entry that somebody deleted in Intacct, called lost by one who could have approved it."""
    seat.control.check_abandon(one, seat.who, seat.today())
    return _with_poster(seat, door, lambda poster: poster.lost(one.identity, note))


def _tell_one(one: Correction, *, as_json: bool) -> None:
    if as_json:
        facts = {"key": one.key, "state": one.state, "reason": one.reason, "debits": f"{one.content.gross:.2f}"}
        print_json(facts)
    else:
        typer.echo(f"{one.key} is {one.state}: {one.reason or one.explanation}")


def _swept_facts(swept: Swept) -> dict[str, Any]:
    findings = [
        {"kind": one.kind, "key": one.key, "record_nos": list(one.record_nos), "words": one.words}
        for one in swept.findings
    ]
    return {
        "swept": {
            "entries": swept.entries_count,
            "with_a_head": swept.heads_count,
            "settled": [_done_facts(one) for one in swept.done],
            "findings": findings,
            "proposed": [one.key for one in swept.proposed],
        }
    }


def _show_swept(swept: Swept) -> None:
    settled = sum(one.what == "settled" for one in swept.done)
    typer.echo(
        f"The sweep read {counted(swept.entries_count, 'entry', 'entries')} of recon in the ledger, "
        f"{swept.heads_count} with a head of the audit trail; "
        f"{settled} settled: alone under the key after the quiet time."
    )
    for one in swept.findings:
        typer.echo(f"  {one.kind.replace('_', ' ')}: {one.key}, records {', '.join(one.record_nos)}: {one.words}")
    for reversal in swept.proposed:
        typer.echo(f"  proposed: {reversal.key}, {reversal.content.memo}; approve it like any other entry")
    if not swept.findings:
        typer.echo("Each key has exactly one entry, each entry one event.")


def undo(
    key: Annotated[str, typer.Argument(metavar="KEY", help="Posting key of an entry that is booked.")],
    *,
    note: Note,
    date: Annotated[
        dt.datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of the reversal (default: the entry's own).")
    ] = None,
    workspace: Workspace = Path(),
    reports: AnyReports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Propose the reversing entry of a booked one; it is reviewed and approved by others like every entry."""
    del reports
    from recon.desk import chosen, propose_undo, take_seat  # noqa: PLC0415

    with take_seat(workspace) as seat:
        (one,) = chosen(seat.store, [key])
        reversal = propose_undo(seat, one, note, date.date() if date else None)
        _tell_one(reversal, as_json=as_json)
        if not as_json:
            typer.echo(
                f"It reverses {one.key} on {reversal.content.posting_date}. Next: recon review --mark {reversal.key}"
            )
