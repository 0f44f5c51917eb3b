"""What is wrong between what one document should book and what stands: named traits, with evidence.

The same judgement serves twice: matching asks how well two slips fit, variances ask why they differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from recon.matching.amounts import is_decimal_slip, is_transposition
from recon.matching.slips import Content, Slip, join_content
from recon.money import accounting, from_cents
from recon.policy import UNMAPPED

_OMITTED = {
    "fees": "fee_netted",
    "chargebacks": "chargeback_unbooked",
    "reversals": "reversal_unbooked",
    "tip": "tip_omitted",
    "tax": "tax_omitted",
}


@dataclass(frozen=True)
class Trait:
    """One reason why some accounts of a document differ."""

    cause: str
    accounts: tuple[str, ...]
    evidence: str


@dataclass(frozen=True)
class Comparison:
    """Both sides of one document, per account, in cents."""

    expected: dict[str, int]
    actual: dict[str, int]
    standalone: dict[str, frozenset[int]]  # account to the amounts of single ledger lines
    roles: Mapping[str, frozenset[str]]

    def difference(self, account: str) -> int:
        """Expected less actual, in cents."""
        return self.expected.get(account, 0) - self.actual.get(account, 0)

    def differing(self) -> list[str]:
        """The accounts that differ, in order."""
        return sorted(account for account in {*self.expected, *self.actual} if self.difference(account))


def compare(expected: Iterable[Slip], actual: Iterable[Slip]) -> Comparison:
    """The comparison of the slips of one match."""
    expected, actual = list(expected), list(actual)
    lines: dict[str, set[int]] = {}
    for slip in actual:
        for account, cents in slip.amounts:
            lines.setdefault(account, set()).add(cents)
    roles: dict[str, frozenset[str]] = {}
    for slip in expected:
        for account, names in (slip.roles or {}).items():
            roles[account] = roles.get(account, frozenset()) | names
    return Comparison(
        dict(join_content(expected)),
        dict(join_content(actual)),
        {account: frozenset(amounts) for account, amounts in lines.items()},
        roles,
    )


def diagnose(both: Comparison, *, rounding: int) -> list[Trait]:
    """Why the two sides differ: traits in order of precedence, each account in exactly one.

    Empty where nothing differs. `rounding` is in cents.
    """
    left = both.differing()
    found: list[Trait] = []
    for recognise in (_unmapped, _sign_flip, _omitted, _wrong_account, _slipped_digits):
        traits = recognise(both, left)
        found += traits
        taken = {account for trait in traits for account in trait.accounts}
        left = [account for account in left if account not in taken]
    return found + _rest(both, left, rounding)


def _text(cents: int) -> str:
    return accounting(from_cents(cents))


def _unmapped(both: Comparison, left: list[str]) -> list[Trait]:
    """`?` on the expected side, with the accounts on which the ledger put the amount."""
    if UNMAPPED not in left:
        return []
    host = _host(both, left, UNMAPPED)
    elsewhere = [host] if host is not None else [account for account in left if account not in both.expected]
    return [Trait("unmapped", (UNMAPPED, *elsewhere), f"no account is mapped for {_text(both.expected[UNMAPPED])}")]


def _sign_flip(both: Comparison, left: list[str]) -> list[Trait]:
    """Two or more accounts, balanced, that stand with the opposite sign."""
    flipped = [account for account in left if both.actual.get(account, 0) == -both.expected.get(account, 0)]
    balance: int = sum(both.expected[account] for account in flipped)
    if len(flipped) < 2 or balance:
        return []
    return [Trait("sign_flip", tuple(flipped), "every amount stands with the opposite sign")]


def _omitted(both: Comparison, left: list[str]) -> list[Trait]:
    """Fee, chargeback, tip or tax lines that are absent, their amounts inside another line."""
    absent = {
        account: role
        for account in left
        if (role := next((name for name in _OMITTED if name in both.roles.get(account, ())), None)) is not None
        and not both.actual.get(account, 0)
    }
    found: list[Trait] = []
    for group in ([account] for account in absent) if len(absent) != 2 else ([*absent], *([one] for one in absent)):
        taken = {account for trait in found for account in trait.accounts}
        host = _host_of(both, [one for one in left if one not in taken], group)
        if taken & set(group) or host is None:
            continue
        cause = _OMITTED[absent[group[0]]]
        if cause == "fee_netted" and "net" in both.roles.get(host, ()):
            cause = "fee_unbooked"
        amounts = " and ".join(f"{_text(both.expected[account])} for {account}" for account in group)
        verb = "is" if len(group) == 1 else "are"
        found.append(Trait(cause, (*group, host), f"{amounts} {verb} inside the line on {host}"))
    return found


def _host_of(both: Comparison, left: list[str], group: list[str]) -> str | None:
    """The expected account whose line carries what the group lacks; not one where the amount stands by itself."""
    lacking = sum(both.difference(account) for account in group)
    alone = {both.expected[account] for account in group}
    return next(
        (
            other
            for other in left
            if other not in group
            and both.difference(other) == -lacking
            and both.expected.get(other)
            and not alone & both.standalone.get(other, frozenset())
        ),
        None,
    )


def _host(both: Comparison, left: list[str], account: str) -> str | None:
    """The account that carries the amount which `account` lacks; the first by number."""
    return next(
        (other for other in left if other != account and both.difference(other) == -both.difference(account)), None
    )


def _wrong_account(both: Comparison, left: list[str]) -> list[Trait]:
    """An amount that is whole, but stands on another account."""
    found: list[Trait] = []
    taken: set[str] = set()
    for account in left:
        if account in taken or not both.expected.get(account) or both.actual.get(account, 0):
            continue
        host = _host(both, [one for one in left if one not in taken], account)
        if host is not None:
            found.append(
                Trait(
                    "wrong_account",
                    (account, host),
                    f"{_text(both.expected[account])} stands on {host} instead of {account}",
                )
            )
            taken |= {account, host}
    return found


def _slipped_digits(both: Comparison, left: list[str]) -> list[Trait]:
    """Pairs of accounts, or all that is left, where one amount has a slipped point or swapped digits."""
    found: list[Trait] = []
    for group in _balanced_groups(both, left):
        for cause, judge in (("decimal_slip", is_decimal_slip), ("transposition", is_transposition)):
            guilty = next((a for a in group if judge(both.expected.get(a, 0), both.actual.get(a, 0))), None)
            if guilty is not None:
                words = f"{guilty}: {_text(both.actual[guilty])} instead of {_text(both.expected[guilty])}"
                found.append(Trait(cause, group, words))
                break
    return found


def _balanced_groups(both: Comparison, left: list[str]) -> list[tuple[str, ...]]:
    """Accounts whose differences cancel in pairs; what does not pair is one group."""
    groups: list[tuple[str, ...]] = []
    rest = list(left)
    while rest:
        account = rest.pop(0)
        partners = [other for other in rest if both.difference(other) == -both.difference(account)]
        if len(partners) == 1:
            rest.remove(partners[0])
            groups.append((account, partners[0]))
        else:
            groups.append((account,))
    single = tuple(account for group in groups if len(group) == 1 for account in group)
    return [group for group in groups if len(group) > 1] + ([single] if single else [])


def _rest(both: Comparison, left: list[str], rounding: int) -> list[Trait]:
    """Rounding, a part that is not booked, or another amount: what no special trait explains."""
    found: list[Trait] = []
    for group in _balanced_groups(both, left):
        biggest = max(abs(both.difference(account)) for account in group)
        if biggest <= rounding:
            found.append(Trait("rounding", group, f"off by at most {_text(biggest)}"))
        elif not any(both.actual.get(account, 0) for account in group):
            found.append(Trait("partial", group, "these lines are not in the ledger"))
        else:
            found.append(Trait("amount_other", group, "the ledger has another amount"))
    return _joined(found)


def _joined(traits: list[Trait]) -> list[Trait]:
    """One trait per cause: pairs that differ for the same plain reason are told together."""
    causes = list(dict.fromkeys(trait.cause for trait in traits))
    same = {cause: [trait for trait in traits if trait.cause == cause] for cause in causes}
    return [
        Trait(cause, tuple(a for trait in group for a in trait.accounts), group[0].evidence)
        for cause, group in same.items()
    ]


def negated(content: Content) -> Content:
    """The same accounts with the opposite sign."""
    return tuple((account, -cents) for account, cents in content)
