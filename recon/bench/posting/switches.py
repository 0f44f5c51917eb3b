"""What may go wrong in a schedule; every fault can be switched off alone."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from recon.posting.model import Mode

Api = Literal["xml", "rest"]
Dedupe = Literal["full", "completed", "forgetting", "none"]
FaultName = Literal[
    "late_commit",  # the request is worked on for up to 15 minutes after the client gave up
    "lost_answer",  # done, and the answer never comes
    "half_answer",  # done, and the answer breaks off or is a page for people
    "broken_before",  # 5xx, nothing done
    "broken_after",  # 5xx, done
    "throttled",  # 429, nothing done
    "gateway_timeout",  # 524 of what stands in between, done at once or late
    "twin_running",  # 409: the same key is at work
    "other_body",  # 409: the key was used, and its answer is not kept any more
    "unique_conflict",  # 409: such a record exists
    "delivered_twice",  # one request arrives twice, the second time up to ten minutes later
    "unreachable",  # nothing was written to the socket
    "query_lag",  # a query does not see the last two minutes
    "read_fault",  # a query fails
    "period_closed",  # the books close midway
    "token_expired",  # everybody is signed out midway
]
APIS: tuple[Api, ...] = get_args(Api)
MODES: tuple[Mode, ...] = get_args(Mode)
DEDUPES: tuple[Dedupe, ...] = get_args(Dedupe)
FAULTS: tuple[FaultName, ...] = get_args(FaultName)
OF_WRITES: tuple[FaultName, ...] = (
    "late_commit", "lost_answer", "half_answer", "broken_before", "broken_after", "throttled", "gateway_timeout",
    "twin_running", "other_body", "unique_conflict", "delivered_twice", "unreachable",
)  # fmt: skip


@dataclass(frozen=True)
class Switches:
    """One way of posting to one kind of ledger, with the faults that are on."""

    api: Api
    mode: Mode
    dedupe: Dedupe
    faults: frozenset[FaultName] = frozenset(FAULTS)
    crashes: bool = True
    fault_chance: float = 0.5  # of each write

    @property
    def name(self) -> str:
        """API, mode and memory of the ledger."""
        return f"{self.api}/{self.mode}/{self.dedupe}"
