"""Who closed a run, as the trail says: the record of a run is a file, and whoever may write it could name another."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from recon.digests import digest_file
from recon.errors import DigestDiffers, NotAllowed, ReconError
from recon.lifecycle import People
from recon.lifecycle.people import folded
from recon.reporting.manifest import MANIFEST
from recon.reporting.model import RunRecord
from recon.state.place import has_state
from recon.state.store import StateStore, open_state
from recon.workspace import people_or_nobody

CLOSED = "closed"  # of an event: somebody whom the system vouched for made a run


@dataclass(frozen=True)
class Closer:
    """Who made a run: the vouched login, and the person whom the users file named under it then."""

    login: str
    person: str  # empty where the users file did not know the login

    @property
    def names(self) -> tuple[str, ...]:
        """Both, as the control asks for them: the login may be another person's by now."""
        return (self.login, *([self.person] if self.person else []))


def closer_of(store: StateStore, folder: Path, record: RunRecord) -> Closer | None:
    """Who made the run that stands in the folder, as the trail says; None where it says nothing of the run.

    Raises: DigestDiffers where the run is another than the one that was closed, or says that somebody else closed it.
    """
    events = [one for one in store.events(subject=_subject(record)) if one.act == CLOSED]
    if not events:
        return None
    told = events[-1].details
    if told["manifest_sha256"] != digest_file(folder / MANIFEST) or told["closed_by"] != record.closed_by:
        raise DigestDiffers(
            f"this run is not the one that {told['closed_by']} closed, as the trail has it: close the period again",
            folder=folder,
        )
    return Closer(told["closed_by"], told.get("person", ""))


def keep_closed(store: StateStore, folder: Path, record: RunRecord, people: People) -> Closer:
    """Who made the run, from now on in the trail. Only who is at the keyboard vouches for their own close."""
    person = people.acting(record.closed_by).person.name if people.knows(record.closed_by) else ""
    told = {"run_id": record.run_id, "period": record.found.period.name, "closed_by": record.closed_by}
    told |= {"manifest_sha256": digest_file(folder / MANIFEST), **({"person": person} if person else {})}
    store.record(CLOSED, _subject(record), actor=person or record.closed_by, details=told)
    return Closer(record.closed_by, person)


def closer_for(store: StateStore, folder: Path, record: RunRecord, people: People) -> Closer:
    """Who made the run; its closer, at the keyboard now, puts it on record where the trail says nothing of it.

    Raises: DigestDiffers as `closer_of` does; NotAllowed for anybody else while the trail says nothing of the run.
    """
    found = closer_of(store, folder, record)
    if found is not None:
        return found
    if not record.closed_by or folded(store.login) != folded(record.closed_by):
        raise NotAllowed(
            f"the audit trail does not know the close of this run: nobody vouches that {record.closed_by!r} made it. "
            f"{record.closed_by} closes the period again, or is the first to review it",
            run_id=record.run_id,
        )
    return keep_closed(store, folder, record, people)


def closed_at(store: StateStore, period: str, run_id: str) -> int:
    """The row of the trail that has the newest close of the run; 0 where it knows none."""
    events = store.events(subject=_run(period, run_id))
    return max((one.sequence for one in events if one.act == CLOSED), default=0)


def _keep_newest(store: StateStore, record: RunRecord, people: People) -> None:
    """Who closes a period again and is answered with an older run makes it the newest."""
    period = record.found.period.name
    closes = [one for one in store.events() if one.act == CLOSED and one.details.get("period") == period]
    if closes and closes[-1].subject != _subject(record) and people.knows(store.login):
        mine = [one for one in closes if one.subject == _subject(record)]
        said = {name: value for name, value in mine[-1].details.items() if name != "login"}
        store.record(CLOSED, _subject(record), actor=people.acting(store.login).person.name, details=said)


def _subject(record: RunRecord) -> str:
    return _run(record.found.period.name, record.run_id)


def _run(period: str, run_id: str) -> str:
    return f"run {period} {run_id}"


def counts_still(workspace: Path, folder: Path, record: RunRecord, login: str) -> bool:
    """True where the run that stands in the folder is answered to whoever closes the period again.

    What the trail does not know is from now on known, if who made it is at the keyboard; of another person it is made
    anew, as is what the trail knows otherwise.
    """
    people = people_or_nobody(workspace)
    if not people.persons:
        return True
    with closing(open_state(workspace, login=login)) as store:
        try:
            closer = closer_of(store, folder, record)
        except DigestDiffers:
            return False
        if closer is None and login and login == record.closed_by:
            closer = keep_closed(store, folder, record, people)
        elif closer is not None:
            _keep_newest(store, record, people)
    return closer is not None or not login  # whom nobody vouches for makes nothing that could be signed


def put_close(workspace: Path, folder: Path, record: RunRecord) -> None:
    """Let the workspace's trail know the close that was just made by whoever is at the keyboard.

    Where users.csv names nobody, whoever closes works alone: nothing of it is reviewed or signed.
    """
    people, stands = people_or_nobody(workspace), has_state(workspace)
    if not record.closed_by or not people.persons:
        return
    try:
        store = open_state(workspace, login=record.closed_by)
    except ReconError:
        if stands:
            raise
        return  # no records can be kept here: nothing is registered or signed either
    with closing(store):
        keep_closed(store, folder, record, people)
