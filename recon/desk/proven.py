"""A ledger that proves to be recon's own sandbox: the service tells, whatever its address, which may be a tunnel's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from recon.wire import Answer, Ask, Wire
from recon.wire.addresses import origin_of
from recon.wire.port import SANDBOX


class Check(Protocol):
    """Raises: ConfigError where real books may not be reached."""

    def __call__(self, *, is_production: bool) -> None:
        """The answer of the control."""


@dataclass(frozen=True)
class Proven:
    """A wire on which each answer is judged, so that nothing follows one that is not the sandbox's; fulfils Wire."""

    wire: Wire
    check: Check

    async def ask(self, ask: Ask) -> Answer:
        """The answer of the wire. Raises: ConfigError as the check does."""
        answer = await self.wire.ask(ask)
        self.check(is_production=SANDBOX not in answer.headers)
        return answer


async def proven(wire: Wire, address: str, check: Check) -> Wire:
    """The wire, after the service at the address was asked who it is; no credential leaves before.

    What does not lie on this machine is not even asked. Raises: ConfigError as the check does; RemoteError.
    """
    home = origin_of(address)
    check(is_production=home is None or not home.is_loopback)
    judged = Proven(wire, check)
    await judged.ask(Ask("GET", address))
    return judged
