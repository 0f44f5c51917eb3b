"""`Corrections`: what became of a period's proposals, opened from the records as notebooks and people look at it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from recon.demo import COMPANY_NAME
from recon.desk import runs_behind
from recon.errors import ConfigError, DataError, InvariantBroken, TrailBroken
from recon.lifecycle import Correction, People
from recon.posted_demo import at_the_demo_desk
from recon.reporting.corrections import by_state, correction_evidence, correction_lines, correction_list, trail_list
from recon.reporting.model import RunRecord
from recon.run import DEMO, Run
from recon.state.audit import audit
from recon.state.place import has_state
from recon.state.proof import approval_of
from recon.state.store import StateStore, open_state
from recon.trail import Event, Head
from recon.workspace import people_or_nobody

_SENT = ("intent", "sent", "uncertain", "confirmed", "settled", "reversed")


@dataclass(frozen=True, repr=False)
class Corrections:
    """What stands on record of one period, beside the run that proposes it. Every frame is read only."""

    record: RunRecord
    ones: tuple[Correction, ...]
    events: tuple[Event, ...]  # of the whole trail, the oldest first
    head: Head  # the newest link: whoever keeps it elsewhere can tell a changed trail
    faults: tuple[str, ...] = ()  # what the audit of the trail found, in sentences
    others: tuple[RunRecord, ...] = ()  # earlier runs that proposed one of them last
    people: People = field(default_factory=lambda: People(()))  # of the workspace

    @property
    def states(self) -> pl.DataFrame:
        """One row per state: entries, debits and effect on pre-tax income, + raises it."""
        return by_state(self.listed)

    @property
    def listed(self) -> pl.DataFrame:
        """One row per entry: state, cause, debits, effect on income, who prepared, reviewed and approved, record."""
        return correction_list(self.ones, self.record)

    @property
    def lines(self) -> pl.DataFrame:
        """One row per entry, account and place: per ledger, per source, to book, Dr/(Cr)."""
        return correction_lines(self.ones, self.record, self.others)

    @property
    def evidence(self) -> pl.DataFrame:
        """One row per line behind an entry: side, document, date, account, amount Dr/(Cr), line id."""
        return correction_evidence(self.ones, self.record, self.others)

    @property
    def acts(self) -> pl.DataFrame:
        """One row per act on an entry of the period: number in the trail, time in UTC, person, act, key, state."""
        return trail_list(self.events, self.ones)

    def check_sound(self) -> None:
        """Raise TrailBroken if the trail does not verify, InvariantBroken if an entry was sent as none approved it."""
        if self.faults:
            raise TrailBroken(" ".join(self.faults))
        for one in self.ones:
            if one.state in _SENT and one.approved_digest != one.digest:
                raise InvariantBroken(f"the entry {one.key} is not what was approved")
            if one.state in _SENT and self._approved_own(one):
                raise InvariantBroken(f"the entry {one.key} was approved by who made it")

    def _approved_own(self, one: Correction) -> bool:
        """Under any name or login, as the users file and the trail have it, unless it was given with four eyes off."""
        given = approval_of(self.events, one)
        on = given is None or given.details.get("four_eyes") == str(True)
        deciders = [name for name in (one.approved_by, one.approved_login) if name]
        return on and any(self.people.same(name, hand) for name in deciders for hand in one.made_by)

    def __repr__(self) -> str:
        told = ", ".join(f"{number} {state}" for state, number in self.states.select("state", "entries").iter_rows())
        return f"<Corrections of {self.record.found.period.name}: {told or 'none'}; {self.head}>"


def open_corrections(run: Run, *, workspace: str | Path) -> Corrections:
    """What became of the proposals of the run's period, as the records of the workspace have it.

    `workspace` is a folder, or "demo": then made-up people review, approve and post what the demo company's run
    proposes, into a sandbox that stands meanwhile.

    Raises: DataError where nothing is on record yet; ConfigError where a company's run is held against the demo's
        records, or the records cannot be reached.
    """
    if str(workspace) == DEMO:
        if run.record.policy.company.name != COMPANY_NAME:
            raise ConfigError(
                "the records of the demo are of another company: set workspace to the folder of this one",
                company=run.record.policy.company.name,
            )
        with at_the_demo_desk(run.record) as store:
            return _read(store, run)
    if not has_state(Path(workspace)):
        raise DataError("nothing is on record there yet: recon review makes the records", workspace=workspace)
    store = open_state(Path(workspace))
    try:
        return replace(_read(store, run), people=people_or_nobody(Path(workspace)))
    finally:
        store.close()


def _read(store: StateStore, run: Run) -> Corrections:
    ones = store.all(period=run.period.name)
    others = runs_behind(ones, run.folder.parents[1], run.record) if run.folder is not None else ()
    return Corrections(run.record, ones, store.events(), store.head(), audit(store), others)
