"""A ledger that fails on purpose: the sandbox's Intacct behind a wire that loses, delays, doubles and refuses."""

from __future__ import annotations

import datetime as dt
import heapq
import json
from dataclasses import dataclass, field
from random import Random
from typing import Any
from urllib.parse import urlencode

from starlette.types import Message

from recon.bench.posting.switches import OF_WRITES, Switches
from recon.sandbox.app import make_app
from recon.sandbox.intacct_rest import routes as rest_routes
from recon.sandbox.intacct_xml import routes as xml_routes
from recon.sandbox.world import Clock, World
from recon.wire import Answer, Ask, Broken, Throttled, Unreachable

BEGAN = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
HOME = "http://127.0.0.1:8700"
FOLDER = "Reconciliations"  # for attachments
_OPEN_FROM, _CLOSED_UNTIL = "2026-09-01", "2026-10-01"
_LATEST_S = 890.0  # 15 minutes less a little: what Intacct documents
_LAG_S = 120.0
_EMPTIED = ("intacct_attachment", "intacct_batch", "intacct_line", "intacct_controlid", "intacct_replay", "sessions")
_WRITES = (b"<create>", b"<update>", b"<create_supdoc>")


class Time:
    """The time of a schedule; it passes only where somebody waits."""

    def __init__(self) -> None:
        self.now = BEGAN

    def tell(self) -> dt.datetime:
        """The present moment."""
        return self.now

    def pass_by(self, seconds: float) -> None:
        """Let time pass."""
        self.now += dt.timedelta(seconds=seconds)


class SmallBooks:
    """The books of one store in the sandbox, emptied for every schedule."""

    def __init__(self) -> None:
        self.time = Time()
        self.world = World.of_rows(_masters(), clock=Clock(lambda: self.time.now))
        self.app = make_app(self.world, (xml_routes, rest_routes))

    def empty(self) -> None:
        """Nothing booked, nobody signed in, all periods open, the clock at its beginning."""
        with self.world.transaction():
            for table in _EMPTIED:
                self.world.write(f"DELETE FROM {table}")  # noqa: S608 - names of this module
            self.world.write("UPDATE intacct_location SET open_from = ?", (_OPEN_FROM,))
        self.time.now = BEGAN

    def close_period(self) -> None:
        """From now on September takes nothing more."""
        self.world.write("UPDATE intacct_location SET open_from = ?", (_CLOSED_UNTIL,))

    def open_from(self) -> dict[str, dt.date]:
        """The first open day of the one entity."""
        row = self.world.one("SELECT open_from FROM intacct_location WHERE locationid = '10'")
        return {"10": dt.date.fromisoformat(row[0])} if row else {}

    def references(self) -> list[str]:
        """The references under which something is posted."""
        rows = self.world.query("SELECT DISTINCT referenceno FROM intacct_batch WHERE state = 'Posted'")
        return sorted(str(row[0]) for row in rows)

    def booked(self, reference: str) -> list[int]:
        """Record numbers of the posted entries under a reference."""
        rows = self.world.query(
            "SELECT recordno FROM intacct_batch WHERE referenceno = ? AND state = 'Posted' ORDER BY recordno",
            (reference,),
        )
        return [int(row[0]) for row in rows]

    def attach(self, number: str) -> None:
        """Let an attachment stand, as a person makes it."""
        row = {"recordno": self.world.next_id("intacct_attachment", "recordno"), "supdocid": number, "folder": FOLDER}
        self.world.insert("intacct_attachment", [row])

    def attached(self) -> list[str]:
        """The ids of all attachments."""
        return [str(row[0]) for row in self.world.query("SELECT supdocid FROM intacct_attachment ORDER BY recordno")]


@dataclass(order=True)
class Late:
    """A request that the ledger goes on working on."""

    at: dt.datetime
    number: int
    ask: Ask = field(compare=False)
    key: str = field(compare=False)
    checked: bool = field(compare=False)  # it passed the test of its key when it came, before it was done


