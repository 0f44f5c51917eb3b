"""What Intacct says went wrong, in one shape for both APIs, and what that means for who asked."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NoReturn
from urllib.parse import unquote

from recon.errors import RemoteError
from recon.wire import redacted
from recon.wire.errors import Broken, Misunderstood, NotSignedIn, Refused, Throttled

Kind = Literal[
    "throttled", "offline", "sign_in", "permission", "unknown_field", "unknown_object", "rolled_back",
    "closed_period", "unbalanced", "duplicate", "dimension", "other",
]  # fmt: skip

# The numbers are few and overloaded, so the words decide where they say more; the order is the order of trust.
_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("throttled", re.compile(r"GW-0010|rate limit exceeded", re.I)),
    ("offline", re.compile(r"GW-000[1-9]|temporarily off-?line", re.I)),
    ("permission", re.compile(r"PL04000005|do(?:es)? not have permission|insufficient privilege|GW-0042", re.I)),
    ("rolled_back", re.compile(r"XL03000009|IA\.ROLLED_BACK|transaction in this operation has been rolled back", re.I)),
    (
        "unknown_field",
        re.compile(
            r"XL03000010|field requested is not valid|fields? cannot be queried|cannot be queried|REST-1106|REST-1043",
            re.I,
        ),
    ),
    ("unknown_object", re.compile(r"object definition \S+ not found", re.I)),
    ("closed_period", re.compile(r"period[^.]*closed|closed[^.]*period|date must be on or after", re.I)),
    ("unbalanced", re.compile(r"do(?:es)? not balance|GL-1009|TRANSACTIONS_DO_NOT_BALANCE", re.I)),
    (
        "duplicate",
        re.compile(
            r"BL34000061|PL05000104|XL03000011|already exists|already (?:been )?(?:used|executed|processed)", re.I
        ),
    ),
    (
        "dimension",
        re.compile(
            r"missing the .+ dimension|requires a |specified is not valid|'[^']*' is not valid|location '.*' is invalid"
            r"|account \S+ is not valid|account is restricted",
            re.I,
        ),
    ),
    (
        "sign_in",
        re.compile(
            r"XMLGW_JPP0002|sign-in information|XL03000006|PL04000055|invalid session|session .*(?:expired|invalid)"
            r"|invalid token|token is not valid|GW-00(?:11|12|3[1-9])|invalid_(?:grant|client)|Partner ID or password",
            re.I,
        ),
    ),
)
_SUPPORT = re.compile(r"\s*\[Support ID: ([^\]]*)\]")


@dataclass(frozen=True)
class Fault:
    """One error as Intacct states it."""

    number: str  # errorno or code; not always like a code: "Query Failed" occurs
    text: str  # the human sentence, secrets struck out
    correction: str = ""
    support_id: str = ""
    error_id: str = ""  # GL-0493 and the like, where it is given

    @property
    def kind(self) -> Kind:
        """What the error is about."""
        said = " ".join((self.number, self.error_id, self.text))
        return next((kind for kind, pattern in _KINDS if pattern.search(said)), "other")

    def __str__(self) -> str:
        named = " ".join(word for word in (self.number, self.error_id) if word)
        return f"{self.text or 'no reason given'}{f' ({named})' if named else ''}"


def fault(number: str, *texts: str, correction: str = "", support_id: str = "", error_id: str = "") -> Fault:
    """The fault with the first text that says something; its support id is set apart and decoded."""
    text = next((text.strip() for text in texts if text and text.strip()), "")
    found = _SUPPORT.search(text)
    if found:
        text, support_id = _SUPPORT.sub("", text), unquote(found.group(1))
    return Fault(number.strip(), redacted(text.strip()), redacted(correction.strip()), support_id, error_id.strip())


class NotDone(RemoteError):
    """Intacct understood and did not do it: a rule of the books or a word it does not know."""

    def __init__(self, message: str, /, faults: Sequence[Fault] = (), **context: object) -> None:
        self.faults = tuple(faults)
        super().__init__(message, **context)

    @property
    def kind(self) -> Kind:
        """The first kind among the faults that says something."""
        return kind_of(self.faults)


def kind_of(faults: Sequence[Fault]) -> Kind:
    """The kind of the first fault that has one; `other` where none has."""
    return next((one.kind for one in faults if one.kind != "other"), "other")


def told(faults: Sequence[Fault]) -> str:
    """The faults in one line."""
    return "; ".join(dict.fromkeys(str(one) for one in faults)) or "no reason given"


def raise_faults(faults: Sequence[Fault], doing: str) -> NoReturn:
    """Raise what the faults mean for a read: signed out, refused, throttled, broken or not done."""
    said, kind = told(faults), kind_of(faults)
    support = next((one.support_id for one in faults if one.support_id), None)
    context: dict[str, Any] = {"support_id": support} if support else {}
    if kind == "throttled":
        raise Throttled(f"Intacct asks for fewer requests while {doing}: {said}; try again later", **context)
    if kind == "offline":
        raise Broken(f"Intacct is off-line while {doing}: {said}; try again later", **context)
    if kind == "sign_in":
        raise NotSignedIn(
            f"Intacct does not accept these credentials: {said}; check sender, company, user and their passwords",
            **context,
        )
    if kind == "permission":
        raise Refused(f"Intacct does not allow {doing}: {said}; give the web-services user that permission", **context)
    raise NotDone(f"Intacct refused {doing}: {said}", faults, **context)


def misunderstood(sentence: str, **context: Any) -> Misunderstood:
    """The exception for an answer that lacks what the vendor promises."""
    return Misunderstood(f"Intacct answered in another way than its documents say: {sentence}", **context)
