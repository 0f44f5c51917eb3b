"""`recon audit`: whether the trail is what was written, the trail for an auditor, and what it says of one entry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from recon.cli.options import AsJson, Reports, Workspace
from recon.cli.screen import counted, print_json
from recon.errors import ConfigError, DataError, TrailBroken

if TYPE_CHECKING:
    from recon.desk.ledger import Heads
    from recon.state.store import StateStore
    from recon.trail import Anchor

audit = typer.Typer(help="Verify, export and show the hash-chained trail of every act.", no_args_is_help=True)
HeadFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--head", metavar="FILE", help="A text with heads that were written elsewhere: a memo, an e-mail; repeatable."
    ),
]
AtLedger = Annotated[
    bool, typer.Option("--ledger", help="Read the heads, too, that stand with recon's entries in the ledger.")
]
_NOT_WHOLE = 1  # nothing is broken, but a head that was written outside is not there any more
_ANCHORED = ("*/*/manifest.json", "*/*/signoff*")  # in the folder of reports


@audit.command()
def verify(
    *,
    head: HeadFiles = None,
    ledger: AtLedger = False,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Perform the whole chain again, and hold every row of the records against it; the first broken link is named."""
    from recon.signoff.stamp import unstamped  # noqa: PLC0415
    from recon.state.audit import audit as found_by  # noqa: PLC0415

    anchors = _anchors(reports, head)
    with _records(workspace) as store:
        read = _in_ledger(workspace) if ledger else None
        anchors += read.anchors if read else ()
        wrong = found_by(store, anchors)
        stands = store.head()
        missing = () if wrong else unstamped(store.events(), reports)
    if wrong:
        raise TrailBroken(" ".join(wrong))
    facts: dict[str, object] = {"rows": stands.sequence, "head": str(stands), "heads_elsewhere": len(anchors)}
    if read:
        facts["in_ledger"] = {"service": read.service, "entries": read.entries_count, "with_a_head": read.heads_count}
    if as_json:
        print_json({**facts, "missing": list(missing)})
    else:
        typer.echo(f"{stands.sequence} rows, each follows from the one before; every record is as its last row says.")
        told = counted(len(anchors), "head written elsewhere stands", "heads written elsewhere stand")
        typer.echo(f"{told} in it. The head is now:\n{stands}")
        if read:
            typer.echo(_told_of(read))
        if not anchors:
            typer.echo(
                "Without one a cut tail does not show: keep this line outside, and give it back with --head FILE."
            )
        for words in missing:
            typer.echo(
                f"{words} Put the file back, close the period again as who may write there, or name the right "
                "--reports: without it a cut may not show."
            )
    raise typer.Exit(_NOT_WHOLE if missing else 0)


def _in_ledger(workspace: Path) -> Heads:
    from recon.desk.ledger import heads_in_ledger  # noqa: PLC0415

    return heads_in_ledger(workspace)


def _told_of(read: Heads) -> str:
    """How many of the entries in the ledger show a head, and what it means if none does."""
    entries = counted(read.entries_count, "entry", "entries")
    said = f"{entries} of recon in the ledger behind {read.called}: {read.heads_count} with a head."
    if read.heads_count < read.entries_count:
        said += (
            " An entry shows none where somebody changed its history comment, or Intacct does not tell it; by REST, "
            "which has no such field, where each of its lines has a description of its own."
        )
    return said


@audit.command()
def export(
    out: Annotated[Path, typer.Option(metavar="DIR", help="A new folder for trail.csv, proof.json and README.txt.")],
    *,
    head: HeadFiles = None,
    ledger: AtLedger = False,
    workspace: Workspace = Path(),
    reports: Reports = Path("reports"),
    as_json: AsJson = False,
) -> None:
    """Write the trail for an auditor, who can perform the check again with any Python and nothing of ours."""
    from recon.trail import README, csv_text, proof_text  # noqa: PLC0415

    anchors = _anchors(reports, head)
    with _records(workspace) as store:
        anchors += _in_ledger(workspace).anchors if ledger else ()
        links = store.links()
    try:
        out.mkdir(parents=True)
    except FileExistsError as cause:
        raise ConfigError("this folder exists already; name another one", folder=out) from cause
    for name, text in (
        ("trail.csv", csv_text(links)), ("proof.json", proof_text(links, anchors)), ("README.txt", README),
    ):  # fmt: skip
        (out / name).write_text(text, encoding="utf-8", newline="")
    if as_json:
        typer.echo(json.dumps({"rows": len(links), "folder": str(out), "heads_elsewhere": len(anchors)}))
    else:
        typer.echo(f"{len(links)} rows stand in {out / 'trail.csv'}; how to check them: {out / 'README.txt'}")


@audit.command()
def show(
    key: Annotated[str | None, typer.Argument(metavar="KEY", help="Of one entry (default: every row).")] = None,
    *,
    last: Annotated[int, typer.Option(min=1, help="The newest rows only.")] = 40,
    workspace: Workspace = Path(),
    as_json: AsJson = False,
) -> None:
    """Show who did what and when, the oldest first."""
    from recon.desk import chosen  # noqa: PLC0415

    with _records(workspace) as store:
        subject = chosen(store, [key])[0].identity if key else None
        events = store.events(subject=subject)
        keys = {one.identity: one.key for one in store.all()}
    if as_json:
        rows = [
            {
                "sequence": one.sequence, "at": one.at.isoformat(), "actor": one.actor, "act": one.act,
                "subject": one.subject, "details": dict(one.details), "hash": one.hash,
            }
            for one in events
        ]  # fmt: skip
        print_json({"events": rows})
        return
    if len(events) > last:
        typer.echo(f"The newest {last} of {len(events)} rows; all of them with --last {len(events)} or --json.")
    for one in events[-last:]:
        subject = keys.get(one.subject, one.subject)
        said = ", ".join(f"{name} {value}" for name, value in one.details.items() if name in _TOLD and value)
        typer.echo(f"{one.sequence:>5}  {one.at:%Y-%m-%d %H:%M:%S}  {one.actor:<12} {one.act:<11} {subject}  {said}")


_TOLD = ("state", "revision", "record_no", "note", "reason", "code", "kind", "entries", "keys", "findings")


@contextmanager
def _records(workspace: Path) -> Iterator[StateStore]:
    """The records of a workspace to look at; an auditor need not stand in users.csv."""
    from recon.state.place import has_state  # noqa: PLC0415
    from recon.state.store import open_state  # noqa: PLC0415

    if not has_state(workspace):
        raise DataError("nothing is on record there yet: recon review makes the records", workspace=workspace)
    with closing(open_state(workspace, whatever=True)) as store:
        yield store


def _anchors(reports: Path, heads: list[Path] | None) -> tuple[Anchor, ...]:
    """Heads in the packs' manifests and sign-offs, and in the files that were named.

    Raises: ConfigError for a named file that is absent or holds no head.
    """
    from recon.state.audit import anchors_in  # noqa: PLC0415

    for file in heads or ():
        if not file.is_file() or not anchors_in([file]):
            raise ConfigError("no head of a trail stands in this file: it reads recon-trail:NUMBER:HASH", file=file)
    return anchors_in([*_packs(reports), *(heads or ())])


def _packs(reports: Path) -> Iterator[Path]:
    for pattern in _ANCHORED:
        yield from (path for path in sorted(reports.glob(pattern)) if path.is_file() and not path.parent.is_symlink())
