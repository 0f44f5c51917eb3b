"""What people decided, kept and read: in a file of the workspace, and in the state database once there is one."""

from __future__ import annotations

from recon.decisions.database import DecisionTable
from recon.decisions.file import FILE, DecisionFile
from recon.decisions.kept import Decisions, open_decisions
from recon.decisions.person import person
from recon.decisions.reading import DecisionsRead, read_decisions
from recon.decisions.rows import ACTIONS, DecisionStore, Wish

__all__ = [
    "ACTIONS",
    "FILE",
    "DecisionFile",
    "DecisionStore",
    "DecisionTable",
    "Decisions",
    "DecisionsRead",
    "Wish",
    "open_decisions",
    "person",
    "read_decisions",
]
