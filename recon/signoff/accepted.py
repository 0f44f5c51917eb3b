"""What people accepted, as signing reads it: it counts only from another person than who prepared the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import polars as pl

from recon.decisions.database import DECIDED
from recon.decisions.rows import framed
from recon.errors import ApprovalError
from recon.lifecycle import Control
from recon.matching.decided import Decision, effective
from recon.reporting.model import RunRecord
from recon.signoff.closed import Closer
from recon.state.decided import read_rows
from recon.state.store import StateStore

_LINES = ("expected_line_ids", "actual_line_ids", "candidates")


def accepted_alone(store: StateStore, control: Control, record: RunRecord, closer: Closer | None) -> dict[str, str]:
    """Findings of the run whose acceptance is no second person's, by variance id, with the reason in words.

    It counts from a person who may review, is none of the preparers, and decided under a login that the system
    vouched for: the trail has it. What came from a file says a name that anybody could have typed.
    """
    variances = record.found.frames["variances"]
    decided = variances.filter(pl.col("status") == "accepted", pl.col("also").list.contains("decided")).to_dicts()
    if not decided:
        return {}
    vouched = {(event.subject, event.actor) for event in store.events() if event.act == DECIDED}
    standing = effective(framed(store.database.read(read_rows))).of("accept")
    known = [one for one in standing if (one.decision_id, one.decided_by) in vouched]
    preparers = (record.prepared_by, record.closed_by, *(closer.names if closer else ()))
    found = {row["variance_id"]: _alone(_of(row, known), control, preparers) for row in decided}
    return {name: why for name, why in found.items() if why}


def _of(row: Mapping[str, Any], accepts: Iterable[Decision]) -> list[Decision]:
    """The acceptances on record that the finding tells of."""
    lines = {line for name in _LINES for line in row[name] or ()}
    return [one for one in accepts if one.lines & lines and one.said("Accepted") in row["explanation"]]


def _alone(accepts: Sequence[Decision], control: Control, preparers: Sequence[str]) -> str:
    """Why none of the acceptances is a second person's; empty where one is."""
    reasons = []
    for one in accepts:
        try:
            control.check_accepted(preparers, one.decided_by)
        except ApprovalError as fault:
            reasons.append(fault.message)
        else:
            return ""
    return reasons[0] if reasons else "no decision on record says who accepted it: accept it again, and close again"
