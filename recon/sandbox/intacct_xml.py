"""The XML gateway of Intacct: envelopes, who may speak, sessions, and functions that count once or all together."""

from __future__ import annotations

from dataclasses import dataclass
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from recon.sandbox.intacct.attachments import BY_XML as ATTACHMENTS
from recon.sandbox.intacct.failures import Failure, Reason, bad_request
from recon.sandbox.intacct.records import is_entity
from recon.sandbox.intacct.tables import TABLES, made
from recon.sandbox.intacct.xml_balances import BALANCES
from recon.sandbox.intacct.xml_read import READERS, Bare
from recon.sandbox.intacct.xml_words import HEAD, Caller, data, element, elements, error_message, is_true, said
from recon.sandbox.intacct.xml_write import WRITERS
from recon.sandbox.world import World

PATH = "/ia/xml/xmlgw.phtml"
KIND = "intacct"
SESSION_SECONDS = 6 * 3600
_MOST_FUNCTIONS = 100
_MEDIA = 'text/xml; encoding="UTF-8"'  # the vendor's own word is encoding, not charset
_FUNCTIONS = {**READERS, **BALANCES, **WRITERS, **ATTACHMENTS}
_WRONG_SIGN_IN = Reason("XL03000006", "Sign-in information is incorrect", "Check your credentials.")
_ROLLED_BACK = Reason("XL03000009", "The entire transaction in this operation has been rolled back due to an error.")


class ControlRefused(Exception):
    """The request is refused before anybody looks who asks."""

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        super().__init__(reason.text)


@dataclass(frozen=True)
class SignedIn:
    """Who has shown credentials or a session, and until when it holds."""

    user: str
    company: str
    entity: str
    began: str
    ends: str
    session: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one function."""

    function: str
    controlid: str
    inside: str
    status: str = "success"

    def xml(self) -> str:
        """The result element."""
        head = elements({"status": self.status, "function": self.function, "controlid": self.controlid})
        return f"<result>{head}{self.inside}</result>"


def routes(world: World) -> list[BaseRoute]:
    """The gateway's one address."""
    world.hold(*TABLES, made=made)

    async def gateway(request: Request) -> Response:
        return answer(world, await request.body(), request)

    return [Route(PATH, gateway, methods=["POST"])]


def answer(world: World, body: bytes, request: Request) -> Response:
    """The whole answer to one request; what the business refuses comes under status 200."""
    try:
        asked = fromstring(body)
    except (ParseError, DefusedXmlException, ValueError) as fault:
        reason = Reason("XL03000003", f"XML Parse schema error: {fault}")
        return _said(f"<control>{element('status', 'failure')}</control>{error_message(Failure(reason))}")
    control = asked.find("control")
    try:
        _check_control(world, asked, control)
    except ControlRefused as refused:
        return _said(_control(control, "failure") + error_message(Failure(refused.reason)))
    operation = asked.find("operation")
    who = _signed_in(world, operation)
    if who is None:
        facts = {"status": "failure", "userid": "", "companyid": "", "locationid": ""}
        inside = f"<authentication>{elements(facts)}</authentication>{error_message(Failure(_WRONG_SIGN_IN))}"
        return _said(f"{_control(control, 'success')}<operation>{inside}</operation>")
    try:
        results = _results(world, request, operation, control, who)
    except Bare as bare:
        return Response(bare.body, media_type=bare.kind)
    inside = f"{_authentication(who)}{''.join(result.xml() for result in results)}"
    return _said(f"{_control(control, 'success')}<operation>{inside}</operation>")


def _said(inside: str) -> Response:
    return Response(f"{HEAD}<response>{inside}</response>".encode(), headers={"content-type": _MEDIA})


def _control(control: Element | None, status: str) -> str:
    """The control block, its words as they came."""
    echoed = {name: said(control, name) for name in ("senderid", "controlid", "uniqueid", "dtdversion")}
    return f"<control>{elements({'status': status, **echoed})}</control>"


def _check_control(world: World, asked: Element, control: Element | None) -> None:
    if asked.tag != "request" or control is None or asked.find("operation") is None:
        raise ControlRefused(Reason("XL03000003", "XML Parse schema error: a request has a control and an operation"))
    if not 1 <= len(said(control, "controlid")) <= 256:
        raise ControlRefused(Reason("XL03000003", "XML Parse schema error: controlid has 1 to 256 characters"))
    given = said(control, "senderid"), said(control, "password")
    if given != (world.access["intacct.sender_id"], world.access["intacct.sender_password"]):
        raise ControlRefused(Reason("XL03000006", "Incorrect Intacct XML Partner ID or password."))
    if said(control, "dtdversion") not in ("3.0", "2.1"):
        raise ControlRefused(Reason("XL03000003", "XML Parse schema error: dtdversion is not 3.0"))
    policy = said(control, "policyid")
    if policy:
        raise ControlRefused(Reason("XL03000006", f"{policy} is not a valid transport policy."))


def _signed_in(world: World, operation: Element | None) -> SignedIn | None:
    """Who speaks, by a login or by a session, but not by both; None if nobody is known."""
    if operation is None:
        return None
    login, token = operation.find("authentication/login"), operation.find("authentication/sessionid")
    if (login is None) == (token is None):
        return None
    return (
        _by_login(world, login)
        if login is not None
        else _by_session(world, said(operation, "authentication/sessionid"))
    )


