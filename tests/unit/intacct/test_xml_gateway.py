"""Sessions of the gateway: where they are opened, when they are renewed, and whom they trust."""

from __future__ import annotations

import asyncio
import datetime as dt
from dataclasses import replace

import pytest
from scripted_intacct import (
    NOON,
    RECON,
    SANDBOX,
    ScriptedWire,
    answer,
    data,
    done,
    envelope,
    error,
    gateway,
    gives,
    is_login,
    refuses,
    row,
    session_answer,
    signed_in,
    wait_for,
)

from recon.intacct.faults import NotDone
from recon.intacct.gateway import XmlGateway
from recon.wire import Answer, Ask, Broken, Misunderstood, NotSignedIn, Refused, Throttled, Unreachable

READ = "<query><object>GLACCOUNT</object></query>"


def accounts(ask: Ask) -> Answer:
    return gives(ask, data("GLACCOUNT", [row("GLACCOUNT", RECORDNO=1)]))


def test_a_session_is_opened_once_and_used_by_all_who_ask_at_once() -> None:
    wire = ScriptedWire(signed_in(accounts))
    books = gateway(wire)

    async def eight() -> None:
        await asyncio.gather(*(books.ask(READ) for _ in range(8)))

    wait_for(eight())

    assert sum(map(is_login, wire.asked)) == 1
    assert all("<sessionid>session-1</sessionid>" in said for said in wire.said[1:])


def test_the_login_names_the_company_before_the_password_and_a_read_is_not_unique() -> None:
    wire = ScriptedWire(signed_in(accounts))

    wait_for(gateway(wire).ask(READ))

    login = wire.said[0]
    assert login.index("<userid>") < login.index("<companyid>") < login.rindex("<password>")
    assert "<locationid>" not in login
    assert all("<uniqueid>false</uniqueid>" in said for said in wire.said)


def test_a_request_names_a_user_or_a_session_and_never_both() -> None:
    wire = ScriptedWire(signed_in(accounts))

    wait_for(gateway(wire).ask(READ))

    assert [("<login>" in said, "<sessionid>" in said) for said in wire.said] == [(True, False), (False, True)]


def test_later_requests_go_to_the_endpoint_of_the_session_and_every_login_to_the_gateway() -> None:
    pod = "https://na12.intacct.com/ia/xml/xmlgw.phtml"
    now = [NOON]
    wire = ScriptedWire(lambda ask: session_answer(ask, endpoint=pod) if is_login(ask) else accounts(ask))
    books = gateway(wire, base_url="https://api.intacct.com", clock=lambda: now[0])

    wait_for(books.ask(READ))
    now[0] += dt.timedelta(hours=7)
    wait_for(books.ask(READ))

    assert [one.path for one in wire.asked] == ["/ia/xml/xmlgw.phtml", pod, "/ia/xml/xmlgw.phtml", pod]


@pytest.mark.parametrize(
    "endpoint", ["https://api.intacct.com./ia/xml/xmlgw.phtml", "https://NA12.Intacct.com/ia/xml/xmlgw.phtml"]
)
def test_an_endpoint_with_a_trailing_dot_or_in_capitals_is_intacct_too(endpoint: str) -> None:
    wire = ScriptedWire(lambda ask: session_answer(ask, endpoint=endpoint) if is_login(ask) else accounts(ask))

    wait_for(gateway(wire).ask(READ))

    assert wire.asked[1].path == endpoint


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://evil.example/ia/xml/xmlgw.phtml",
        "https://intacct.com.evil.example/ia",
        "https://evilintacct.com/ia",
        "http://na12.intacct.com/ia/xml/xmlgw.phtml",
        "https://na12.intacct.com:8443/ia",
        "https://recon@evil.example#.intacct.com/",
        "file:///etc/passwd",
        "http://127.0.0.1:8701/ia/xml/xmlgw.phtml",
    ],
)
def test_an_endpoint_outside_intacct_is_never_sent_the_session(endpoint: str) -> None:
    wire = ScriptedWire(lambda ask: session_answer(ask, endpoint=endpoint))

    with pytest.raises(Misunderstood, match=r"outside intacct\.com"):
        wait_for(gateway(wire).ask(READ))

    assert len(wire.asked) == 1


