"""Which calls go wrong, and how: switched on by an admin route, or for one call by the header X-Sandbox-Fault.

The header reads `name; argument=value; ...`, as in `throttled; seconds=2; header=X-IA-Throttle-Limit-RetryAfter`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from recon.errors import ConfigError
from recon.sandbox.refusals import REST_PATH, XML_PATH

HEADER = "x-sandbox-fault"

KINDS: Mapping[str, str] = {
    "throttled": "429 before anything is done; `header` names the header that asks to wait `seconds`",
    "throttled_in_200": "the words 'API rate limit exceeded' under status 200, before anything is done",
    "unavailable": "`status` (503) before anything is done",
    "broken_after": "`status` (500) after the work was done",
    "hang": "no answer for `seconds`, then the connection is cut; nothing is done",
    "hang_after": "the work is done, no answer for `seconds`, then the connection is cut",
    "dropped": "the connection is cut before anything is done",
    "dropped_after": "the work is done, then the connection is cut",
    "half_body": "half of the answer, without its length, then the connection is cut",
    "wrong_length": "an answer that is shorter than its Content-Length says",
    "slow_body": "the answer in ten pieces over `seconds`",
    "duplicate": "the request is delivered twice, and the second answer goes back",
    "html": "a page for people under `status` (200) instead of the answer",
    "expired": "everybody is signed out before the call",
    "churn": "after the call `insert` units are added to `table` and `delete` are taken away, by `seed`",
    "null_modified": "times of the last change are missing in some rows",
    "epoch_modified": "times of the last change are 1970-01-01 in some rows",
    "null_arrays": "lists without rows are null",
    "extra_fields": "rows carry fields that nobody asked for",
    "no_permission": "the one who asks may not do this",
    "keeps_drafts": "a change of its state posts no draft of a journal entry (REST)",
}
# What a surface does itself, as it knows how its vendor says it.
ON_THE_ROWS = ("null_modified", "epoch_modified", "null_arrays", "extra_fields", "no_permission", "keeps_drafts")
# By what the paths of each surface begin.
SURFACES: Mapping[str, str] = {
    "Intacct's XML gateway": XML_PATH,
    "Intacct's REST API": REST_PATH,
    "GP-API": "/ucp",
    "Portico": "/Hps.Exchange.PosGateway",
    "Heartland Retail": "/api",
}
_XML, _REST, _GP_API, _PORTICO, _RETAIL = SURFACES
# The surfaces that answer at one path only: what is no piece of it does not mean them.
ONE_PATH: Mapping[str, str] = {
    _XML: f"{XML_PATH}/xmlgw.phtml",
    _PORTICO: "/Hps.Exchange.PosGateway/PosGatewayService.asmx",
}
# The surfaces that have a fault which not all of them have.
HAD_BY: Mapping[str, tuple[str, ...]] = {
    "expired": (_XML, _REST, _GP_API, _RETAIL),  # Portico's key opens no session that could end
    "null_modified": (_XML, _REST),
    "epoch_modified": (_XML, _REST),
    "null_arrays": (_REST, _GP_API, _RETAIL),  # there are no lists in XML
    "extra_fields": (_XML, _REST, _GP_API, _RETAIL),
    "keeps_drafts": (_REST,),
}
_WHOLE = {"skip", "times", "status", "insert", "delete", "seed"}


@dataclass(frozen=True)
class Fault:
    """One switch: what goes wrong, and for which calls (path and body contain, and so many of them)."""

    name: str
    path: str = ""  # a piece of it; what is in the beginning of a surface's paths means that surface alone
    method: str = ""
    contains: str = ""
    skip: int = 0  # matching calls that still go well
    times: int | None = 1  # matching calls that go wrong after those; None: all
    seconds: float = 1.0
    header: str = "Retry-After"
    status: int = 0  # 0: what is usual for the fault
    table: str = ""
    insert: int = 0
    delete: int = 0
    seed: int = 0

    def fits(self, method: str, path: str, body: bytes) -> bool:
        """True for a call that the switch is about; never on a surface that does not have its fault."""
        named = self.method in ("", method) and self.path in path and _surface(path) in {None, *_reached(self)}
        return named and (not self.contains or self.contains.encode() in body)


@dataclass
class Faults:
    """The switches that are on, in the order in which they were set."""

    switches: list[Fault] = field(default_factory=list)

    def switch_on(self, fault: Fault) -> None:
        """Let the fault happen from now on."""
        self.switches.append(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        self.switches.clear()

    def take(self, method: str, path: str, body: bytes, header: str = "") -> list[Fault]:
        """The faults of this call; each counts it as one of its times.

        Raises: ConfigError for a header that names no fault, or one that the surface of the path does not have.
        """
        found = [parse_fault(header)] if header else []
        for fault in found:
            check_reach(fault, path)
        left = []
        for fault in self.switches:
            kept: Fault | None = fault
            if fault.fits(method, path, body):
                if fault.skip:
                    kept = replace(fault, skip=fault.skip - 1)
                else:
                    found.append(fault)
                    kept = _once_less(fault)
            if kept is not None:
                left.append(kept)
        self.switches[:] = left
        return found


def has(path: str, name: str) -> bool:
    """True where the surface that answers at the path has the fault; any surface has most of them."""
    return _surface(path) in {None, *HAD_BY.get(name, SURFACES)}


def _surface(path: str) -> str | None:
    return next((known for known, begins in SURFACES.items() if path.startswith(begins)), None)


def check_reach(fault: Fault, path: str) -> None:
    """Raise ConfigError for a fault that none of the surfaces has whose paths may hold the PATH."""
    if not _reached(replace(fault, path=path)):
        surfaces, having = " or ".join(_named(path)) or "any surface with such a path", HAD_BY.get(fault.name, SURFACES)
        begins = " or ".join(SURFACES[one] for one in having)
        raise ConfigError(
            f"this fault is none that {surfaces} can have: it happens at paths that begin with {begins}",
            fault=fault.name,
            had_by=", ".join(having),
        )


def _reached(fault: Fault) -> set[str]:
    """The surfaces that have the fault and that its path may mean."""
    return set(_named(fault.path)).intersection(HAD_BY.get(fault.name, SURFACES))


def _named(path: str) -> list[str]:
    """The surfaces that the PATH, or a piece of one, means.

    By its beginning or by a part of that, or by a piece of the only path at which a surface answers; any other piece
    means all surfaces that have several paths.
    """
    whole = _surface(path)
    if whole:
        return [one for one in [whole] if path in f"{ONE_PATH.get(one, path)}/"]
    tails = {one: [f"{begins}/"[at:] for at in range(len(begins))] for one, begins in SURFACES.items()}
    parts = [
        one
        for one, ends in tails.items()
        if any(end.startswith(path) or (one not in ONE_PATH and path.startswith(end)) for end in ends)
        or path in ONE_PATH.get(one, "")
    ]
    return parts or [one for one in SURFACES if one not in ONE_PATH]


def _once_less(fault: Fault) -> Fault | None:
    if fault.times is None:
        return fault
    return replace(fault, times=fault.times - 1) if fault.times > 1 else None


def parse_fault(text: str) -> Fault:
    """The fault that a header names, with its arguments.

    Raises: ConfigError where it names no fault or no argument of one.
    """
    name, *arguments = (part.strip() for part in text.split(";"))
    pairs = [argument.partition("=") for argument in arguments if argument]
    return made_fault({"name": name} | {key.strip(): value.strip() for key, _, value in pairs})


def made_fault(facts: Mapping[str, Any]) -> Fault:
    """The fault of a mapping, as the admin route takes it; numbers may be text.

    Raises: ConfigError where it names no fault or no argument of one.
    """
    name = facts.get("name")
    if name not in KINDS:
        raise ConfigError("the sandbox knows no such fault", fault=name, known=", ".join(KINDS))
    unknown = sorted(facts.keys() - {one.name for one in fields(Fault)})
    if unknown:
        raise ConfigError("a fault of the sandbox takes no such argument", fault=name, argument=", ".join(unknown))
    try:
        return Fault(**{key: _argument(key, value) for key, value in facts.items()})
    except (TypeError, ValueError) as cause:
        raise ConfigError("an argument of a fault of the sandbox is no number", fault=name) from cause


def _argument(key: str, value: Any) -> Any:
    if key == "times" and value in (None, "all"):
        return None
    if key in _WHOLE:
        return int(value)
    return float(value) if key == "seconds" else str(value)
