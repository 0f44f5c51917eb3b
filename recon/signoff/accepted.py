"""What people accepted, as signing reads it: it counts only from another person than who prepared the run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import polars as pl

from recon.decisions.database import DECIDED
from recon.decisions.rows import framed
from recon.errors import ApprovalError
from recon.lifecycle import Control
from recon.matching.decided import Decision, effective
from recon.money import ZERO
from recon.reporting.model import RunRecord
from recon.signoff.closed import Closer
from recon.signoff.gate import gross_by_variance
from recon.state.decided import read_rows
from recon.state.store import StateStore

_LINES = ("expected_line_ids", "actual_line_ids", "candidates")


def accepted_alone(
    store: StateStore, control: Control, record: RunRecord, closer: Closer | None, signer: str = ""
) -> dict[str, str]:
    """Findings of the run whose acceptance does not count, by variance id, with the reason in words.

    It counts from a person who may review, is neither a preparer nor the one who would sign, accepted no more than
    their limit, and decided under a login that the system vouched for: the trail has it. What came from a file says
    a name that anybody could have typed.
    """
    variances = record.found.frames["variances"]
    decided = variances.filter(pl.col("status") == "accepted", pl.col("also").list.contains("decided")).to_dicts()
    if not decided:
        return {}
    vouched = {(event.subject, event.actor) for event in store.events() if event.act == DECIDED}
    standing = effective(framed(store.database.read(read_rows))).of("accept")
    known = [one for one in standing if (one.decision_id, one.decided_by) in vouched]
    preparers = (record.prepared_by, record.closed_by, *(closer.names if closer else ()))
    by_finding = {str(row["variance_id"]): _of(row, known) for row in decided}
    gross = gross_by_variance(record.found.frames["variance_lines"])
    judge = _Judge(
        control, preparers, signer, {name: (gross.get(name, ZERO), ones) for name, ones in by_finding.items()}
    )
    found = {name: judge.alone(ones) for name, ones in by_finding.items()}
    return {name: why for name, why in found.items() if why}


def _of(row: Mapping[str, Any], accepts: Iterable[Decision]) -> list[Decision]:
    """The acceptances on record that the finding tells of."""
    lines = {line for name in _LINES for line in row[name] or ()}
    return [one for one in accepts if one.lines & lines and one.said("Accepted") in row["explanation"]]


@dataclass(frozen=True)
class _Judge:
    """What decides whether an acceptance counts: the control, whose it must not be, and all that was accepted."""

    control: Control
    preparers: Sequence[str]
    signer: str
    accepted: Mapping[str, tuple[Decimal, Sequence[Decision]]]  # by variance id: debits, and the acceptances on record

    def alone(self, accepts: Sequence[Decision]) -> str:
        """Why none of the acceptances of a finding counts; empty where one does."""
        reasons = []
        for one in accepts:
            try:
                total = self._total(one.decided_by)
                self.control.check_accepted(self.preparers, one.decided_by, total, signer=self.signer)
            except ApprovalError as fault:
                reasons.append(fault.message)
            else:
                return ""
        return reasons[0] if reasons else "no decision on record says who accepted it: accept it again, and close again"

    def _total(self, login: str) -> Decimal:
        """All that the person behind the login accepted, whatever name they used."""
        same = self.control.people.same
        sums = (gross for gross, ones in self.accepted.values() if any(same(one.decided_by, login) for one in ones))
        return sum(sums, ZERO)