def test_a_session_is_renewed_by_the_time_that_intacct_grants_whatever_our_clock_says() -> None:
    # Intacct says 12:00 to 12:10; our clock is three years behind.
    now = [NOON - dt.timedelta(days=3 * 365)]
    logins = []

    def script(ask: Ask) -> Answer:
        if is_login(ask):
            logins.append(ask)
            return session_answer(ask, ends="12:10:00")
        return answer(envelope(done(ask, data("GLACCOUNT", [])), ends="12:10:00"))

    books = gateway(ScriptedWire(script), clock=lambda: now[0])
    wait_for(books.ask(READ))
    now[0] += dt.timedelta(minutes=7)
    wait_for(books.ask(READ))
    assert len(logins) == 1
    now[0] += dt.timedelta(minutes=7)  # each answer pushed the end out by ten minutes
    wait_for(books.ask(READ))
    assert len(logins) == 1
    now[0] += dt.timedelta(minutes=9)
    wait_for(books.ask(READ))
    assert len(logins) == 2


def test_the_skew_of_the_clocks_is_known_after_signing_in() -> None:
    books = gateway(ScriptedWire(signed_in(accounts)), clock=lambda: NOON - dt.timedelta(minutes=4))

    assert wait_for(books.session()).skew == dt.timedelta(minutes=4)


EXPIRED = {
    "authentication": lambda _: answer(
        "<response><control><status>success</status></control><operation><authentication><status>failure</status>"
        f"</authentication><errormessage>{error('XL03000006', 'Invalid session')}</errormessage></operation></response>"
    ),
    "http 401": lambda _: answer(
        f"<response><control><status>failure</status></control><errormessage>{error('XMLGW_JPP0002', 'x')}"
        "</errormessage></response>",
        401,
    ),
    "control": lambda _: answer(
        f"<response><control><status>failure</status></control><errormessage>{error('XL03000006', 'session')}"
        "</errormessage></response>"
    ),
}


@pytest.mark.parametrize("shape", EXPIRED)
def test_an_ended_session_is_opened_anew_once_whatever_shape_the_refusal_has(shape: str) -> None:
    left = [1]

    def script(ask: Ask) -> Answer:
        if left:
            left.pop()
            return EXPIRED[shape](ask)
        return accounts(ask)

    wire = ScriptedWire(signed_in(script))

    assert wait_for(gateway(wire).ask_one(READ)).count("totalcount") == 1
    assert [is_login(one) for one in wire.asked] == [True, False, True, False]


@pytest.mark.parametrize("shape", EXPIRED)
def test_a_session_that_is_refused_twice_is_told_and_not_tried_for_ever(shape: str) -> None:
    wire = ScriptedWire(signed_in(EXPIRED[shape]))

    with pytest.raises(NotSignedIn, match="ended the session, and the next one too"):
        wait_for(gateway(wire).ask(READ))

    assert len(wire.asked) == 4


def test_a_wrong_user_and_a_wrong_sender_are_told_apart() -> None:
    user = ScriptedWire(EXPIRED["authentication"])
    said = error("XL03000006", "Incorrect Intacct XML Partner ID or password.")
    refusal = f"<response><control><status>failure</status></control><errormessage>{said}</errormessage></response>"
    sender = ScriptedWire(lambda _: answer(refusal))

    with pytest.raises(NotSignedIn, match=r"does not accept the user.*check company id, user id and user password"):
        wait_for(gateway(user).ask(READ))
    with pytest.raises(NotSignedIn, match=r"does not accept the web-services sender.*sender id"):
        wait_for(gateway(sender).ask(READ))
    assert len(user.asked) == len(sender.asked) == 1


def test_no_secret_stands_in_what_is_raised_or_shown() -> None:
    said = error("XL03000006", "user-pass is wrong, so is sender-pass")
    refusal = f"<response><control><status>failure</status></control><errormessage>{said}</errormessage></response>"
    wire = ScriptedWire(lambda _: answer(refusal))

    with pytest.raises(NotSignedIn) as caught:
        wait_for(gateway(wire).ask(READ))

    shown = f"{caught.value} {caught.value!r} {RECON!r} {wire.asked[0]!r}"
    assert "user-pass" not in shown
    assert "sender-pass" not in shown


def test_a_session_in_another_entity_than_asked_is_refused() -> None:
    wire = ScriptedWire(lambda ask: session_answer(ask, entity="20"))

    with pytest.raises(Misunderstood, match="another entity"):
        wait_for(gateway(wire, replace(RECON, entity="10")).ask(READ))

    assert "<locationid>10</locationid>" in wire.said[0]


