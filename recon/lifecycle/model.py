"""One correction and what of it is approved: the values that the life of an entry is told in."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, get_args

from recon.errors import check
from recon.identity import digest_fields, key_of_identity
from recon.money import ZERO, round_cents

State = Literal[
    "proposed", "reviewed", "approved", "intent", "sent", "uncertain", "confirmed", "rejected", "settled",
    "withdrawn", "reversed",
]  # fmt: skip
STATES: tuple[State, ...] = get_args(State)
ON_THE_WAY: tuple[State, ...] = ("intent", "sent", "uncertain")
IN_BOOKS: tuple[State, ...] = ("confirmed", "settled")
Kind = Literal["correction", "accrual", "reversal"]
HoldKind = Literal["blocked", "frozen"]
Asks = Literal["create", "post_draft"]


@dataclass(frozen=True)
class ContentLine:
    """One line to be booked; the amount in base currency and whole cents, debit above zero."""

    account: str
    amount: Decimal
    location: str | None = None
    department: str | None = None
    class_: str | None = None
    project: str | None = None
    customer: str | None = None
    memo: str | None = None

    def fields(self) -> Iterator[str]:
        """The line as the digest reads it; an absent value differs from an empty one."""
        said = (self.account, f"{self.amount:.2f}", self.location, self.department, self.class_, self.project)
        for value in (*said, self.customer, self.memo):
            yield from ("0", "") if value is None else ("1", value)


@dataclass(frozen=True)
class Content:
    """What would be booked: all that an approval binds to beside identity and revision."""

    kind: Kind
    journal: str
    posting_date: dt.date
    reversal_date: dt.date | None  # Intacct makes the reversing half on this day
    currency: str
    memo: str  # title of the entry
    lines: tuple[ContentLine, ...]

    def __post_init__(self) -> None:
        check(len(self.lines) >= 2, "a correction has two lines at least")
        whole = all(line.amount != ZERO and line.amount == round_cents(line.amount) for line in self.lines)
        check(whole, "a line of a correction has an amount in whole cents")
        check(sum((line.amount for line in self.lines), ZERO) == ZERO, "a correction balances")

    @property
    def gross(self) -> Decimal:
        """The debits of the entry, by which limits and materiality are judged."""
        return sum((line.amount for line in self.lines if line.amount > 0), ZERO)

    def digest(self, identity: str, revision: int) -> str:
        """SHA-256 in hex over identity, revision, dates, currency, memo and every line, length-prefixed."""
        return self._digest(identity, str(revision))

    def said(self) -> str:
        """SHA-256 in hex over the same of the content alone: equal for what says the same, whenever it was said."""
        return self._digest("", "")

    def _digest(self, identity: str, revision: str) -> str:
        reverse_on = self.reversal_date.isoformat() if self.reversal_date else ""
        head = (identity, revision, self.kind, self.journal, self.posting_date.isoformat(), reverse_on)
        lines = (field for line in self.lines for field in line.fields())
        return digest_fields([*head, self.currency, self.memo, str(len(self.lines)), *lines]).hex()


@dataclass(frozen=True)
class Hold:
    """Why nothing is sent for a correction although its state would allow it.

    Blocked: the books do not take it now (a closed period, the difference is gone). Frozen: the ledger holds under
    its key what it must not hold; only a person releases it.
    """

    kind: HoldKind
    reason: str


@dataclass(frozen=True)
class Attempt:
    """One request that may have reached the ledger; until its deadline the server may still be working on it."""

    number: int  # 1, 2, … over all generations
    sent_at: dt.datetime
    deadline: dt.datetime
    asks: Asks = "create"  # post_draft: to post the chosen one


@dataclass(frozen=True)
class Correction:
    """One correcting entry with its state; every change is a new value with the next version."""

    identity: str  # 64 hex digits: company, entity, reconciliation, period, cause and sorted source ids
    company: str
    entity: str | None
    period: str
    reconciliation: str | None
    cause: str
    approval: Literal["bulk", "single"]
    content: Content
    explanation: str
    variance_ids: tuple[str, ...]
    run_id: str
    prepared_by: str  # a person of the users file
    edited_by: tuple[str, ...] = ()  # who changed by hand, or proposed once more, what the run proposed
    logins: tuple[str, ...] = ()  # of the hands, in their order, as the system vouched for each; "" where it did not
    edited_from: str | None = None  # digest of what the run had proposed, where a person changed it
    rule_authors: tuple[str, ...] = ()  # persons who wrote the rules that made it
    reverses: str | None = None  # identity of the correction that this one undoes
    basis: str = ""  # digest of the ledger lines around it that its newest run saw; read again before it is sent
    line_ids: tuple[str, ...] = ()  # expected and booked lines that it corrects, whatever the cause is called
    seen: tuple[str, ...] = ()  # posting keys of others about the same lines that stood in the ledger of its newest run
    generation: int = 1
    revision: int = 1
    state: State = "proposed"
    reviewed_by: str | None = None
    reviewed_login: str | None = None  # as the system vouched for it, like the next one
    approved_by: str | None = None
    approved_login: str | None = None
    approved_digest: str | None = None
    attempt: Attempt | None = None  # the last one
    chosen: str | None = None  # in draft mode: the one record that is to be posted
    record_no: str | None = None  # as the ledger told it; certain once confirmed
    hold: Hold | None = None
    reason: str | None = None  # of the last act that gave one
    version: int = 1  # compare-and-set

    @property
    def key(self) -> str:
        """The posting key: control id, Idempotency-Key and reference of the entry, one a generation."""
        return key_of_identity(self.identity, self.generation)

    @property
    def keys(self) -> tuple[str, ...]:
        """The posting keys of all its generations, the first one first."""
        return tuple(key_of_identity(self.identity, number) for number in range(1, self.generation + 1))

    def is_what_the_run_said(self, content: Content) -> bool:
        """True where the run had proposed the content as well, whether or not a person changed it since."""
        return content == self.content or content.said() == self.edited_from

    @property
    def frozen(self) -> str:
        """Why only a person may let it go on, or end it; empty where nothing froze it."""
        return self.hold.reason if self.hold is not None and self.hold.kind == "frozen" else ""

    @property
    def asked_to_post(self) -> str | None:
        """The draft that the ledger was asked to post: from then on no other one is."""
        return self.chosen if self.attempt is not None and self.attempt.asks == "post_draft" else None

    @property
    def hands(self) -> tuple[str, ...]:
        """Everybody who made the content as it stands."""
        return (self.prepared_by, *self.edited_by)

    @property
    def logins_of_hands(self) -> tuple[str, ...]:
        """One login for each of the hands; empty where the system vouched for none."""
        return (*self.logins, *[""] * len(self.hands))[: len(self.hands)]

    @property
    def is_edited(self) -> bool:
        """True where a person changed what the run had proposed."""
        return self.edited_from is not None and self.content.said() != self.edited_from

    @property
    def made_by(self) -> tuple[str, ...]:
        """The hands by name and by login: the users file may name another person under a login than it did then."""
        return (*self.hands, *(login for login in self.logins if login))

    @property
    def digest(self) -> str:
        """The digest of what stands here now."""
        return self.content.digest(self.identity, self.revision)
