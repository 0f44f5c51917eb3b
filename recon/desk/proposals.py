"""The proposals of the newest run, taken into the records, and corrections by the names that people type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from recon.desk.packs import whole_runs
from recon.desk.seat import Seat
from recon.desk.taken import keep_taken, why_not_taken
from recon.errors import DataError, DigestDiffers, NotAllowed
from recon.lifecycle import Correction
from recon.posting.registering import Proposed, Registered, authors_by_rule, register
from recon.reporting.model import RunRecord
from recon.reporting.runs import find_run, is_intact, latest_run_id, list_runs, read_record
from recon.signoff.closed import closer_for
from recon.signoff.kept import unsigned
from recon.state.port import CorrectionStore

SHORTEST = 6  # characters of a key that name an entry


def newest_run(reports: Path, period: str | None = None) -> RunRecord:
    """The newest run of the period, or of all periods.

    Raises: DataError if there is none, DigestDiffers if anything of it is not what was written.
    """
    if period is not None:
        folder = find_run(reports, period)
    else:
        newest = next((fact for fact in list_runs(reports) if fact.is_latest), None)
        if newest is None:
            raise DataError("no run stands there to propose anything: close a period first", reports=reports)
        folder = newest.folder
    if not is_intact(folder):
        raise DigestDiffers("this run is not what its manifest says: close the period again", folder=folder)
    return read_record(folder)


def run_to_show(seat: Seat, reports: Path, period: str | None) -> RunRecord:
    """The newest run of the period; where it has none but entries on record, the newest of all periods.

    Raises: as `newest_run` does.
    """
    has_run = period is None or latest_run_id(reports / period) is not None
    return newest_run(reports, None if not has_run and seat.store.all(period=period) else period)


def runs_behind(corrections: Iterable[Correction], reports: Path, newest: RunRecord) -> tuple[RunRecord, ...]:
    """The other runs that proposed one of the corrections last, where they stand whole in the reports."""
    named = {one.run_id for one in corrections if one.run_id != newest.run_id}
    return tuple(read_record(folder) for run_id in sorted(named) for folder in whole_runs(reports, run_id))


def check_ours(seat: Seat, record: RunRecord) -> None:
    """Raises: DataError if the run is of another company than the seat."""
    theirs, ours = record.policy.company, seat.company.policy.company
    if (theirs.name, theirs.entity) != (ours.name, ours.entity):
        raise DataError(
            f"this run is of {theirs.name}, the workspace of {ours.name}: name the right --reports",
            run_id=record.run_id,
        )


def take_in(seat: Seat, record: RunRecord, reports: Path | None = None, *, older: bool = False) -> Registered:
    """What became of the run's proposals in the records; called again it changes nothing.

    The preparer is the person who ran the close, as the trail says, whoever takes its proposals in. What is signed
    takes no entries. Without `reports` the record is one that this process made: nobody could have changed a file.
    A run that is not the newest, or stands elsewhere than the one taken in last, takes nothing in unless a person says
    so (`older`).

    Raises: NotAllowed where users.csv does not know that person, or they may not prepare entries, or where the trail
        does not know the close; DigestDiffers where it knows another; DataError for a run of another company, or one
        that does not say who closed it; Stale.
    """
    policy = record.policy
    check_ours(seat, record)
    if not record.closed_by:
        raise DataError("this run does not say who closed it: close the period again", run_id=record.run_id)
    preparer = seat.control.people.acting(record.closed_by)
    seat.control.check_prepare(preparer)
    name = preparer.person.name
    if reports is not None:
        folder = reports / record.found.period.name / record.run_id
        name = closer_for(seat.store, folder, record, seat.control.people).person or name
        refused = "" if older else why_not_taken(seat.store, record, reports)
        if refused:
            return Registered(refused=refused)
        keep_taken(seat.store, record, actor=seat.name)
    run = Proposed(
        run_id=record.run_id,
        company=policy.company.name,
        entity=policy.company.entity,
        period=record.found.period,
        currency=policy.company.currency,
        prepared_by=name,
        prepared_login=record.closed_by,
        compared=frozenset(one.name for one in record.found.statuses if one.status != "not compared"),
        frames=unsigned(seat.store, record),
        ledger=record.found.ledger,
        window_days=policy.tolerances.window_days,
        rule_authors=authors_by_rule(policy.rules, seat.control.people),
    )
    return register(seat.store, run, actor=seat.name)


def chosen(store: CorrectionStore, names: Sequence[str]) -> tuple[Correction, ...]:
    """The corrections that were named by posting key, of any generation, or by a beginning of it that only one has.

    Raises: NotAllowed naming every name that fits none, or several.
    """
    known = store.all()
    problems, found = [], {}
    for name in names:
        wanted = name.strip().upper()
        whole = store.by_key(wanted)
        fits = [whole] if whole else []
        if not fits and len(wanted) >= SHORTEST:
            fits = [one for one in known if one.key.startswith(wanted)]
        if len(fits) == 1:
            found[fits[0].identity] = fits[0]
        elif fits:
            problems.append(f"{name} begins several keys: {', '.join(one.key for one in fits)}")
        else:
            problems.append(f"no entry on record has the key {name}: recon review lists them")
    if problems:
        raise NotAllowed("; ".join(problems))
    return tuple(found.values())
