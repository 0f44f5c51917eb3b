"""The XML gateway of Sage Intacct: one session, renewed in time, and the functions that are asked in it."""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from recon.intacct.asking import node, wrap
from recon.intacct.credentials import XmlCredentials
from recon.intacct.faults import Fault, kind_of, misunderstood, raise_faults, told
from recon.intacct.replies import Reply, Result, gateway_trouble, read_reply
from recon.wire import Answer, Ask, Broken, NotSignedIn, Secret, Throttled, Wire
from recon.wire.addresses import Origin, origin_of

PRODUCTION = "https://api.intacct.com"
GATEWAY = "/ia/xml/xmlgw.phtml"
_DOMAIN = ".intacct.com"
_TRIES = 3  # of a read whose answer came whole but cannot be read; the wire retries what did not come
_FIRST_WAIT = 1.0  # seconds; doubled each time, drawn evenly below
_MARGIN = dt.timedelta(minutes=2)  # a session that ends sooner is renewed before it is used
_HEADERS = {"content-type": "application/xml"}


def utc_now() -> dt.datetime:
    """The present moment in UTC."""
    return dt.datetime.now(dt.UTC)


def new_control_id() -> str:
    """A control id that no other request has."""
    return str(uuid.uuid4())


@dataclass(frozen=True)
class Function:
    """One function of a request: its element, and the control id under which Intacct remembers it."""

    body: str
    control_id: str


@dataclass(frozen=True)
class Session:
    """A session as Intacct opened it."""

    session_id: Secret
    address: str  # where its requests go: the gateway's path, or the address that Intacct named
    entity: str  # empty at the top level
    user_id: str
    company_id: str
    skew: dt.timedelta | None  # Intacct's clock less ours at signing in; None where it did not tell
    ends_at: dt.datetime | None  # by our clock


