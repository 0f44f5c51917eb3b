"""The stamp of a signed run beside its manifest: for people, for machines, and the trail's head for auditors."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import polars as pl

from recon.digests import digest_file
from recon.reporting.manifest import MANIFEST, SIGNOFF_JSON, SIGNOFF_MARK, SIGNOFF_PAGE
from recon.reporting.model import RunRecord
from recon.reporting.signature import Signature, Stamp, as_json, render_mark, render_signature
from recon.signoff.carried import company_of
from recon.signoff.gate import subjects_of
from recon.signoff.kept import subject_of, uncorrected_of_year, waived_of
from recon.state.audit import anchors_in
from recon.state.periods import FORCED, SIGNED, SignOffRow, read_sign_offs
from recon.state.place import has_state
from recon.state.store import StateStore, open_state
from recon.trail import Event


def stamp(store: StateStore, folder: Path, record: RunRecord) -> None:
    """Write beside the manifest how the run stands on record; the pack itself is not touched."""
    period, company = record.found.period, company_of(record.policy)
    acts = read_sign_offs(store, company, period.name)
    _write(folder, record, acts, uncorrected_of_year(store, record), str(store.head()))


def stamped_or_why(store: StateStore, folder: Path, record: RunRecord) -> str:
    """Stamp the pack, and say nothing; where this person may not write beside it, why the stamp is missing.

    The records say who signed. The stamp tells those who only have the folder.
    """
    try:
        stamp(store, folder, record)
    except OSError as cause:
        return (
            f"the stamp could not be written: {cause.strerror} ({folder}); it stands on the record all the same, and "
            "whoever owns the folder writes the stamp by closing the period again"
        )
    return ""


def stamp_again(workspace: Path, folder: Path, record: RunRecord) -> None:
    """Stamp a pack whose signature is on record and does not stand beside it: its signer could not write there."""
    if not has_state(workspace):
        return
    with closing(open_state(workspace)) as store:
        packs = _signed_packs(store.events(), folder.parents[1])
        if any(_unstamped(file, ones) for file, ones in packs if file.parent == folder):
            stamp(store, folder, record)


def stamp_from(workspace: Path, folder: Path, record: RunRecord) -> None:
    """The same by the workspace's records; where it has none yet, that nobody has signed."""
    if not has_state(workspace):
        _write(folder, record, (), record.found.frames["uncorrected"], "")
        return
    with closing(open_state(workspace)) as store:
        stamp(store, folder, record)


def head_from(workspace: Path) -> str | None:
    """The head of the trail of the workspace's records; None where it has none yet."""
    if not has_state(workspace):
        return None
    with closing(open_state(workspace)) as store:
        return str(store.head())


def unstamped(events: Iterable[Event], reports: Path) -> tuple[str, ...]:
    """In sentences, the packs whose signatures are on record and do not stand beside them as they were stamped."""
    found = (_unstamped(file, ones) for file, ones in _signed_packs(events, reports))
    return tuple(words for words in found if words)


def _signed_packs(events: Iterable[Event], reports: Path) -> Iterable[tuple[Path, list[Event]]]:
    """The stamp of each pack that the trail tells of, and the signatures that it must show."""
    signed: dict[Path, list[Event]] = {}
    for event in events:
        if event.act in (SIGNED, FORCED):
            pack = reports / event.details["period"] / event.details["run_id"]
            signed.setdefault(pack / SIGNOFF_JSON, []).append(event)
    return signed.items()


def _unstamped(file: Path, signed: Sequence[Event]) -> str:
    """Why the file does not show the newest of the signatures; empty where it does."""
    newest = signed[-1].sequence
    stands = [one.head.sequence for one in anchors_in([file])] if file.is_file() else []
    if max(stands, default=-1) >= newest:
        return ""
    names = ", ".join(dict.fromkeys(one.subject for one in signed))
    wrong = "is older than that" if stands else "holds no head of the trail" if file.is_file() else "is not there"
    return f"Row {newest} of the trail tells of a signature ({names}); {file}, which should show it, {wrong}."


def _write(folder: Path, record: RunRecord, acts: Sequence[SignOffRow], rows: pl.DataFrame, head: str) -> None:
    """Put the stamp; `acts` are those of the whole period."""
    told = stamp_of(record, acts)
    acts = [one for one in acts if one.run_id == record.run_id]
    _put(folder / SIGNOFF_MARK, render_mark(told))
    _put(folder / SIGNOFF_PAGE, render_signature(record, told, rows))
    if acts:
        _put(folder / SIGNOFF_JSON, _json(folder, record, told, acts, head))


def stamp_of(record: RunRecord, acts: Sequence[SignOffRow]) -> Stamp:
    """How the run stands, given every act on its period in order."""
    history = tuple(_signature(one) for one in acts if one.run_id == record.run_id)
    newest = {one.subject: one for one in history}
    standing = {subject_of(one): one for one in acts}.values()
    others = ((one.run_id, _signature(one)) for one in standing if one.run_id != record.run_id and one.is_signature)
    subjects = tuple(map(str, subjects_of(record.found, record.policy, record.accounts)))
    return Stamp(subjects, tuple(newest.values()), history, tuple(others))


def _signature(row: SignOffRow) -> Signature:
    forced = tuple((one.words, f"{one.amount:,.2f}") for one in waived_of(row))
    return Signature(str(subject_of(row)), row.act, row.actor, row.at, row.note, forced)


def _json(folder: Path, record: RunRecord, told: Stamp, acts: Sequence[SignOffRow], head: str) -> str:
    """The sign-off for machines; `trail_head` is written here, outside the database, so that a cut trail shows."""
    newest = {(one.kind, one.subject): one for one in acts}
    standing = [one for one in newest.values() if one.is_signature]
    whole = {
        "run_id": record.run_id,
        "period": record.found.period.name,
        "company": company_of(record.policy),
        "manifest_sha256": digest_file(folder / MANIFEST),
        "signed": [
            {
                "kind": one.kind, "subject": one.subject, "act": one.act, "signed_by": one.actor,
                "signed_at": one.at.isoformat(), "manifest_sha256": one.manifest_digest,
            }
            for one in standing
        ],
        "history": as_json(told),
        "trail_head": head,
    }  # fmt: skip
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def _put(path: Path, text: str) -> None:
    """The file in one step: a reader sees the old stamp or the new one, never half of it."""
    fresh = path.with_name(f".{path.name}.new")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(path)
