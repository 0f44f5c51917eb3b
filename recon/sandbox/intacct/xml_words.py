"""Words of the XML gateway: reading its elements, and writing its envelopes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape, quoteattr

from recon.sandbox.intacct.failures import SUPPORT, Failure, Reason, bad_request
from recon.sandbox.world import World

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True)
class Caller:
    """Who calls a function, from which entity, and how this call goes wrong."""

    world: World
    user: str
    entity: str
    endpoint: str
    faults: Collection[str] = ()
    hours: int = 0


def said(element: Element | None, name: str, otherwise: str = "") -> str:
    """The text of the child of that name, without blanks around it."""
    child = None if element is None else element.find(name)
    return otherwise if child is None or child.text is None or not child.text.strip() else child.text.strip()


def needed(element: Element, name: str) -> str:
    """The text of the child of that name.

    Raises: Failure if there is none.
    """
    text = said(element, name)
    if not text:
        raise bad_request(f"The element '{element.tag}' lacks '{name}'")
    return text


def is_true(text: str, *, otherwise: bool = False) -> bool:
    """True for the word true, however it is written; an empty text is `otherwise`."""
    return text.lower() == "true" if text else otherwise


def number(text: str, otherwise: int, low: int, high: int) -> int:
    """The whole number of the text, between two bounds.

    Raises: Failure if it is none or outside.
    """
    if not text:
        return otherwise
    if not text.isdigit() or not low <= int(text) <= high:
        raise bad_request(f"'{text}' is not a number from {low} to {high}")
    return int(text)


def element(name: str, text: object) -> str:
    """An element with a text."""
    return f"<{name}>{escape(str(text))}</{name}>"


def elements(facts: Mapping[str, object]) -> str:
    """An element for each fact, in order."""
    return "".join(element(name, text) for name, text in facts.items())


def data(inside: str, **attributes: object) -> str:
    """The data of a result."""
    written = "".join(f" {name}={quoteattr(str(value))}" for name, value in attributes.items())
    return f"<data{written}>{inside}</data>"


def rows(tag: str, labels: Sequence[str], found: Iterable[tuple[Any, ...]]) -> str:
    """An element for each row, whose values are XML already."""
    inside = "".join(f"<{label}>%s</{label}>" for label in labels)
    template = f"<{tag}>{inside}</{tag}>"
    return "".join([template % row for row in found])


def error_message(failure: Failure, *, wordy: bool = False) -> str:
    """The errors of a failure, each with all its children."""
    return f"<errormessage>{''.join(_error(one, wordy) for one in failure.reasons)}</errormessage>"


def _error(reason: Reason, wordy: bool) -> str:
    facts = {
        "errorno": reason.errorno,
        "description": "",
        "description2": f"{reason.text} {SUPPORT}",
        "correction": reason.correction,
    }
    more = f"<additionalinfo>{elements({'errorid': reason.error_id, 'category': reason.code})}</additionalinfo>"
    return f"<error>{elements(facts)}{more if wordy else ''}</error>"
