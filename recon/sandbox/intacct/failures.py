"""Why a call is refused, in the codes of both interfaces."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

SUPPORT = "[Support ID: SAND%7Ebox]"


@dataclass(frozen=True)
class Reason:
    """One error of an answer: the gateway's number and sentence, and what REST calls it."""

    errorno: str
    text: str
    correction: str = "Check the transaction for errors or inconsistencies, then try again."
    error_id: str = "GL-0951"
    code: str = "invalidRequest"
    target: str = ""


class Failure(Exception):
    """A call that is refused, with every reason."""

    def __init__(self, *reasons: Reason, status: int = 400) -> None:
        self.reasons: Sequence[Reason] = reasons
        self.status = status  # of REST; the gateway says 200
        super().__init__(reasons[0].text)


def unknown_field(thing: str, field: str) -> Failure:
    """A field that the object does not have."""
    reason = Reason("XL03000010", f"Field requested is not valid: {thing.lower()}.{field}", error_id="REST-1106")
    return Failure(reason)


def unknown_object(name: str) -> Failure:
    """An object that the company does not have."""
    return Failure(Reason("Query Failed", f"Object definition {name} not found", error_id="REST-1043"), status=404)


def bad_request(text: str) -> Failure:
    """A request that does not keep to the documents."""
    return Failure(Reason("XL03000003", f"XML Parse schema error: {text}", error_id="REST-1064"))


def not_created(what: str, reasons: Sequence[Reason]) -> Failure:
    """A record that was not made: every reason, and behind them the sentence that wraps them."""
    wrapper = Reason(
        "BL01001973", f"Could not create {what} record.", error_id="GL-0951", code="unableToCreateRecordError"
    )
    return Failure(*reasons, wrapper, status=422)


def closed_period(day: str, first_open: str, entity: str) -> Reason:
    """A date in books that are closed."""
    text = (
        f"Your transaction date ({day}) is within a period that's been closed. "
        f"Enter a date that occurs on or after {first_open} {entity}"
    )
    return Reason("BL03000012", text, f"Date must be on or after {first_open}.", "GL-0861", "invalidConfiguration")


def unbalanced(dimension: str) -> Reason:
    """Debits that are not the credits."""
    text = f"Transactions do not balance for {dimension}"
    return Reason("BL03000017", text, "Adjust the amounts so that they balance.", "GL-1009", "invalidConfiguration")


def invalid(text: str, *, error_id: str = "GL-0248", code: str = "invalidRequest") -> Reason:
    """A value that the company does not know or does not allow."""
    return Reason("BL03000018", text, error_id=error_id, code=code)


def error_facts(failure: Failure) -> Mapping[str, object]:
    """The error object of a REST answer: the last reason speaks for all, the others are its details."""
    *details, head = failure.reasons
    facts: dict[str, object] = {
        "code": head.code,
        "message": head.text,
        "errorId": head.error_id,
        "supportId": "SAND~box",
        "additionalInfo": {"messageId": "IA.SANDBOX", "placeholders": {}, "propertySet": {}},
    }
    if details:
        facts["details"] = [
            {
                "code": one.code,
                "message": one.text,
                "errorId": one.error_id,
                "target": one.target,
                "correction": one.correction,
            }
            for one in details
        ]
    return facts


def check_may(faults: Collection[str], what: str) -> None:
    """Raise Failure where a fault takes the caller's right to the operation."""
    if "no_permission" in faults:
        text = f"You do not have permission for API operation {what}"
        raise Failure(Reason("PL04000005", text, "Contact your administrator.", "REST-1032", "forbidden"), status=403)
