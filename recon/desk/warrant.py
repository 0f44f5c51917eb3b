"""Whether an approval that was given still counts: today's people and policy, and the ledger it was given for."""

from __future__ import annotations

from dataclasses import dataclass, replace

from recon.desk.seat import Seat
from recon.errors import ApprovalError, NotApproved
from recon.intacct.gateway import PRODUCTION
from recon.lifecycle import Approved, Correction, Reapproved
from recon.pulling.credentials import Purse
from recon.pulling.interfaces import account_of
from recon.signoff.kept import signed_over, subject_of
from recon.state.proof import approval_of
from recon.trail import Event
from recon.workspace.supply import Credential, IntacctRestService, IntacctXmlService, Setting, Supply, read_supply

NO_LEDGER = "no ledger"


@dataclass(frozen=True)
class Warrant:
    """Under what approvals count at this seat."""

    seat: Seat
    ledgers: tuple[str, ...]  # that entries are posted to: told as exactly as can be, then by what the file says alone

    @property
    def ledger(self) -> str:
        """The ledger, for the record."""
        return self.ledgers[0]

    def approved(self, one: Correction) -> Approved:
        """The approval of what stands there by the person at this seat, under what is in force now."""
        kind = Approved if one.state == "reviewed" else Reapproved
        seat, control = self.seat, self.seat.control
        said = (seat.name, one.digest, seat.login, control.digest_for(one, seat.name), control.approval.four_eyes)
        return kind(*said, self.ledger)

    def problem(self, one: Correction) -> str:
        """Why its approval does not count now, with the mend; empty where it does."""
        try:
            self.check(one)
        except ApprovalError as fault:
            return fault.message
        return ""

    def check(self, one: Correction) -> None:
        """Raises: NotApproved, NotAllowed or SamePerson where the approval on record does not count now."""
        control = self.seat.control
        event = approval_of(self.seat.store.events(subject=one.identity), one)
        if event is None:
            raise NotApproved("no approval of what the entry says is on record", key=one.key)
        who = control.people.acting(event.actor)
        control.check_approve(one, who, event.at.date())
        reason = self._outdated(one, event)
        if reason:
            raise NotApproved(f"{reason}: look at it and approve it again: recon approve {one.key}", key=one.key)

    def _outdated(self, one: Correction, event: Event) -> str:
        """What is not as it was when the approval was given; empty where all of it is."""
        control, said = self.seat.control, event.details
        if control.approval.four_eyes and said.get("four_eyes") != str(True):
            return f"{event.actor} approved it while four_eyes was off"
        if said.get("control") != control.digest_for(one, event.actor):
            told = "what [approval] of policy.toml, users.csv or delegations.csv says of those who decide here"
            return f"{told} is not what it was when {event.actor} approved it"
        if said.get("ledger") not in self.ledgers:
            return f"{event.actor} approved it for {said.get('ledger')}, and sources.toml now names {self.ledger}"
        return ""


def warrant_of(seat: Seat, purse: Purse | None = None) -> Warrant:
    """Under what approvals count at the seat now.

    Raises: ConfigError where sources.toml cannot be used.
    """
    supply = read_supply(seat.company.root)
    named = (_named(supply, purse or Purse()), _named(supply, None))
    return Warrant(seat, tuple(dict.fromkeys(named)))


def signed_objection(seat: Seat, one: Correction) -> str | None:
    """Why nothing is booked on the days of the correction: one is signed; None where none is."""
    content = one.content
    days = [content.posting_date, *([content.reversal_date] if content.reversal_date else [])]
    halves = [replace(one, content=replace(content, posting_date=day, reversal_date=None)) for day in days]
    found = (signed_over(seat.store, seat.company.policy, half) for half in halves)
    signed = next((one for one in found if one is not None), None)
    if signed is None:
        return None
    return f"{subject_of(signed)} of {signed.period} is signed by {signed.actor}: open it again first: recon reopen"


def _named(supply: Supply, purse: Purse | None) -> str:
    """Service, host, company and entity that entries are written to.

    A company whose id stands in the environment is told by its id where it can be read, else by where it is kept.
    """
    service = supply.posted_to
    settings = supply.services.named(service) if service else None
    if isinstance(settings, IntacctXmlService):
        company = _text(settings.company_id, purse)
    elif isinstance(settings, IntacctRestService):
        company = settings.company_id or _text(settings.user or "", purse).partition("@")[2]
    else:
        return NO_LEDGER
    return f"{service} {account_of(settings.base_url or PRODUCTION, company, settings.entity or '')}"


def _text(setting: Setting, purse: Purse | None) -> str:
    if not isinstance(setting, Credential):
        return setting
    place = f"@{setting.env or setting.keyring}"
    return (purse.text("", setting) if purse is not None else "") or place
