"""A correction of a signed month carries what every proposal carries: class, project and customer of the source."""

from __future__ import annotations

from pathlib import Path

from make import SEPTEMBER, expected, ledger
from make_signing import finished, rules

from recon.canonical import SignedSubject
from recon.period import parse_period
from recon.signoff.prior import draft_prior


def test_the_lines_of_a_correction_in_a_later_month_keep_the_dimensions_of_the_source(tmp_path: Path) -> None:
    wanted = expected("E1 1010 97.10 D:DEP1000904", "E2 6510 2.90", "E3 1250 -100.00 class:CARD project:P7")
    booked = ledger("A1 1010 87.10 D:DEP1000904", "A2 6510 2.90", "A3 1250 -90.00")
    signed = SignedSubject("reconciliation", "deposits", "0123456789ab", "bob", SEPTEMBER.end, ())
    by = rules(SEPTEMBER, "15.00")
    record = finished(tmp_path, "0123456789ab", SEPTEMBER, wanted, booked, by=by, signed=(signed,), files=())
    name = record.found.frames["variances"]["variance_id"].item()

    drafted = draft_prior(record, name, parse_period("2026-10"), prepared_by="ann")

    assert {line.account: (line.class_, line.project, line.customer) for line in drafted.content.lines} == {
        "1010": (None, None, None),
        "1250": ("CARD", "P7", None),
    }
