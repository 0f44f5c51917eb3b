"""Fields that one company's Intacct knows and another's does not: found out by asking, a bounded number of times."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import TypeVar

from recon.intacct.faults import NotDone, misunderstood
from recon.intacct.readings import Reading

Got = TypeVar("Got")

_TOKEN = re.compile(r"""(['"`]?)([A-Za-z_][\w.-]*\w)(?=\1)""")


async def ask_known(
    ask: Callable[[tuple[str, ...], int], Awaitable[Got]], fields: tuple[str, ...], reading: Reading, page_size: int
) -> tuple[tuple[str, ...], Got]:
    """The fields that are known, and what asking for them gave.

    `ask` takes fields and a page size. One bad field fails a whole query; a fault that names its field costs one
    more query, one that does not costs one small query for each wished field.

    Raises: NotDone where a needed field is unknown or something else is wrong; RemoteError.
    """
    for _ in range(len(reading.wished) + 2):
        try:
            return fields, await ask(fields, page_size)
        except NotDone as fault:
            if fault.kind != "unknown_field":
                raise
            unknown = named_fields(fault, fields) or await _tried_one_by_one(ask, fields, reading)
            if not unknown or unknown & set(reading.needed):
                raise
            fields = tuple(field for field in fields if field not in unknown)
    raise misunderstood(f"{reading.object} refuses one field after the other")


def named_fields(fault: NotDone, fields: tuple[str, ...]) -> set[str]:
    """Those of the fields that the fault names: quoted, in capitals, or behind the name of the object.

    A bare small word is not taken for a field: "state" and "description" stand in many sentences.
    """
    named = set()
    for quote, token in _TOKEN.findall(" ".join(one.text for one in fault.faults)):
        if not (quote or "." in token or token.isupper()):
            continue
        # As it stands, or behind the object's name; "term.id" is not the field "id".
        exact = {field for field in fields if field.lower() == token.lower()}
        behind_object = token.partition(".")[2].lower()
        named |= exact or {field for field in fields if field.lower() == behind_object}
    return named


async def _tried_one_by_one(
    ask: Callable[[tuple[str, ...], int], Awaitable[Got]], fields: tuple[str, ...], reading: Reading
) -> set[str]:
    unknown = set()
    for field in fields:
        if field in reading.wished:
            try:
                await ask((reading.key, field), 1)
            except NotDone as fault:
                if fault.kind != "unknown_field":
                    raise
                unknown.add(field)
    return unknown