def _by_login(world: World, login: Element) -> SignedIn | None:
    order = [child.tag for child in login]
    if "password" in order and order.index("password") < order.index("companyid"):
        return None  # seen in the wild: the password must not come before the company
    company, *more = said(login, "companyid").split("|")
    entity = said(login, "locationid") or (more[-1] if more else "")
    given = (said(login, "userid"), company, said(login, "password"))
    right = tuple(world.access[f"intacct.{name}"] for name in ("user_id", "company_id", "user_password"))
    if given != right or (entity and not is_entity(world, entity)):
        return None
    began = world.clock.now()
    return SignedIn(given[0], company, entity, _moment(began.isoformat()), _moment(began.isoformat()))


def _by_session(world: World, token: str) -> SignedIn | None:
    session = world.session(KIND, token)
    if session is None:
        return None
    ends = world.extend_session(token, SESSION_SECONDS)
    began = _moment(world.clock.now().isoformat())
    return SignedIn(
        session.who,
        world.access["intacct.company_id"],
        session.facts.get("entity", ""),
        began,
        _moment(ends.isoformat()),
        token,
    )


def _moment(iso: str) -> str:
    """Whole seconds with the hours from UTC, as in 2026-02-03T08:00:00+00:00."""
    return iso[:19] + "+00:00"


def _authentication(who: SignedIn) -> str:
    facts = {
        "status": "success",
        "userid": who.user,
        "companyid": who.company,
        "locationid": who.entity,
        "sessiontimestamp": who.began,
        "sessiontimeout": who.ends,
    }
    return f"<authentication>{elements(facts)}</authentication>"


def _results(
    world: World, request: Request, operation: Element | None, control: Element | None, who: SignedIn
) -> list[Result]:
    functions = [] if operation is None else operation.findall("content/function")
    if not 1 <= len(functions) <= _MOST_FUNCTIONS:
        failure = bad_request(f"content takes 1 to {_MOST_FUNCTIONS} functions")
        return [Result("", "", error_message(failure), "failure")]
    endpoint = f"{request.url.scheme}://{request.headers.get('host', request.url.netloc)}{PATH}"
    faults = request.scope.get("recon.faults", frozenset())
    hours = int(world.access.get("intacct.gmt_offset_hours", "0"))
    caller = Caller(world, who.user, who.entity, endpoint, faults, hours)
    teller = Teller(caller, who, control)
    if operation is not None and operation.get("transaction", "false").lower() == "true":
        return teller.together(functions)
    return [teller.told(function) for function in functions]


class Undone(Exception):
    """One function of a transaction failed, so nothing of it stays."""


class Teller:
    """Runs functions and tells what became of them."""

    def __init__(self, caller: Caller, who: SignedIn, control: Element | None) -> None:
        self.caller, self.who = caller, who
        # Documented: who does not say otherwise has every function counted once.
        self.once = is_true(said(control, "uniqueid"), otherwise=True)
        self.wordy = is_true(said(control, "showadditionalerrorinfo"))

    def together(self, functions: list[Element]) -> list[Result]:
        """All functions, or none: after a failure every other one is told to be aborted."""
        results: list[Result] = []
        try:
            with self.caller.world.transaction():
                for function in functions:
                    results.append(self.told(function))
                    if results[-1].status == "failure":
                        raise Undone
        except Undone:
            failed = results[-1]
            return [failed if one is functions[len(results) - 1] else self._aborted(one) for one in functions]
        return results

    def _aborted(self, function: Element) -> Result:
        name = function[0].tag if len(function) else ""
        inside = error_message(Failure(_ROLLED_BACK), wordy=self.wordy)
        return Result(name, function.get("controlid", ""), inside, "aborted")

    def told(self, function: Element) -> Result:
        """What became of one function; a failure leaves nothing behind."""
        controlid = function.get("controlid", "")
        if len(function) != 1:
            return self._failed("", controlid, bad_request("a function holds exactly one call"))
        name = function[0].tag
        try:
            with self.caller.world.transaction():
                if self.once:
                    self._count_once(controlid, name)
                return Result(name, controlid, self._done(name, function[0]))
        except Failure as failure:
            return self._failed(name, controlid, failure)

    def _done(self, name: str, asked: Element) -> str:
        if name == "getAPISession":
            return self._session(asked)
        if name not in _FUNCTIONS:
            raise bad_request(f"Element '{name}' is not expected.")
        return _FUNCTIONS[name](self.caller, asked)

    def _failed(self, name: str, controlid: str, failure: Failure) -> Result:
        empty = data("", listtype="objects", count=0) if name == "create" else ""
        return Result(name, controlid, empty + error_message(failure, wordy=self.wordy), "failure")

    def _count_once(self, controlid: str, name: str) -> None:
        world = self.caller.world
        if not controlid:
            raise bad_request("with uniqueid a function needs a controlid")
        if world.one("SELECT 1 FROM intacct_controlid WHERE controlid = ?", (controlid,)):
            text = f"The function with controlid '{controlid}' has already been processed"
            raise Failure(Reason("XL03000011", text, "Use another controlid."))
        row = {"controlid": controlid, "function": name, "seen_at": world.clock.now()}
        world.insert("intacct_controlid", [row])

    def _session(self, asked: Element) -> str:
        """A session, in the entity that is asked for, else in the one where the caller is."""
        world = self.caller.world
        wanted = asked.find("locationid")
        entity = self.who.entity if wanted is None else said(asked, "locationid")
        if entity and not is_entity(world, entity):
            raise Failure(Reason("XL03000006", f"The location '{entity}' is invalid."))
        session = world.open_session(KIND, self.who.user, SESSION_SECONDS, entity=entity)
        facts = {"sessionid": session.token, "endpoint": self.caller.endpoint, "locationid": entity}
        return data(f"<api>{elements(facts)}</api>")
