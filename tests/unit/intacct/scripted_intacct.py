"""A wire that answers from a script, and replies in the shape that Intacct's gateway gives them."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from typing import Any, TypeVar

from recon.intacct.credentials import XmlCredentials
from recon.intacct.gateway import XmlGateway
from recon.store.port import Page, Window
from recon.wire import Answer, Ask, Secret

Got = TypeVar("Got")
NOON = dt.datetime(2026, 9, 30, 12, 0, tzinfo=dt.UTC)
SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
RECON = XmlCredentials("acme_ws", Secret("sender-pass"), "ACME", "recon", Secret("user-pass"))
SANDBOX = "http://127.0.0.1:8700"
XML = {"content-type": 'text/xml; encoding="UTF-8"'}  # not charset=, as the vendor's own tests have it
Script = Callable[[Ask], Answer]


class ScriptedWire:
    """Answers each request by the script and remembers what was asked."""

    def __init__(self, script: Script) -> None:
        self.asked: list[Ask] = []
        self._script = script

    async def ask(self, ask: Ask) -> Answer:
        self.asked.append(ask)
        return self._script(ask)

    @property
    def said(self) -> list[str]:
        return [one.body.decode() for one in self.asked]


def answer(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    raw = body.encode() if isinstance(body, str) else body
    return Answer(status, XML | headers, raw, f"{SANDBOX}/ia/xml/xmlgw.phtml")


def json_answer(payload: object, status: int = 200) -> Answer:
    return Answer(status, {"content-type": "application/json"}, json.dumps(payload).encode(), f"{SANDBOX}/ia/api/v1")


def control_ids(ask: Ask) -> list[str]:
    return re.findall(r'<function controlid="([^"]*)"', ask.body.decode())


def envelope(*results: str, authentication: str = "", control: str = "success", ends: str = "18:00:00") -> str:
    signed_in = authentication or (
        "<status>success</status><userid>recon</userid><companyid>ACME</companyid><locationid></locationid>"
        "<sessiontimestamp>2026-09-30T12:00:00+00:00</sessiontimestamp>"
        f"<sessiontimeout>2026-09-30T{ends}+00:00</sessiontimeout>"
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><response>'
        f"<control><status>{control}</status><controlid>c</controlid></control>"
        f"<operation><authentication>{signed_in}</authentication>{''.join(results)}</operation></response>"
    )


def done(ask: Ask, data: str, function: str = "query") -> str:
    return (
        f"<result><status>success</status><function>{function}</function>"
        f"<controlid>{control_ids(ask)[0]}</controlid>{data}</result>"
    )


def failed(ask: Ask, *errors: str, function: str = "query", status: str = "failure") -> str:
    return (
        f"<result><status>{status}</status><function>{function}</function>"
        f"<controlid>{control_ids(ask)[0]}</controlid><errormessage>{''.join(errors)}</errormessage></result>"
    )


def error(number: str, text: str = "", correction: str = "") -> str:
    return (
        f"<error><errorno>{number}</errorno><description></description>"
        f"<description2>{text}</description2><correction>{correction}</correction></error>"
    )


def data(name: str, rows: Sequence[str], *, total: int | None = None, left: int = 0, more: str = "") -> str:
    total = len(rows) + left if total is None else total
    return (
        f'<data listtype="{name}" totalcount="{total}" offset="0" count="{len(rows)}" numremaining="{left}"{more}>'
        f"{''.join(rows)}</data>"
    )


def row(name: str, **fields: object) -> str:
    return f"<{name}>{''.join(f'<{field}>{value}</{field}>' for field, value in fields.items())}</{name}>"


def gives(ask: Ask, data: str, function: str = "query") -> Answer:
    """The answer to a request of one function, which has worked."""
    return answer(envelope(done(ask, data, function)))


def refuses(ask: Ask, *errors: str, status: str = "failure") -> Answer:
    """The answer to a request of one function, which has failed."""
    return answer(envelope(failed(ask, *errors, status=status)))


def session_answer(
    ask: Ask, *, endpoint: str = f"{SANDBOX}/ia/xml/xmlgw.phtml", entity: str = "", ends: str = "18:00:00"
) -> Answer:
    api = f"<sessionid>session-1</sessionid><endpoint>{endpoint}</endpoint><locationid>{entity}</locationid>"
    return answer(envelope(done(ask, f"<data><api>{api}</api></data>", "getAPISession"), ends=ends))


def is_login(ask: Ask) -> bool:
    return b"<getAPISession" in ask.body


def signed_in(script: Script) -> Script:
    """The script behind a sign-in that works."""
    return lambda ask: session_answer(ask) if is_login(ask) else script(ask)


def gateway(wire: ScriptedWire, credentials: XmlCredentials = RECON, **more: Any) -> XmlGateway:
    async def no_wait(_seconds: float) -> None:
        return None

    return XmlGateway(wire, credentials, **({"base_url": SANDBOX, "clock": lambda: NOON, "pause": no_wait} | more))


def wait_for(work: Coroutine[Any, Any, Got]) -> Got:
    return asyncio.run(work)


def rows_of(pages: AsyncIterator[Page]) -> list[Any]:
    async def all_rows() -> list[Any]:
        return [one async for page in pages for one in page.rows]

    return wait_for(all_rows())
