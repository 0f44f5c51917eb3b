"""The demo company's people: what its close proposes is reviewed, approved and posted into a sandbox, all made up."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from dataclasses import replace
from pathlib import Path

from recon.desk import Seat, approve, approve_bulk, decline, door_of, mark_reviewed, take_in, take_seat
from recon.desk.ledger import poster_of
from recon.posting.model import Report, Tools
from recon.pulling.credentials import Purse
from recon.reporting.model import RunRecord
from recon.run import write_demo
from recon.sandbox.app import make_app
from recon.sandbox.intacct_xml import routes
from recon.sandbox.serve import serving
from recon.sandbox.signing_in import secrets_of, services_text
from recon.sandbox.world import DEMO_ACCESS, World
from recon.state.store import StateStore
from recon.wire.loop import run
from recon.workspace.people import USERS_FILE
from recon.workspace.supply import SUPPLY_FILE

# Ann closes the month and posts, Bob reviews and approves small entries, Carla approves large ones.
_PEOPLE = "ann,preparer,,,,\nbob,reviewer|approver,,,,\ncarla,controller,,,,\n"
_SERVICE = "intacct_xml"
_APPROVED = "payroll"  # of what was reviewed Carla approves this; the rest waits for her
_CONTESTED = "chargeback_unbooked"


@contextmanager
def at_the_demo_desk(record: RunRecord) -> Iterator[StateStore]:
    """The records after the demo company's people have met over the run; they are gone after the block."""
    closed = replace(record, closed_by="ann")
    period = record.found.period.name
    with (
        tempfile.TemporaryDirectory(prefix="recon-") as folder,
        closing(World.of_demo(period=period)) as world,
        serving(make_app(world, (routes,))) as url,
    ):
        workspace = write_demo(Path(folder) / "company", period).workspace
        with (workspace / USERS_FILE).open("a", encoding="utf-8") as stream:
            stream.write(_PEOPLE)
        text = f'[posting]\nservice = "{_SERVICE}"\n\n{services_text(url, [_SERVICE])}'
        (workspace / SUPPLY_FILE).write_text(text, encoding="utf-8")
        with _seat(workspace, "bob") as seat:
            _reviewed_by(seat, closed)
        with _seat(workspace, "carla") as seat:
            approve(seat, [one for one in seat.store.all(states=("reviewed",)) if one.reconciliation == _APPROVED])
        with _seat(workspace, "ann") as seat:
            _posted_by(seat, closed)
            yield seat.store


def _seat(workspace: Path, name: str) -> AbstractContextManager[Seat]:
    """The seat of somebody made up, whose records are the workspace's own."""
    return take_seat(workspace, lambda _: name, environ={})


def _reviewed_by(seat: Seat, record: RunRecord) -> None:
    """Bob looks at all but some, approves what is small, and declines what is contested."""
    ones = take_in(seat, record).added
    contested = [one for one in ones if one.cause == _CONTESTED][:1]
    decline(seat, contested, "the bank has won it back: see its letter")
    waiting = {one.identity for one in ones if one.cause == "rounding"} | {one.identity for one in contested}
    marked = mark_reviewed(seat, [one for one in ones if one.identity not in waiting])
    approve_bulk(seat, [one for one in marked if one.approval == "bulk"])


def _posted_by(seat: Seat, record: RunRecord) -> Report:
    door = door_of(seat, record, purse=Purse({name: DEMO_ACCESS[key] for name, key in secrets_of([_SERVICE]).items()}))

    async def done() -> Report:
        async with door.open() as ledger:
            return await poster_of(seat, ledger, Tools()).post()

    return run(done())
