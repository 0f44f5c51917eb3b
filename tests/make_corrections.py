"""Corrections and persons as an accountant would write them down, for tests of their life."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from recon.lifecycle import Approved, Content, ContentLine, Correction, People, Person, Reviewed, transition

DAY = dt.date(2026, 9, 30)

# Ann runs the close, Bob approves small entries, Carla large ones; the robot is Ann's.
ANN = Person("ann", frozenset({"preparer"}), ("ann@example.com", "CORP\\ann"), ("svc-close",))
BOB = Person("bob", frozenset({"reviewer", "approver"}), ("robert",))
CARLA = Person("carla", frozenset({"controller"}))
PEOPLE = People((ANN, BOB, CARLA))


def content(*lines: str, **fields: Any) -> Content:
    """What would be booked: lines as `account amount [location]`, a correction of the deposits' journal."""
    cells = [line.split() for line in lines]
    made = tuple(ContentLine(cell[0], Decimal(cell[1]), cell[2] if len(cell) > 2 else None) for cell in cells)
    said: dict[str, Any] = {
        "kind": "correction", "journal": "CRJ", "posting_date": DAY, "reversal_date": None, "currency": "USD",
        "memo": "Fee of deposit D-7",
    }  # fmt: skip
    return Content(**{**said, **fields}, lines=made)


def correction(amount: str = "12.00", **fields: Any) -> Correction:
    """The fee of one deposit, booked from clearing to expense; proposed by Ann's close."""
    said: dict[str, Any] = {
        "identity": "ab" * 32, "company": "Small Group", "entity": None, "period": "2026-09",
        "reconciliation": "deposits", "cause": "fee_unbooked", "approval": "bulk",
        "content": content(f"6400 {amount} 101", f"1250 -{amount} 101"), "explanation": "The fee is not booked.",
        "variance_ids": ("V1",), "run_id": "0123456789ab", "prepared_by": "ann",
    }  # fmt: skip
    return Correction(**{**said, **fields})


def approved(one: Correction, by: str = "bob") -> Correction:
    """The correction after a review and an approval of exactly what it says."""
    reviewed = transition(one, Reviewed(by, one.digest))
    return transition(reviewed, Approved(by, reviewed.digest))
