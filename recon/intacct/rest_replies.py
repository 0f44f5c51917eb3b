"""Answers of the REST API: JSON with its errors in any of the shapes that occur."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Any, NoReturn

from recon.frames.records import names_in
from recon.frames.shapes import are_records
from recon.intacct.faults import Fault, fault, kind_of, misunderstood, raise_faults, told
from recon.intacct.paging import Slice
from recon.wire import Answer, Broken, Refused, Throttled

TRIES = 3  # of a read whose answer came whole and cannot be used; the wire retries what did not come
_FIRST_WAIT = 1.0  # seconds; doubled each time, drawn evenly below
RESULT, META, ERROR = "ia::result", "ia::meta", "ia::error"
_SIGNS = frozenset((RESULT, ERROR, "error"))  # without one of these names a mapping tells no fault


def read_json(answer: Answer, read: Callable[[Answer], Any] = Answer.json) -> Any:
    """The JSON of an answer, read in the usual way or another; None where it has no body (204).

    Raises: Broken where it is no JSON.
    """
    return read(answer) if answer.body.strip() else None


def rest_faults(payload: object) -> tuple[Fault, ...]:
    """Every error in an answer: at the top, inside the result, in one of many results, or OAuth's own shape."""
    return tuple(dict.fromkeys(_found(payload)))


def _found(payload: object) -> Iterator[Fault]:
    if isinstance(payload, list) and not _are_plain_rows(payload):
        for one in payload:
            yield from _found(one)
    if not isinstance(payload, Mapping):
        return
    if ERROR in payload:
        yield from _error(payload[ERROR])
    if RESULT in payload:
        yield from _found(payload[RESULT])
    if isinstance(payload.get("error"), str):
        yield fault(payload["error"], str(payload.get("error_description") or payload["error"]))
    elif isinstance(payload.get("error"), Mapping):
        yield from _error(payload["error"])


def _are_plain_rows(payload: list[Any]) -> bool:
    """True for records without a fault, some thousand as a rule: all of their names at one look."""
    return are_records(payload, dict) and _SIGNS.isdisjoint(names_in(payload))


def _error(error: object) -> Iterator[Fault]:
    """One error and its details; the details are many for a rule of the books, one mapping for the gateway."""
    if isinstance(error, str):
        yield fault("", error)
    if not isinstance(error, Mapping):
        return
    details = error.get("details")
    request_id = details.get("requestId") if isinstance(details, Mapping) else None
    more = error.get("additionalInfo")
    message_id = str(more.get("messageId") or "") if isinstance(more, Mapping) else ""
    yield fault(
        str(error.get("code") or ""),
        str(error.get("message") or ""),
        message_id,
        correction=str(error.get("correction") or ""),
        support_id=str(error.get("supportId") or request_id or ""),
        error_id=str(error.get("errorId") or ""),
    )
    for detail in details if isinstance(details, list) else ():
        yield from _error(detail)


async def patiently(
    once: Callable[[], Awaitable[Answer]],
    pause: Callable[[float], Awaitable[None]],
    tries: int,
    read: Callable[[Answer], Any] = Answer.json,
) -> tuple[Answer, Any]:
    """The answer and its JSON, asked for again a few times where it is no JSON or complains of the load under 200.

    Raises: Broken, Throttled; RemoteError.
    """
    for attempt in range(1, tries + 1):
        answer = await once()
        try:
            payload = read_json(answer, read)
            faults = rest_faults(payload)
            if kind_of(faults) in ("throttled", "offline"):
                raise_faults(faults, "reading")
            return answer, payload
        except (Broken, Throttled):
            if attempt == tries:
                raise
        # Full jitter spreads load and protects nothing.
        await pause(random.uniform(0.0, _FIRST_WAIT * 2**attempt))  # noqa: S311
    raise AssertionError("the loop returns or raises")


def is_signed_out(status: int, faults: tuple[Fault, ...]) -> bool:
    """True where the access token is not taken: 401, or a 400 whose words say so."""
    said = " ".join(one.text for one in faults).lower()
    return status == 401 or (status == 400 and ("invalid token" in said or "token is not valid" in said))


def raise_rest(answer: Answer, payload: object, doing: str) -> NoReturn:
    """Raise what an answer with a status of 400 and more means for a read."""
    faults = rest_faults(payload) or (fault("", f"status {answer.status} without a reason"),)
    if answer.status == 403 and kind_of(faults) not in ("throttled", "offline"):
        raise Refused(f"Intacct does not allow {doing}: {told(faults)}; give the application's user that permission")
    raise_faults(faults, doing)


def read_slice(payload: object, skip: int) -> Slice:
    """One page of a query.

    Raises: Misunderstood where the answer is no page.
    """
    if not isinstance(payload, Mapping) or not isinstance(payload.get(RESULT), list):
        raise misunderstood("a query answered without a list of results")
    rows = payload[RESULT]
    if not are_records(rows, dict):
        raise misunderstood("a query answered with results that are no records")
    meta = payload.get(META)
    meta = meta if isinstance(meta, Mapping) else {}
    total, following = meta.get("totalCount"), meta.get("next")
    read = skip + len(rows)
    if not isinstance(total, int):
        return Slice(rows, read + (1 if following else 0), 1 if following else 0)
    # Where count and `next` contradict each other, rows are left: one more question loses none.
    left = max(total - read, 1 if following else 0, 0)
    return Slice(rows, total, left)
