"""The writing functions of the XML gateway."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal
from xml.etree.ElementTree import Element

from recon.sandbox.intacct.failures import Failure, Reason, bad_request, check_may, invalid, not_created
from recon.sandbox.intacct.kinds import MONEY, read_day
from recon.sandbox.intacct.posting import DIMENSIONS, NewEntry, NewLine, erase, post, repost, stored
from recon.sandbox.intacct.records import add, stands_already
from recon.sandbox.intacct.xml_read import thing_of
from recon.sandbox.intacct.xml_words import Caller, data, element, needed, said

_MOST = 100
_DIMENSION_TAGS = {
    "department": "DEPARTMENT", "location": "LOCATION", "customerid": "CUSTOMERID", "vendorid": "VENDORID",
    "employeeid": "EMPLOYEEID", "projectid": "PROJECTID", "itemid": "ITEMID", "classid": "CLASSID",
}  # fmt: skip
_MORE = {"history_comment": "HISTORY_COMMENT", "supdocid": "SUPDOCID", "transactionsource": "TRANSACTIONSOURCE"}


def create(caller: Caller, asked: Element) -> str:
    """The keys of the records that were made, by the object in lower case."""
    if not 1 <= len(asked) <= _MOST:
        raise bad_request(f"create takes 1 to {_MOST} objects")
    keys = "".join(_created(caller, one) for one in asked)
    return data(keys, listtype="objects", count=len(asked))


def _created(caller: Caller, asked: Element) -> str:
    thing = thing_of(asked.tag, caller, "CREATE")
    if thing.xml == "GLBATCH":
        key = post(caller.world, entry_of(asked), entity=caller.entity, user=caller.user)
    elif thing.xml == "CUSTOMER":
        key = _new_customer(caller, asked)
    else:
        raise Failure(Reason("PL04000005", f"You do not have permission for API operation CREATE on {thing.xml}"))
    return f"<{thing.xml.lower()}>{element('RECORDNO', key)}</{thing.xml.lower()}>"


def update(caller: Caller, asked: Element) -> str:
    """The keys of the records that were changed. The lines of an entry are replaced."""
    keys = ""
    for one in asked:
        thing = thing_of(one.tag, caller, "UPDATE")
        if thing.xml != "GLBATCH":
            raise Failure(Reason("PL04000005", f"You do not have permission for API operation UPDATE on {thing.xml}"))
        key = _key(needed(one, "RECORDNO"))
        before = stored(caller.world, key)
        repost(caller.world, key, entry_of(one, before.journal), entity=caller.entity, user=caller.user)
        keys += f"<glbatch>{element('RECORDNO', key)}</glbatch>"
    return data(keys, listtype="objects", count=len(asked))


def delete(caller: Caller, asked: Element) -> str:
    """Nothing; the records with the keys are gone."""
    thing = thing_of(needed(asked, "object"), caller, "DELETE")
    if thing.xml != "GLBATCH":
        raise Failure(Reason("PL04000005", f"You do not have permission for API operation DELETE on {thing.xml}"))
    for key in needed(asked, "keys").split(","):
        erase(caller.world, _key(key), entity=caller.entity)
    return ""


def delete_legacy(caller: Caller, asked: Element) -> str:
    """Nothing; the entry of the attribute `key` is gone. Of the legacy functions for entries only this one is told."""
    check_may(caller.faults, "DELETE on objects of type glbatch")
    erase(caller.world, _key(asked.get("key", "")), entity=caller.entity)
    return ""


def _key(text: str) -> int:
    if not text.strip().isdigit():
        raise bad_request(f"'{text}' is no record number")
    return int(text)


def entry_of(asked: Element, journal: str = "") -> NewEntry:
    """The entry that a GLBATCH element describes; `journal` is taken where it names none.

    Raises: Failure for what is missing, or a day, an amount or a state that is none.
    """
    state = said(asked, "STATE", "Posted")
    if state not in ("Posted", "Draft"):
        raise not_created("GLBatch", [invalid(f"The state '{state}' is not valid: use Posted or Draft.")])
    known: Literal["Posted", "Draft"] = "Posted" if state == "Posted" else "Draft"
    entries = asked.find("ENTRIES")
    if entries is None:
        raise not_created("GLBatch", [invalid("Required field 'ENTRIES' is missing.")])
    return NewEntry(
        journal=said(asked, "JOURNAL", journal) or _required(asked, "JOURNAL"),
        day=_day(_required(asked, "BATCH_DATE")),
        title=_required(asked, "BATCH_TITLE"),
        lines=tuple(_line(one) for one in entries.findall("GLENTRY")),
        reference=said(asked, "REFERENCENO"),
        state=known,
        reverse_day=_day(said(asked, "REVERSEDATE")),
        base_location=said(asked, "BASELOCATION_NO"),
        more={column: said(asked, tag) for column, tag in _MORE.items() if said(asked, tag)},
    )


def _line(asked: Element) -> NewLine:
    amount = said(asked, "TRX_AMOUNT") or said(asked, "AMOUNT")
    if not amount:
        raise not_created("GLBatch", [invalid("Required field 'TRX_AMOUNT' is missing.")])
    side = _required(asked, "TR_TYPE")
    dimensions = {column: said(asked, _DIMENSION_TAGS[column]) for column in DIMENSIONS}
    return NewLine(
        account=_required(asked, "ACCOUNTNO"),
        tr_type=int(side) if side in ("1", "-1") else 0,
        cents=_cents(amount),
        document=said(asked, "DOCUMENT"),
        description=said(asked, "DESCRIPTION"),
        currency=said(asked, "CURRENCY"),
        dimensions={column: value for column, value in dimensions.items() if value},
    )


def _required(asked: Element, name: str) -> str:
    text = said(asked, name)
    if not text:
        raise not_created("GLBatch", [invalid(f"Required field '{name}' is missing.")])
    return text


def _day(text: str) -> str:
    try:
        return read_day(text) if text else ""
    except ValueError as cause:
        raise not_created("GLBatch", [invalid(f"The date '{text}' is not valid.")]) from cause


def _cents(text: str) -> int:
    try:
        return int(str(MONEY.read(text)))
    except ValueError as cause:
        raise not_created("GLBatch", [invalid(f"The amount '{text}' is not valid.")]) from cause


def _new_customer(caller: Caller, asked: Element) -> int:
    name = said(asked, "CUSTOMERID")
    if caller.world.one("SELECT 1 FROM intacct_customer WHERE customerid = ?", (name,)):
        raise not_created("customer", [stands_already("Customer", name)])
    row = {"customerid": name, "name": said(asked, "NAME"), "status": said(asked, "STATUS", "active")}
    more = {"private_to": caller.entity or None, "totaldue": 0}
    return add(caller.world, caller.user, "intacct_customer", {**row, **more})


WRITERS: Mapping[str, Callable[[Caller, Element], str]] = {
    "create": create,
    "update": update,
    "delete": delete,
    "delete_gltransaction": delete_legacy,
}