class HostileWire:
    """The wire to the books; fulfils Wire. Faults of a write are drawn; they end when `calm` is set."""

    def __init__(self, books: SmallBooks, switches: Switches, random: Random) -> None:
        self.books, self.switches, self.random = books, switches, random
        self.calm = False
        self.late: list[Late] = []
        self.sent: list[str] = []  # keys of creates, in the order in which they left
        self.met: list[str] = []  # faults that happened
        self._forgets_after = dt.timedelta(seconds=random.uniform(60.0, 1500.0))
        self._number = 0

    async def ask(self, ask: Ask) -> Answer:
        """The answer, if one comes. Raises: WireFault."""
        self.pass_by(self.random.uniform(0.05, 1.5))
        if not _is_write(ask):
            return await self._read(ask)
        key = _key(ask)
        fault = self._drawn()
        if self._is_on("token_expired", 0.04):
            self.books.world.end_sessions()  # the client signs in and sends the same request again
        elif key:
            self.sent.append(key)
        if self._is_on("period_closed", 0.03):
            self.books.close_period()
        return await getattr(self, f"_{fault}")(ask, key) if fault else await self._arrive(ask, key)

    def pass_by(self, seconds: float) -> None:
        """Let time pass for the client; what the ledger is late with is not done before `catch_up`."""
        self.books.time.pass_by(seconds)

    async def catch_up(self) -> None:
        """Do what the ledger was late with, each at its time."""
        while self.late and self.late[0].at <= self.books.time.now:
            one = heapq.heappop(self.late)
            await self._commit(one.ask, one.key, checked=one.checked)

    def _is_on(self, name: str, chance: float) -> bool:
        if self.calm or name not in self.switches.faults or self.random.random() >= chance:
            return False
        self.met.append(name)
        return True

    def _drawn(self) -> str | None:
        on = [name for name in OF_WRITES if name in self.switches.faults]
        if self.calm or not on or self.random.random() >= self.switches.fault_chance:
            return None
        fault = self.random.choice(on)
        self.met.append(fault)
        return fault

    async def _read(self, ask: Ask) -> Answer:
        await self.catch_up()
        if self._is_on("read_fault", 0.05):
            raise Broken("the service failed with status 503", status=503)
        lags = b"xmlgw" not in ask.path.encode() or b"<query>" in ask.body
        if not lags or not self._is_on("query_lag", 0.3):
            return await self._serve(ask)
        hidden = self._hide(self.books.time.now - dt.timedelta(seconds=_LAG_S))
        try:
            return await self._serve(ask)
        finally:
            for statement, values in hidden:
                self.books.world.write(statement, values)

    def _hide(self, since: dt.datetime) -> list[tuple[str, tuple[object, ...]]]:
        """Take the last changes out of sight; how to bring them back."""
        world, moment = self.books.world, since.replace(microsecond=0).isoformat()
        columns = "recordno, referenceno, state, whencreated"
        rows = world.query(f"SELECT {columns} FROM intacct_batch WHERE whenmodified > ?", (moment,))  # noqa: S608
        back: list[tuple[str, tuple[object, ...]]] = []
        for number, reference, state, created in rows:
            if created > moment:
                world.write("UPDATE intacct_batch SET referenceno = NULL WHERE recordno = ?", (number,))
                back.append(("UPDATE intacct_batch SET referenceno = ? WHERE recordno = ?", (reference, number)))
            else:
                world.write("UPDATE intacct_batch SET state = 'Draft' WHERE recordno = ?", (number,))
                back.append(("UPDATE intacct_batch SET state = ? WHERE recordno = ?", (state, number)))
        return back

    async def _arrive(self, ask: Ask, key: str) -> Answer:
        """The ledger gets the request and does it at once."""
        await self.catch_up()
        if key and self._at_work(key):
            return _twin(ask)
        return await self._commit(ask, key, checked=False)

    def _at_work(self, key: str) -> bool:
        """True where a ledger with a full memory knows that the same is under way."""
        return self.switches.dedupe == "full" and any(one.key == key for one in self.late)

    async def _commit(self, ask: Ask, key: str, *, checked: bool) -> Answer:
        """Do it; `checked`: it passed the test of its key when it came, earlier than now."""
        dedupe = self.switches.dedupe
        if key and (dedupe == "none" or (checked and dedupe in ("completed", "forgetting"))):
            self._forget("0001-01-01", key)
        if key and dedupe == "forgetting":
            self._forget((self.books.time.now - self._forgets_after).isoformat(), key, older=True)
        return await self._serve(ask)

    def _forget(self, moment: str, key: str, *, older: bool = False) -> None:
        relation = "<" if older else ">"
        for table, column in (("intacct_controlid", "controlid"), ("intacct_replay", "key")):
            statement = f"DELETE FROM {table} WHERE {column} = ? AND seen_at {relation} ?"  # noqa: S608
            self.books.world.write(statement, (key, moment))

    def _later(self, ask: Ask, key: str, longest: float, *, checked: bool = True) -> None:
        """The ledger has the request and does it at some time up to so many seconds from now.

        A ledger with a full memory, or one that knows what it has done, does not begin a second time.
        """
        if key and (self._at_work(key) or (self.switches.dedupe == "full" and self._is_done(key))):
            return
        self._number += 1
        at = self.books.time.now + dt.timedelta(seconds=self.random.uniform(1.0, longest))
        heapq.heappush(self.late, Late(at, self._number, ask, key, checked))

    def _is_done(self, key: str) -> bool:
        world = self.books.world
        done = world.one("SELECT 1 FROM intacct_controlid WHERE controlid = ?", (key,))
        return done is not None or world.one("SELECT 1 FROM intacct_replay WHERE key = ?", (key,)) is not None

    def _silence(self) -> Unreachable:
        self.pass_by(self.random.choice((30.0, 90.0, 300.0)))
        return Unreachable("the service fell silent")

    async def _late_commit(self, ask: Ask, key: str) -> Answer:
        self._later(ask, key, _LATEST_S)
        raise self._silence()

    async def _lost_answer(self, ask: Ask, key: str) -> Answer:
        await self._arrive(ask, key)
        raise self._silence()

    async def _half_answer(self, ask: Ask, key: str) -> Answer:
        await self._arrive(ask, key)
        raise Broken("the service sent half an answer", status=200)

    async def _broken_before(self, _ask: Ask, _key: str) -> Answer:
        raise Broken("the service failed with status 500", status=500)

    async def _broken_after(self, ask: Ask, key: str) -> Answer:
        await self._arrive(ask, key)
        raise Broken("the service failed with status 502", status=502)

    async def _throttled(self, _ask: Ask, _key: str) -> Answer:
        raise Throttled("the service is asked too often", wait_seconds=self.random.choice((None, 2.0, 45.0, 600.0)))

    async def _gateway_timeout(self, ask: Ask, key: str) -> Answer:
        self.pass_by(100.0)
        if self.random.random() < 0.5:
            await self._arrive(ask, key)
        else:
            self._later(ask, key, _LATEST_S - 100.0)
        raise Broken("the service failed with status 524", status=524)

    async def _twin_running(self, ask: Ask, key: str) -> Answer:
        self._later(ask, key, _LATEST_S)
        return _twin(ask)

    async def _other_body(self, ask: Ask, key: str) -> Answer:
        await self._arrive(ask, key)
        return _twin(ask, "The idempotency key was used for another request")

    async def _unique_conflict(self, ask: Ask, key: str) -> Answer:
        await self._arrive(ask, key)
        return _twin(ask, "Another GLBatch with the given value(s) already exists")

    async def _delivered_twice(self, ask: Ask, key: str) -> Answer:
        first = await self._arrive(ask, key)
        if self.random.random() < 0.5:
            self._later(ask, key, 600.0, checked=self.random.random() < 0.5)
            return first
        return self.random.choice((first, await self._arrive(ask, key)))

    async def _unreachable(self, _ask: Ask, _key: str) -> Answer:
        raise Unreachable("the service was not reached", nothing_arrived=True)

    async def _serve(self, ask: Ask) -> Answer:
        """The sandbox's own answer."""
        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": ask.method, "scheme": "http",
            "path": ask.path, "raw_path": ask.path.encode(), "query_string": urlencode(ask.query).encode(),
            "root_path": "", "client": ("127.0.0.1", 1), "server": ("127.0.0.1", 8700),
            "headers": [(b"host", b"127.0.0.1:8700"), *((name.lower().encode(), value.encode())
                                                       for name, value in ask.headers.items())],
        }  # fmt: skip
        body, whole = [ask.body], bytearray()
        start: dict[str, Any] = {}

        async def receive() -> Message:
            if body:
                return {"type": "http.request", "body": body.pop(), "more_body": False}
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            if message["type"] == "http.response.start":
                start.update(message)
            else:
                whole.extend(message.get("body", b""))

        await self.books.app(scope, receive, send)
        headers = {name.decode().lower(): value.decode() for name, value in start["headers"]}
        return Answer(int(start["status"]), headers, bytes(whole), HOME + ask.path)