class XmlGateway:
    """The gateway for one user of one company, at the top level or in one entity."""

    def __init__(
        self,
        wire: Wire,
        credentials: XmlCredentials,
        *,
        base_url: str = PRODUCTION,
        clock: Callable[[], dt.datetime] = utc_now,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._wire = wire
        self.credentials = credentials
        self._home = origin_of(base_url)
        self._clock = clock
        self._pause = pause
        self._session: Session | None = None
        self._signing_in = asyncio.Lock()

    async def session(self) -> Session:
        """The open session; signs in if there is none, or it is about to end.

        Raises: NotSignedIn, Refused, RemoteError.
        """
        async with self._signing_in:
            known = self._session
            if known is None or (known.ends_at is not None and self._clock() >= known.ends_at - _MARGIN):
                self._session = known = await self._sign_in()
            return known

    async def ask(self, *bodies: str) -> tuple[Result, ...]:
        """The results of functions that only read, in their order, each a success.

        Raises: NotSignedIn, Refused, Throttled, Broken, Misunderstood; NotDone where Intacct refuses for a reason
        of its own.
        """
        functions = [Function(body, new_control_id()) for body in bodies]
        reply = await self._in_session(functions, unique=False, transaction=False)
        for result in reply.results:
            if result.status != "success":
                raise_faults(result.faults, f"the function {result.function or 'asked'}")
        return reply.results

    async def ask_one(self, body: str) -> Result:
        """The result of one function that only reads; raises as `ask` does."""
        return (await self.ask(body))[0]

    async def write(self, function: Function) -> Reply:
        """The whole reply to one function that changes the books, sent once under its own control id.

        Success and refusal by the books come back in the reply; only who reads it may say what it means.

        Raises: RemoteError where nothing readable came back: then nobody knows whether it was done.
        """
        return await self._in_session([function], unique=True, transaction=True)

    async def _in_session(self, functions: Sequence[Function], *, unique: bool, transaction: bool) -> Reply:
        for again in (False, True):
            session = await self.session()
            said = wrap("authentication", node("sessionid", session.session_id.reveal()))
            body = self._request(said, functions, unique=unique, transaction=transaction)
            reply = await self._send(session.address, body, repeatable=not unique)
            gone = _session_faults(reply)
            if gone is None:
                self._check(reply, functions, session)
                self._extend(session, reply)
                return reply
            self._forget(session)
            if again:
                raise NotSignedIn(
                    f"Intacct ended the session, and the next one too: {told(gone)}; check the user and his rights"
                )
        raise AssertionError("the loop returns or raises")

    async def _send(self, address: str, body: bytes, *, repeatable: bool) -> Reply:
        """The reply; a read whose answer is whole but unreadable is asked again a few times."""
        ask = Ask("POST", address, headers=_HEADERS, body=body, repeatable=repeatable, wants="xml")
        for attempt in range(1, _TRIES + 1):
            answer = await self._wire.ask(ask)
            try:
                return _readable(answer)
            except (Broken, Throttled):
                if attempt == _TRIES or not repeatable:
                    raise
            # Full jitter spreads load and protects nothing.
            await self._pause(random.uniform(0.0, _FIRST_WAIT * 2**attempt))  # noqa: S311
        raise AssertionError("the loop returns or raises")

    async def _sign_in(self) -> Session:
        """A new session; always asked of the gateway itself, never of the address that an older session had."""
        who = self.credentials
        login = wrap(
            "login",
            node("userid", who.user_id),
            node("companyid", who.company_id),  # the login fails where the password stands before the company
            node("password", who.user_password.reveal()),
            *([node("locationid", who.entity)] if who.entity else []),
        )
        function = Function("<getAPISession/>", new_control_id())
        body = self._request(wrap("authentication", login), [function], unique=False, transaction=False)
        reply = await self._send(GATEWAY, body, repeatable=True)
        self._refuse_login(reply)
        result = reply.results[0]
        if result.status != "success":
            raise_faults(result.faults, "signing in")
        api = result.rows[0] if result.rows else {}
        session_id, endpoint = api.get("SESSIONID"), api.get("ENDPOINT")
        if not session_id or not endpoint:
            raise misunderstood("the answer to a sign-in lacks the session or its endpoint")
        entity = api.get("LOCATIONID") or ""
        if who.entity and entity != who.entity:
            raise misunderstood(
                "the session is in another entity than the one asked for; check the entity's location id",
                asked=who.entity,
                given=entity or "top level",
            )
        told = reply.signed_in
        now = self._clock()
        ends_at = _ends_at(reply, now)
        skew = told.told_at - now if told and told.told_at else None
        user, company = (told.user_id, told.company_id) if told else ("", "")
        return Session(Secret(session_id), self._address(endpoint), entity, user, company, skew, ends_at)

    def _refuse_login(self, reply: Reply) -> None:
        """Raise what a failed sign-in means; the sender's and the user's credentials are told apart."""
        if reply.control != "success":
            kind = kind_of(reply.faults)
            if kind in ("throttled", "offline"):
                raise_faults(reply.faults, "signing in")
            raise NotSignedIn(
                f"Intacct does not accept the web-services sender: {told(reply.faults)}; check sender id and sender "
                "password, and that the company authorised this sender"
            )
        if reply.signed_in is None or reply.signed_in.status != "success":
            raise NotSignedIn(
                f"Intacct does not accept the user: {told(reply.faults)}; check company id, user id and user password"
            )
        if not reply.results:
            raise misunderstood("the answer to a sign-in holds no result")

    def _address(self, endpoint: str) -> str:
        """Where the session's requests go; an address outside Intacct is refused.

        Raises: Misunderstood.
        """
        origin = origin_of(endpoint)
        if origin is not None and origin == self._home:
            return endpoint[endpoint.index("/", endpoint.index("//") + 2) :] if endpoint.count("/") > 2 else GATEWAY
        if origin is None or not _is_intacct(origin):
            raise misunderstood(
                "the session's endpoint lies outside intacct.com and is not used; check the gateway's address",
                endpoint=endpoint[:100],
            )
        return endpoint

    def _request(self, authentication: str, functions: Sequence[Function], *, unique: bool, transaction: bool) -> bytes:
        who = self.credentials
        control = wrap(
            "control",
            node("senderid", who.sender_id),
            node("password", who.sender_password.reveal()),
            node("controlid", functions[0].control_id),
            node("uniqueid", "true" if unique else "false"),
            node("dtdversion", "3.0"),
            node("includewhitespace", "false"),
        )
        content = wrap("content", *(wrap("function", one.body, controlid=one.control_id) for one in functions))
        operation = wrap("operation", authentication, content, transaction="true" if transaction else "false")
        return f'<?xml version="1.0" encoding="utf-8"?>{wrap("request", control, operation)}'.encode()

    def _check(self, reply: Reply, functions: Sequence[Function], session: Session) -> None:
        """Raise unless the reply is one to these functions in this session."""
        if reply.control != "success":
            raise_faults(reply.faults, "a request")
        if reply.signed_in is None:
            raise misunderstood("the answer does not say who is signed in")
        given = [result.control_id for result in reply.results]
        if given != [function.control_id for function in functions]:
            raise misunderstood(
                "the results are not those of the functions asked", asked=len(functions), given=len(given)
            )
        if session.entity and reply.signed_in.entity and reply.signed_in.entity != session.entity:
            raise misunderstood(
                "the answer is that of another entity", asked=session.entity, given=reply.signed_in.entity
            )

    def _extend(self, session: Session, reply: Reply) -> None:
        """Every answer pushes the end of the session out."""
        ends_at = _ends_at(reply, self._clock())
        if ends_at is not None and self._session is not None and self._session.session_id == session.session_id:
            self._session = Session(
                session.session_id,
                session.address,
                session.entity,
                session.user_id,
                session.company_id,
                session.skew,
                ends_at,
            )

    def _forget(self, session: Session) -> None:
        if self._session is not None and self._session.session_id == session.session_id:
            self._session = None


def _readable(answer: Answer) -> Reply:
    """The reply of an answer that is no complaint of the gateway about its load."""
    trouble = gateway_trouble(answer)
    reply = read_reply(answer)
    faults = [*reply.faults, *(one for result in reply.results for one in result.faults)]
    kind = kind_of(faults)
    if kind == "throttled" or trouble.startswith("API rate"):
        raise Throttled(f"Intacct asks for fewer requests: {told(faults) if faults else trouble}; try again later")
    if kind == "offline" or trouble:
        raise Broken(f"Intacct is off-line: {told(faults) if faults else trouble}; try again later")
    return reply


def _session_faults(reply: Reply) -> tuple[Fault, ...] | None:
    """What the reply says against the session; None where it does not.

    The vendor does not tell the number of an ended session, so three shapes are taken for one.
    """
    if reply.signed_in is not None and reply.signed_in.status == "failure":
        return reply.faults
    if reply.status == 401:
        return reply.faults
    if reply.control != "success" and kind_of(reply.faults) == "sign_in" and not _is_senders(reply.faults):
        return reply.faults
    return None


def _is_senders(faults: Sequence[Fault]) -> bool:
    """True where it is the sender that Intacct does not know: a new session would not mend that."""
    return any("partner id" in one.text.lower() or "sender" in one.text.lower() for one in faults)


def _ends_at(reply: Reply, now: dt.datetime) -> dt.datetime | None:
    """The end of the session by our clock: the time that Intacct grants, counted from now."""
    told = reply.signed_in
    if told is None or told.ends_at is None:
        return None
    return now + (told.ends_at - told.told_at) if told.told_at else told.ends_at


def _is_intacct(origin: Origin) -> bool:
    return origin.scheme == "https" and origin.port == 443 and origin.host.rstrip(".").endswith(_DOMAIN)
