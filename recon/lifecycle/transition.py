"""The one function that changes a correction: which act leads from which state to which, and what it records.

What a person may do is judged before, in `rights`; here stands what can happen at all.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

from recon.errors import ContentChanged, NotAllowed
from recon.lifecycle.model import IN_BOOKS, ON_THE_WAY, Asks, Attempt, Content, Correction, Hold, HoldKind, State


@dataclass(frozen=True)
class Revised:
    """A newer run, or a person's edit, proposes other lines: what was approved is approved no more.

    A run replaces all of it and whoever ran it is the preparer; an edit adds a hand to those that made it. A run that
    says what it said before the edit leaves the edit as it is.
    """

    by: str
    content: Content
    run_id: str
    explanation: str
    variance_ids: tuple[str, ...]
    approval: Literal["bulk", "single"] | None = None  # None: as it was
    is_edit: bool = False
    keeps_edits: bool = False  # a run proposes again what a person had changed before: the person's lines stand
    rule_authors: tuple[str, ...] | None = None  # None: as they were
    basis: str = ""
    seen: tuple[str, ...] = ()
    prepared_login: str = ""  # under which `by` was vouched for


@dataclass(frozen=True)
class Reaffirmed:
    """A newer run proposes the same lines over newer books: reviews and approvals stand."""

    run_id: str
    basis: str
    rule_authors: tuple[str, ...] | None = None  # None: as they were
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reviewed:
    """A person looked at it, with its evidence."""

    by: str
    digest: str
    login: str | None = None  # under which the system vouched for the person


@dataclass(frozen=True)
class Approved:
    """A person approved exactly the content of this digest."""

    by: str
    digest: str
    login: str | None = None  # under which the system vouched for the person
    control: str | None = None  # digest of what [approval] and the users files said of those who decide here
    four_eyes: bool | None = None  # as the policy had it
    ledger: str | None = None  # for which it was given: service, host and company


@dataclass(frozen=True)
class Reapproved(Approved):
    """A person approved once more what was approved: policy, users or ledger are not what they were then."""


@dataclass(frozen=True)
class Declined:
    """A person decided that this is not to be booked."""

    by: str
    note: str


@dataclass(frozen=True)
class Withdrawn:
    """The newest run proposes it no more, or its reconciliation was signed without it."""

    run_id: str
    reason: str


@dataclass(frozen=True)
class Abandoned:
    """A person ends what was sent, and is held or was sent again: nothing stands under its key or can arrive."""

    by: str
    note: str
    at: dt.datetime


@dataclass(frozen=True)
class Lost:
    """A person says that an entry which was booked is gone: somebody deleted it, and nothing stands under its key."""

    by: str
    note: str
    at: dt.datetime


@dataclass(frozen=True)
class Intended:
    """It shall be posted under its key: durable before anything is sent."""

    digest: str


@dataclass(frozen=True)
class Sent:
    """A request is about to leave: durable before the first byte."""

    at: dt.datetime
    deadline: dt.datetime
    asks: Asks = "create"


@dataclass(frozen=True)
class Chosen:
    """Of the drafts under the key, this record is the one to be posted (draft mode)."""

    record_no: str


@dataclass(frozen=True)
class Confirmed:
    """The ledger holds exactly one entry under the key, posted, with the approved lines."""

    record_no: str


@dataclass(frozen=True)
class Refused:
    """The ledger refused for certain, and holds nothing under the key."""

    code: str
    reason: str


@dataclass(frozen=True)
class Unsure:
    """It may be booked or not: only reading by key will tell."""

    reason: str
    record_no: str | None = None  # under which the ledger says that it was done, though it does not show it yet


@dataclass(frozen=True)
class Renewed:
    """After a definite refusal, or a confirmed reversal, and a query that found nothing: the next generation.

    Whoever proposes it again is a hand that made it from then on.
    """

    by: str
    reason: str
    login: str | None = None  # under which the system vouched for the person


@dataclass(frozen=True)
class Settled:
    """Swept after the quiet time: still exactly one."""


@dataclass(frozen=True)
class Reversed:
    """The entry that undoes it is confirmed."""

    by_identity: str


@dataclass(frozen=True)
class Held:
    """Nothing more is sent for it, and why."""

    kind: HoldKind
    reason: str


@dataclass(frozen=True)
class Released:
    """A person, or the opened period, lets it go on."""

    by: str | None
    note: str


Act = (
    Revised | Reaffirmed | Reviewed | Approved | Reapproved | Declined | Withdrawn | Abandoned | Lost | Intended
    | Sent | Chosen | Confirmed | Refused | Unsure | Renewed | Settled | Reversed | Held | Released
)  # fmt: skip

_BEFORE_INTENT: tuple[State, ...] = ("proposed", "reviewed", "approved")
_UNSENT: tuple[State, ...] = (*_BEFORE_INTENT, "intent")  # an intent is not sent yet: a request is on record first
# Act: the states from which it is possible, and the state to which it leads (None: it stays).
TABLE: dict[type, tuple[tuple[State, ...], State | None]] = {
    Revised: ((*_UNSENT, "rejected", "withdrawn"), "proposed"),
    Reaffirmed: (_UNSENT, None),
    Reviewed: (("proposed",), "reviewed"),
    Approved: (("reviewed",), "approved"),
    Reapproved: (("approved", *ON_THE_WAY), None),
    Declined: ((*_UNSENT, "rejected"), "withdrawn"),
    Withdrawn: (_UNSENT, "withdrawn"),
    Abandoned: (("sent", "uncertain"), "withdrawn"),
    Lost: (IN_BOOKS, "rejected"),  # as if the ledger had never taken it: a person may renew it under the next key
    Intended: (("approved",), "intent"),
    Sent: (("intent", "uncertain", "sent"), "sent"),
    Chosen: (ON_THE_WAY, None),  # a draft may be there before anything was sent: the database was restored
    Confirmed: (ON_THE_WAY, "confirmed"),
    Refused: (("sent", "uncertain"), "rejected"),
    Unsure: (("sent",), "uncertain"),
    Renewed: (("rejected", "reversed"), "proposed"),
    Settled: (("confirmed",), "settled"),
    Reversed: (IN_BOOKS, "reversed"),
    Held: (("approved", *ON_THE_WAY, *IN_BOOKS), None),
    Released: (("approved", *ON_THE_WAY, *IN_BOOKS), None),
}


def name_of(act: Act | type) -> str:
    """The name of an act, or of a kind of act, as the trail keeps it: `intended`, `sent`, …"""
    kind = act if isinstance(act, type) else type(act)
    return kind.__name__.lower()


def allowed_from(act: type) -> tuple[State, ...]:
    """The states from which the act is possible."""
    return TABLE[act][0]


def transition(correction: Correction, act: Act) -> Correction:
    """The correction after the act, one version on.

    Raises: NotAllowed where the state, or a hold, does not allow it; ContentChanged where the act names another
        digest than what stands here.
    """
    states, to = TABLE[type(act)]
    if correction.state not in states:
        raise NotAllowed(
            f"a correction that is {correction.state} cannot be {name_of(act)}",
            key=correction.key,
        )
    _check_digest(correction, act)
    if isinstance(act, Abandoned):
        _check_stuck(correction)
    if isinstance(act, Abandoned | Lost):
        _check_at_rest(correction, act.at)
    change = _CHANGES.get(type(act))
    fields = change(correction, act) if change else {}
    return replace(correction, **{"state": to or correction.state, "version": correction.version + 1, **fields})


def _check_digest(correction: Correction, act: Act) -> None:
    """What was looked at, approved or is to be sent must be what stands here, to the last field."""
    if isinstance(act, Reviewed | Approved | Intended) and act.digest != correction.digest:
        raise ContentChanged("the entry is not what was looked at any more; review it again", key=correction.key)
    if isinstance(act, Intended | Sent):
        if correction.approved_digest != correction.digest:
            raise ContentChanged("the entry is not what was approved; review it again", key=correction.key)
        if correction.hold is not None:
            raise NotAllowed(f"the entry is {correction.hold.kind}: {correction.hold.reason}", key=correction.key)


def _check_stuck(correction: Correction) -> None:
    """Only what goes on by itself no more is ended by hand.

    A ledger may answer a key again and again that it knows and keeps nothing under: that goes on no more either.
    """
    if correction.hold is None and (correction.attempt is None or correction.attempt.number == 1):
        raise NotAllowed("nothing holds the entry: settle it, or post it again", key=correction.key)


def _check_at_rest(correction: Correction, now: dt.datetime) -> None:
    """What is not there is called so only when no request can be under way any more."""
    if correction.attempt is not None and now < correction.attempt.deadline:
        until = f"{correction.attempt.deadline:%Y-%m-%d %H:%M} UTC"
        raise NotAllowed(f"a request of it may still arrive: wait until {until}", key=correction.key)


_NO_APPROVAL: dict[str, Any] = dict.fromkeys(
    ("reviewed_by", "reviewed_login", "approved_by", "approved_login", "approved_digest", "hold")
)
_NO_RECORD: dict[str, Any] = {"chosen": None, "record_no": None}


def _revised(correction: Correction, act: Revised) -> dict[str, Any]:
    return {
        **_NO_APPROVAL,
        "content": act.content,
        "revision": correction.revision + 1,
        "explanation": act.explanation,
        "variance_ids": act.variance_ids,
        "approval": act.approval or correction.approval,
        **_books(act),
        **_authors(correction, act),
        "prepared_by": correction.prepared_by if act.is_edit else act.by,
        **_hands(correction, act),
        "reason": None,
        **_next_key(correction),
    }


def _books(act: Revised | Reaffirmed) -> dict[str, Any]:
    return {"run_id": act.run_id, "basis": act.basis, "seen": act.seen}


def _authors(correction: Correction, act: Revised | Reaffirmed) -> dict[str, Any]:
    return {"rule_authors": correction.rule_authors if act.rule_authors is None else act.rule_authors}


def _approved(act: Approved) -> dict[str, Any]:
    return {"approved_by": act.by, "approved_login": act.login, "approved_digest": act.digest}


def _hands(correction: Correction, act: Revised) -> dict[str, Any]:
    """Who changed it by hand, and over what of the run."""
    before = correction.logins_of_hands
    if act.keeps_edits:
        return {"logins": _vouched(act.prepared_login, *before[1:])}
    if not act.is_edit:
        return {"edited_by": (), "edited_from": None, "logins": _vouched(act.prepared_login)}
    return _one_more_hand(correction, act.by, act.prepared_login)


def _one_more_hand(correction: Correction, by: str, login: str) -> dict[str, Any]:
    return {
        "logins": _vouched(*correction.logins_of_hands, login),
        "edited_by": (*correction.edited_by, by),
        "edited_from": correction.edited_from or correction.content.said(),
    }


def _vouched(*logins: str) -> tuple[str, ...]:
    return logins if any(logins) else ()


def _next_key(correction: Correction) -> dict[str, Any]:
    """Another generation after a refusal: under the old key Intacct would replay it. Nothing was booked under it."""
    was_refused = correction.state == "rejected" or (correction.state == "withdrawn" and correction.attempt is not None)
    return {"generation": correction.generation + 1, **_NO_RECORD} if was_refused else {}


def _sent(correction: Correction, act: Sent) -> dict[str, Any]:
    number = correction.attempt.number + 1 if correction.attempt else 1
    return {"attempt": Attempt(number, act.at, act.deadline, act.asks)}


def _renewed(correction: Correction, act: Renewed) -> dict[str, Any]:
    """A new generation is a new proposal: it is reviewed and approved again."""
    raised = {"generation": correction.generation + 1, "revision": correction.revision + 1}
    made = _one_more_hand(correction, act.by, act.login or "")
    return {**_NO_APPROVAL, **raised, **_NO_RECORD, **made, "reason": act.reason}


_CHANGES: dict[type, Callable[[Correction, Any], dict[str, Any]]] = {
    Revised: _revised,
    Reaffirmed: lambda before, act: {**_books(act), **_authors(before, act)},
    Reviewed: lambda _, act: {"reviewed_by": act.by, "reviewed_login": act.login},
    Approved: lambda _, act: _approved(act),
    Reapproved: lambda _, act: _approved(act),
    Declined: lambda _, act: {**_NO_APPROVAL, "reason": act.note},
    Withdrawn: lambda _, act: {**_NO_APPROVAL, "reason": act.reason},
    Abandoned: lambda _, act: {**_NO_APPROVAL, "reason": act.note},
    Lost: lambda _, act: {"reason": act.note, "hold": None},
    Sent: _sent,
    Chosen: lambda _, act: {"chosen": act.record_no},
    Confirmed: lambda _, act: {"record_no": act.record_no, "reason": None, "hold": None},
    Refused: lambda _, act: {"reason": f"{act.code}: {act.reason}"},
    Unsure: lambda before, act: {"reason": act.reason, "record_no": act.record_no or before.record_no},
    Renewed: _renewed,
    Reversed: lambda _, act: {"reason": f"reversed by {act.by_identity}"},
    Held: lambda _, act: {"hold": Hold(act.kind, act.reason)},
    Released: lambda _, act: {"hold": None, "reason": act.note},
}
