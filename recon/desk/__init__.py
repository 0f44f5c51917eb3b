"""What people do with proposed entries, for the terminal and notebooks alike: look, review, approve, post, undo."""

from __future__ import annotations

from recon.desk.acts import approve, approve_bulk, approve_named, decline, mark_reviewed, propose_undo, release
from recon.desk.ledger import Door, door_of
from recon.desk.proposals import chosen, newest_run, run_to_show, runs_behind, take_in
from recon.desk.seat import Seat, take_seat

__all__ = [
    "Door",
    "Seat",
    "approve",
    "approve_bulk",
    "approve_named",
    "chosen",
    "decline",
    "door_of",
    "mark_reviewed",
    "newest_run",
    "propose_undo",
    "release",
    "run_to_show",
    "runs_behind",
    "take_in",
    "take_seat",
]