def test_an_answer_of_another_entity_is_refused() -> None:
    other = "<status>success</status><userid>recon</userid><companyid>ACME</companyid><locationid>20</locationid>"

    def script(ask: Ask) -> Answer:
        if is_login(ask):
            return session_answer(ask, entity="10")
        return answer(envelope(done(ask, data("GLACCOUNT", [])), authentication=other))

    with pytest.raises(Misunderstood, match="another entity"):
        wait_for(gateway(ScriptedWire(script), replace(RECON, entity="10")).ask(READ))


def test_results_of_other_functions_are_refused() -> None:
    stranger = "<result><status>success</status><function>query</function><controlid>x</controlid><data/></result>"

    with pytest.raises(Misunderstood, match="not those of the functions asked"):
        wait_for(gateway(ScriptedWire(signed_in(lambda _: answer(envelope(stranger))))).ask(READ))


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        (error("PL04000005", "You do not have permission for API operation READ_BY_QUERY on objects"), Refused),
        (error("", "do not have permission to view audit history"), Refused),
        (error("DL02000001", "There was an error processing the request."), NotDone),
        (error("Query Failed", "Object definition VENDOR2 not found"), NotDone),
    ],
)
def test_a_refused_read_is_told_by_what_it_means(said: str, fault: type[Exception]) -> None:
    with pytest.raises(fault):
        wait_for(gateway(ScriptedWire(signed_in(lambda ask: refuses(ask, said)))).ask(READ))


TROUBLE = {
    "html": (lambda _: answer("<html><meta charset=x></html>"), Broken),
    "missing end tag": (lambda _: answer("<response><control><meta></control></response>"), Broken),
    "rate in words": (lambda _: answer("<response>API rate limit exceeded</response>"), Throttled),
    "rate in a result": (lambda ask: refuses(ask, error("X", "API rate limit exceeded")), Throttled),
    "off-line": (lambda ask: refuses(ask, error("X", "The Service is Temporarily Off-line")), Broken),
    "half": (lambda ask: answer(accounts(ask).body[:-40]), Broken),
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_a_read_whose_answer_cannot_be_used_is_asked_again(trouble: str) -> None:
    left = [1, 1]
    wire = ScriptedWire(signed_in(lambda ask: TROUBLE[trouble][0](ask) if left and left.pop() else accounts(ask)))

    assert wait_for(gateway(wire).ask_one(READ)).count("totalcount") == 1
    assert len(wire.asked) == 4


@pytest.mark.parametrize("trouble", TROUBLE)
def test_trouble_that_stays_is_told_after_three_tries(trouble: str) -> None:
    script, fault = TROUBLE[trouble]
    wire = ScriptedWire(signed_in(script))

    with pytest.raises(fault):
        wait_for(gateway(wire).ask(READ))

    assert len(wire.asked) == 4


def test_an_invalid_request_is_not_sent_again() -> None:
    said = (
        "<response><control><status>failure</status></control><errormessage><error><errorno>GW-0011</errorno>"
        "<description>Invalid Request</description></error></errormessage></response>"
    )
    wire = ScriptedWire(lambda _: answer(said, 400))

    with pytest.raises(NotSignedIn, match="GW-0011"):
        wait_for(gateway(wire).ask(READ))

    assert len(wire.asked) == 1


def test_a_service_that_is_not_reached_is_told_as_the_wire_tells_it() -> None:
    def script(_: Ask) -> Answer:
        raise Unreachable("Intacct was not reached")

    with pytest.raises(Unreachable):
        wait_for(gateway(ScriptedWire(script)).ask(READ))


def test_without_a_told_end_a_session_lasts_until_intacct_refuses_it() -> None:
    bare = "<status>success</status><userid>recon</userid><companyid>ACME</companyid>"

    def script(ask: Ask) -> Answer:
        api = f"<sessionid>s</sessionid><endpoint>{SANDBOX}/ia/xml/xmlgw.phtml</endpoint><locationid></locationid>"
        what = f"<data><api>{api}</api></data>" if is_login(ask) else data("GLACCOUNT", [])
        return answer(envelope(done(ask, what), authentication=bare))

    now = [NOON]
    wire = ScriptedWire(script)
    books: XmlGateway = gateway(wire, clock=lambda: now[0])
    wait_for(books.ask(READ))
    now[0] += dt.timedelta(days=2)
    wait_for(books.ask(READ))

    assert sum(map(is_login, wire.asked)) == 1