def _is_write(ask: Ask) -> bool:
    if "xmlgw" in ask.path:
        return any(tag in ask.body for tag in _WRITES)
    return "/objects/" in ask.path and ask.method in ("POST", "PATCH")


def _key(ask: Ask) -> str:
    """The key under which a create counts once; empty for what may be done twice."""
    if "xmlgw" not in ask.path:
        return str(ask.headers.get("idempotency-key", ""))
    if b"<create>" not in ask.body:
        return ""
    return ask.body.partition(b"<REFERENCENO>")[2].partition(b"</REFERENCENO>")[0].decode()


def _twin(ask: Ask, words: str = "A request with this key is being processed") -> Answer:
    """The answer to a request whose key is known: 409, or its like in XML."""
    if "xmlgw" not in ask.path:
        told = {"ia::result": {"ia::error": {"code": "conflict", "message": words, "errorId": "REST-1090"}}}
        return Answer(409, {"content-type": "application/json"}, json.dumps(told).encode(), HOME + ask.path)
    control = ask.body.partition(b'<function controlid="')[2].partition(b'"')[0].decode()
    signed = (
        "<authentication><status>success</status><userid>u</userid><companyid>c</companyid><locationid/>"
        "</authentication>"
    )
    error = f"<errormessage><error><errorno>XL03000011</errorno><description/><description2>{words}; it has already "
    error += "been processed</description2><correction/></error></errormessage>"
    result = f"<result><status>failure</status><function>create</function><controlid>{control}</controlid>{error}"
    control_block = f"<control><status>success</status><controlid>{control}</controlid></control>"
    said = f"<response>{control_block}<operation>{signed}{result}</result></operation></response>"
    return Answer(200, {"content-type": "text/xml"}, said.encode(), HOME + ask.path)


def _masters() -> dict[str, list[dict[str, object]]]:
    no = dict.fromkeys(
        (
            "requiredept", "requireproject", "requirecustomer", "requirevendor", "requireemployee", "requireitem",
            "requireclass",
        ),
        "false",
    )  # fmt: skip
    account = {"normalbalance": "debit", "status": "active", "statistical": "F", "restricted": "false", **no}
    place = {"entity": "10", "status": "active", "currency": "USD", "open_from": _OPEN_FROM}
    return {
        "intacct_account": [
            {"recordno": 1, "accountno": "6400", "title": "Card fees", "requireloc": "true", **account},
            {"recordno": 2, "accountno": "1250", "title": "Card clearing", "requireloc": "true", **account},
        ],
        "intacct_location": [
            {"recordno": 1, "locationid": "10", "name": "East", **place},
            {"recordno": 2, "locationid": "101", "name": "Main Street", "parentid": "10", **place},
        ],
        "intacct_folder": [{"recordno": 1, "name": FOLDER}],
        "intacct_journal": [
            {"recordno": 1, "symbol": "CRJ", "title": "Card deposits", "bookid": "ACCRUAL", "adj": "F",
             "statistical": "F", "status": "active"},
        ],
    }  # fmt: skip
