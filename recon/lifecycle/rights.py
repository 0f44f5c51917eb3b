"""What a person may do to a correction: preparer and approver are two human beings, within limits, with eyes open."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from recon.errors import ApprovalError, ConfigError, NotAllowed, SamePerson
from recon.identity import digest_fields
from recon.lifecycle.model import Correction
from recon.lifecycle.people import Acting, People, Person, Role
from recon.money import ZERO, accounting
from recon.policy import ApprovalPolicy, Policy

_REVIEWERS: frozenset[Role] = frozenset({"reviewer", "approver", "controller"})
_OPENERS: frozenset[Role] = frozenset({"reviewer", "controller"})
_PREPARERS: frozenset[Role] = frozenset({"preparer", "reviewer", "approver", "controller"})


@dataclass(frozen=True)
class Control:
    """The control of approvals as it is switched on for one company."""

    people: People
    approval: ApprovalPolicy
    material_above: Decimal  # an entry above it takes a controller; 0.00: none is set, and the limits alone decide

    @classmethod
    def of(cls, policy: Policy, people: People) -> Control:
        """The control that the company's policy asks for."""
        return cls(people, policy.approval, policy.materiality.overall)

    def digest_for(self, correction: Correction, approver: str) -> str:
        """SHA-256 in hex over what decides whether this person may approve this entry.

        That is [approval] with the limits of the person's roles, materiality, and who the hands, the reviewer and the
        approver are. What other people may do is no matter of this approval.
        """
        roles = {role for one in self.people.limits_of(approver) for role in one.roles}
        limits = (f"{role} {most:.2f}" for role, most in sorted(self.approval.limits.items()) if role in roles)
        bulk = self.approval.bulk_limit if correction.approval == "bulk" else ""
        policy = (self.approval.four_eyes, self.approval.hub, bulk, self.material_above)
        reviewer = (one for one in (correction.reviewed_by, correction.reviewed_login) if one)
        told = self.people.told((*correction.made_by, *reviewer), approver)
        return digest_fields([*map(str, policy), *limits, *told]).hex()

    def check_production(self, *, is_production: bool) -> None:
        """Raises: ConfigError if entries would reach real books with the control of four eyes switched off."""
        if is_production and not self.approval.four_eyes:
            raise ConfigError(
                "approval.four_eyes is off and the ledger does not prove to be recon's sandbox: set four_eyes = true "
                "in policy.toml"
            )

    def check_review(self, correction: Correction, who: Acting) -> None:
        """Raises: SamePerson, NotAllowed where the person may not review this correction."""
        _check_present(who, "review")
        _check_role(who, _REVIEWERS, "review")
        if self.approval.four_eyes:
            self._check_known(correction)
            self._check_other(correction, who.person.name, "review")

    def check_decline(self, correction: Correction, who: Acting) -> None:
        """Raises: NotAllowed where the person may not decline; one's own proposal may be taken back."""
        _check_present(who, "decline")
        if not self._is_hand(correction, who.person.name):
            _check_role(who, _REVIEWERS, "decline")

    def check_prepare(self, who: Acting) -> None:
        """Raises: NotAllowed where the person may not prepare proposals; a service account may, for its person."""
        _check_role(who, _PREPARERS, "prepare entries")

    def check_post(self, who: Acting) -> None:
        """Raises: NotAllowed where the person may not let approved entries be sent; approval was given before."""
        _check_role(who, _PREPARERS, "post")

    def check_abandon(self, correction: Correction, who: Acting, day: dt.date) -> None:
        """Raises: SamePerson, NotAllowed where the person could not have approved what was sent and is to end now."""
        self.check_approve(correction, who, day)

    def check_sign(self, preparers: Iterable[str], who: Acting) -> None:
        """Raises: SamePerson, NotAllowed where the person may not sign what these persons prepared.

        It holds whether or not policy switches four eyes on: a signature under one's own work says nothing.
        """
        _check_present(who, "sign")
        _check_role(who, _REVIEWERS, "sign")
        for name in dict.fromkeys(preparers):
            if not name:
                raise NotAllowed(
                    "who closed this run could not be told, so nobody can tell that the signer is another person; "
                    "run the close again as a person whom the system vouches for"
                )
            if not self.people.knows(name):
                raise NotAllowed(
                    f"the run was prepared by {name!r}, who stands in no row of users.csv: nobody can tell that the "
                    "signer is another person; add the name to its person's aliases"
                )
            if self.people.same(name, who.person.name):
                raise SamePerson(f"{who.person.name} prepared this run: another person must sign it")

    def check_accepted(self, preparers: Iterable[str], login: str, total: Decimal, *, signer: str = "") -> None:
        """Raises: SamePerson, NotAllowed where this login's acceptance of differences of a run does not count.

        It is a second person's, neither a preparer's nor the signer's, and within the limit of that person's role:
        `total` is all that they accepted of the run, as debits, judged like one entry of that sum.
        """
        who = self.people.acting(login)
        _check_present(who, "accept")
        _check_role(who, _OPENERS, "accept a difference for others")
        if any(self.people.same(name, who.person.name) for name in preparers):
            raise SamePerson(f"{who.person.name} prepared this run: another person must accept it")
        if signer and self.people.same(signer, who.person.name):
            raise SamePerson(f"{who.person.name} accepted it: another person must sign")
        most = self._most(who.person)
        if total > most:
            raise NotAllowed(
                f"{who.person.name} may accept up to {accounting(most)} of a run by policy.toml, "
                f"and accepted {accounting(total)}"
            )

    def check_reopen(self, who: Acting) -> None:
        """Raises: NotAllowed where the person may not open again what was signed."""
        _check_present(who, "reopen")
        _check_role(who, _OPENERS, "reopen")

    def check_approve(self, correction: Correction, who: Acting, day: dt.date) -> None:
        """Raises: SamePerson, NotAllowed where neither the person nor one who delegated to them may approve this.

        The approver is never a hand that made the entry, nor the author of a rule that made it, and neither is the
        one on whose limit they act. A hand is known by its name and by its login: whom the users file names under
        that login today is as much a hand as whom it named then.
        """
        _check_present(who, "approve")
        if self.approval.four_eyes:
            self._check_known(correction)
            self._check_reviewer(correction)
            self._check_other(correction, who.person.name, "approve")
        refused: list[ApprovalError] = []
        for giver in (who.person, *self.people.givers(who.person, day)):
            try:
                self._check_authority(correction, giver)
            except ApprovalError as fault:
                refused.append(fault)
            else:
                return
        raise refused[0]

    def bulk_problems(self, correction: Correction) -> Iterator[str]:
        """Why the correction cannot be approved together with others; nothing where it can."""
        if correction.approval != "bulk":
            yield f"{correction.key} is approved singly: it is {correction.cause.replace('_', ' ')}"
        elif correction.content.gross > self.approval.bulk_limit:
            yield f"{correction.key} is above the bulk limit of {accounting(self.approval.bulk_limit)}"

    def bulk_sum_problem(self, total: Decimal, who: Acting, day: dt.date) -> str:
        """Why so much, in debits, is more than the person may approve together on one day; empty where it is not.

        Together entries are judged like one of their sum, or many small ones would pass where a large one does not.
        """
        most = max(self._most(one) for one in (who.person, *self.people.givers(who.person, day)))
        if total <= most:
            return ""
        name = who.person.name
        return (
            f"{name} may approve up to {accounting(most)} in bulk on one day, with this and what they approved on it "
            f"before it is {accounting(total)}"
        )

    def _most(self, person: Person) -> Decimal:
        """The largest amount that the person's own roles reach; an approver's ends where it becomes material."""
        limits = dict(self.approval.limits)
        if self.material_above > 0 and "approver" in limits:
            limits["approver"] = min(limits["approver"], self.material_above)
        return max((limit for role, limit in limits.items() if role in person.roles), default=ZERO)

    def _check_authority(self, correction: Correction, person: Person) -> None:
        """Raises: SamePerson, NotAllowed where the person's own authority does not reach."""
        if self.approval.four_eyes:
            self._check_other(correction, person.name, "approve")
        gross = correction.content.gross
        roles: tuple[Role, ...] = ("controller",) if self._is_material(gross) else ("approver", "controller")
        limits = [self.approval.limits[role] for role in roles if role in person.roles and role in self.approval.limits]
        if not limits:
            why = "it is material, which takes" if self._is_material(gross) else "it takes"
            raise NotAllowed(
                f"{person.name} may not approve this: {why} the role {' or '.join(roles)}", key=correction.key
            )
        if gross > max(limits):
            raise NotAllowed(
                f"{person.name} may approve up to {accounting(max(limits))}; this entry is {accounting(gross)}",
                key=correction.key,
            )

    def _is_material(self, gross: Decimal) -> bool:
        return 0 < self.material_above < gross

    def _is_hand(self, correction: Correction, name: str) -> bool:
        return any(self.people.same(name, hand) for hand in correction.made_by)

    def _check_known(self, correction: Correction) -> None:
        """Raises: NotAllowed where a name or login on record stands in the users file no more: it hides a person."""
        reviewer = (correction.reviewed_by, correction.reviewed_login)
        verbs = [("prepared", one) for one in correction.made_by] + [("reviewed", one) for one in reviewer if one]
        verbs += [("made by a rule", one) for one in correction.rule_authors]
        for verb, one in verbs:
            if not self.people.knows(one):
                raise NotAllowed(
                    f"the entry was {verb} by {one!r}, who stands in no row of users.csv any more: nobody can tell "
                    "that another person decides now; add it to its person's aliases",
                    key=correction.key,
                )

    def _check_reviewer(self, correction: Correction) -> None:
        for one in (correction.reviewed_by, correction.reviewed_login):
            if one and self._is_hand(correction, one):
                raise SamePerson(
                    f"{one} reviewed this entry and is one of those who prepared it: close the period again, and let "
                    "another person review it",
                    key=correction.key,
                )

    def _check_other(self, correction: Correction, name: str, verb: str) -> None:
        if self._is_hand(correction, name):
            raise SamePerson(f"{name} prepared this entry: another person must {verb} it", key=correction.key)
        if any(self.people.same(name, author) for author in correction.rule_authors):
            raise SamePerson(
                f"{name} wrote a rule that made this entry: another person must {verb} it", key=correction.key
            )


def check_decide(who: Acting) -> None:
    """Raises: NotAllowed where the person may not decide about lines: it takes a role and no service account."""
    _check_present(who, "decide")
    _check_role(who, _PREPARERS, "decide")


def _check_present(who: Acting, verb: str) -> None:
    if who.is_service:
        raise NotAllowed(f"{who.login} is a service account: {who.person.name} must {verb} in person")


def _check_role(who: Acting, roles: frozenset[Role], verb: str) -> None:
    if not roles & who.person.roles:
        raise NotAllowed(f"{who.person.name} may not {verb}: it takes one of the roles {', '.join(sorted(roles))}")
