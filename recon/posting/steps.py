"""The one decision of posting: from what the records say and what the ledger holds to the next step. Pure."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from recon.lifecycle import Asks, Correction
from recon.posting.standing import Standing

StepKind = Literal["confirm", "freeze", "choose", "create", "post_draft", "reject", "block", "wait"]


@dataclass(frozen=True)
class Step:
    """What is to be done next, with the record it is about, and why."""

    kind: StepKind
    reason: str = ""
    record_no: str = ""
    code: str = ""  # of a refusal

    @property
    def asks(self) -> Asks:
        """What the ledger is asked for where the step is sent."""
        return "post_draft" if self.kind == "post_draft" else "create"


@dataclass(frozen=True)
class Answered:
    """What the ledger said to the last request of this run."""

    # unsent: for certain it did not get there, or nobody was signed in; no fault of the entry
    kind: Literal["nothing", "done", "refused", "unsent", "unknown"] = "nothing"
    reason: str = ""
    code: str = ""
    alone: bool = True  # no earlier request could still be under way when this one left
    record_no: str | None = None
    shown: bool = False  # the ledger showed it in this run: what it hides again now is there
    wait_seconds: float | None = None  # how long the ledger asks to be left alone


# A period that is closed opens; but by REST no vendor's page says that a draft is posted by its state.
_POST_BY_HAND = (
    "Post that draft in Intacct, and recon settle confirms it; where Intacct never posts one for recon, let the next "
    'ones be made as posted: mode = "direct" under [posting] in policy.toml'
)


def next_step(
    correction: Correction, found: Standing, answered: Answered, *, now: dt.datetime, trusts_keys: bool
) -> Step:
    """The next step for a correction that is on its way. Only reading resolves what is unsure."""
    if found.kind == "foreign":
        return Step("freeze", f"other lines stand under its key: {_said(found)}")
    if found.kind == "several":
        return Step("freeze", f"it is booked {len(found.record_nos)} times: {_said(found)}")
    if found.kind == "booked":
        return Step("confirm", record_no=found.first)
    if found.kind == "pending":
        return Step("wait", f"record {found.first} waits for an approval inside Intacct")
    if found.kind == "drafts":
        return _with_drafts(correction, found, answered, now)
    return _with_nothing(correction, answered, now, trusts_keys)


def _with_drafts(correction: Correction, found: Standing, answered: Answered, now: dt.datetime) -> Step:
    """Of all drafts the one with the smallest number is posted: whoever looks chooses the same.

    Another one is chosen only before the ledger was asked to post one; after that two could be posted.
    """
    known = _known(correction, answered)
    if known is not None and known not in found.record_nos:
        if answered.shown or now < _deadline(correction, now):
            return Step("wait", f"the ledger knows record {known} and does not show it now")
        if correction.chosen is not None:
            return Step("freeze", f"the chosen draft {known} is gone, other drafts stand: {_said(found)}")
    asked = correction.asked_to_post
    if asked is not None and asked != found.first:
        return Step(
            "freeze",
            f"the ledger was asked to post draft {asked} before it showed draft {found.first}, which another machine "
            "may post: delete one of them in Intacct",
        )
    if asked is not None and answered.kind == "refused":
        reason = f"{answered.reason.removesuffix('.')}. {_POST_BY_HAND}"
        return Step("block", f"the ledger does not post the draft {asked}, which stays there: {reason}")
    if correction.chosen != found.first:
        return Step("choose", record_no=found.first)
    return Step("post_draft", record_no=found.first)


def _with_nothing(correction: Correction, answered: Answered, now: dt.datetime, trusts_keys: bool) -> Step:
    if correction.state == "intent":
        return Step("create")
    deadline = _deadline(correction, now)
    known = _known(correction, answered)
    if known is not None:
        if answered.shown or now < deadline:
            return Step("wait", f"the ledger said done under record {known} and does not show it yet")
        return Step("freeze", f"the ledger said done under record {known} and holds nothing under the key")
    if answered.kind == "refused" and answered.alone:
        return Step("reject", answered.reason, code=answered.code)
    may_resend = now >= deadline or (answered.kind == "unsent" and answered.alone)
    if may_resend or (trusts_keys and answered.kind != "refused"):
        return Step("create")
    return Step("wait", f"it may still arrive: nothing is sent again before {deadline:%Y-%m-%d %H:%M} UTC")


def _known(correction: Correction, answered: Answered) -> str | None:
    """The record that was seen, or that the ledger said it made."""
    return correction.chosen or correction.record_no or answered.record_no


def _deadline(correction: Correction, now: dt.datetime) -> dt.datetime:
    return correction.attempt.deadline if correction.attempt else now


def _said(found: Standing) -> str:
    return "records " + ", ".join(found.record_nos)
