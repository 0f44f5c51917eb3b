"""The HTTP client against real servers on loopback: what it repeats, how long it waits, and when it gives up."""

from __future__ import annotations

import asyncio
import datetime as dt
import gzip
import socket
import threading
import time
from decimal import Decimal
from email.utils import format_datetime

import pytest

from recon.errors import ConfigError
from recon.wire import (
    Answer,
    Ask,
    Broken,
    HttpWire,
    Limits,
    Misunderstood,
    Retries,
    Throttled,
    Unreachable,
    in_process,
    run,
)
from tests.wire_servers import Server, cut_off, reply, serving

QUICK = Retries(tries=4, first_wait_seconds=0.01, longest_wait_seconds=0.02, total_seconds=30)
READ = Ask("GET", "/deposits", wants="json")
WRITE = Ask("POST", "/entries", body=b"{}", repeatable=False, wants="json")
PAGE = b"<!DOCTYPE html><html><body>The Service is Temporarily Off-line</body></html>"
ROWS = b'{"deposits": [{"amount": 100.10}]}'


def asked(server: Server, *asks: Ask, retries: Retries = QUICK, limits: Limits | None = None) -> list[Answer]:
    """The answers to the asks, one after the other, over one wire."""

    async def work() -> list[Answer]:
        async with HttpWire(server.url, retries=retries, limits=limits, service="the bank") as wire:
            return [await wire.ask(one) for one in asks]

    return run(work())


def test_money_in_an_answer_is_decimal_and_never_a_float() -> None:
    with serving(lambda *_: reply(ROWS)) as server:
        (answer,) = asked(server, READ)

    amount = answer.json()["deposits"][0]["amount"]
    assert isinstance(amount, Decimal)
    assert str(amount) == "100.10"


def test_a_read_names_no_content_type_and_takes_packed_answers() -> None:
    packed = reply(gzip.compress(ROWS), headers=("content-encoding: gzip",))
    with serving(lambda *_: packed) as server:
        (answer,) = asked(server, READ)

    assert answer.body == ROWS
    assert "content-type" not in server.seen[0].headers
    assert "cookie" not in server.seen[0].headers


def test_no_cookie_of_one_answer_goes_out_with_the_next_request() -> None:
    with serving(lambda *_: reply(ROWS, headers=("set-cookie: session=abc; Path=/",))) as server:
        asked(server, READ, READ)

    assert all("cookie" not in one.headers for one in server.seen)


FAILURES = {
    "an error of the server": reply(b"oops", 500),
    "a bad gateway in HTML": reply(PAGE, 502),
    "a request that timed out there": reply(b"{}", 408),
    "a web page instead of JSON": reply(PAGE, 200),
    "a web page that forbids": reply(PAGE, 403),
    "a web page behind a declaration of XML": reply(b'<?xml version="1.0"?>\n' + PAGE),
    "half a body": cut_off(ROWS[:10], len(ROWS)),
    "nothing at all": cut_off(b"", len(ROWS)),
    "a body cut off with a length that fits": reply(ROWS[:10]),
    "a length shorter than the body": reply(ROWS, length=9),
    "an empty body": reply(b""),
    "a packed body that was cut off": reply(gzip.compress(ROWS)[:-9], headers=("content-encoding: gzip",)),
    "a packed body that is damaged": reply(b"no gzip at all", headers=("content-encoding: gzip",)),
    "a packing that was not asked for": reply(ROWS, headers=("content-encoding: br",)),
    "a connection that is hung up": lambda connection: None,
    "an answer that is not HTTP": b"220 mail.example.com ESMTP\r\n\r\n",
}


@pytest.mark.parametrize("failure", FAILURES)
def test_a_read_is_repeated_after(failure: str) -> None:
    with serving(lambda _, number: FAILURES[failure] if number == 0 else reply(ROWS)) as server:
        (answer,) = asked(server, READ)

    assert answer.body == ROWS
    assert len(server.seen) == 2


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_that_stays_is_told_in_a_sentence_with_exit_code_3(failure: str) -> None:
    with (
        serving(lambda *_: FAILURES[failure]) as server,
        pytest.raises(Broken) as caught,
    ):
        asked(server, READ)

    assert caught.value.exit_code == 3
    assert caught.value.context["tries"] == QUICK.tries
    assert caught.value.context["service"] == "the bank"
    assert len(server.seen) == QUICK.tries


@pytest.mark.parametrize("failure", FAILURES)
def test_a_write_is_never_repeated_after(failure: str) -> None:
    with serving(lambda *_: FAILURES[failure]) as server, pytest.raises(Broken) as caught:
        asked(server, WRITE)

    assert len(server.seen) == 1
    assert not caught.value.nothing_arrived


def test_a_write_is_repeated_where_nothing_can_have_arrived() -> None:
    free = socket.create_server(("127.0.0.1", 0))
    port = free.getsockname()[1]
    free.close()

    async def work() -> None:
        async with HttpWire(f"http://127.0.0.1:{port}", retries=QUICK) as wire:
            await wire.ask(WRITE)

    with pytest.raises(Unreachable, match="not reached") as caught:
        run(work())

    assert caught.value.nothing_arrived
    assert caught.value.context["tries"] == QUICK.tries


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
def test_a_refusal_in_json_comes_back_as_an_answer(status: int) -> None:
    with serving(lambda *_: reply(b'{"error_code": "X"}', status)) as server:
        (answer,) = asked(server, READ)

    assert (answer.status, answer.json()) == (status, {"error_code": "X"})
    assert len(server.seen) == 1


WAITS = {
    "Retry-After in seconds": ("Retry-After: 1",),
    "Retry-After with a fraction": ("Retry-After: 0.3",),
    "Retry-After twice": ("Retry-After: 0.3", "Retry-After: 0.3"),
    "Retry-After with its unit": ("Retry-After: 300ms",),
    "Retry-After with a remark": ("Retry-After: +0.3; hourly limit",),
    "the concurrency of a company": ("X-IA-Throttle-Limit-RetryAfter: 0.3",),
    "the limit of a minute, spelt apart": ("x-ia-minute-rate-limit-retry-after: 0.3",),
    "the limit of an hour beside a shorter one": ("Retry-After: 0", "X-IA-Hour-Rate-Limit-RetryAfter: 0.3"),
    "the limit of a tenant beside rubbish": ("X-IA-TENANT-Throttle-Limit-RetryAfter: 0.3", "Retry-After: soon"),
}


@pytest.mark.parametrize("spelling", WAITS)
@pytest.mark.parametrize("status", [429, 503])
def test_never_sooner_than_asked_by(spelling: str, status: int) -> None:
    waits = WAITS[spelling]
    with serving(lambda _, number: reply(b"{}", status, waits) if number == 0 else reply(ROWS)) as server:
        (answer,) = asked(server, READ)

    assert answer.body == ROWS
    assert min(server.gaps()) >= (1.0 if waits == WAITS["Retry-After in seconds"] else 0.3)


def test_a_wait_in_words_that_nobody_can_read_is_as_long_as_any_draw_may_last() -> None:
    slow = Retries(tries=2, first_wait_seconds=0.01, longest_wait_seconds=0.4)
    headers = ("Retry-After: in a while",)
    with serving(lambda _, number: reply(b"{}", 429, headers) if number == 0 else reply(ROWS)) as server:
        asked(server, READ, retries=slow)

    assert server.gaps()[0] >= 0.4


def test_a_server_whose_clock_is_wrong_is_waited_for_by_its_own_clock() -> None:
    there = dt.datetime(2021, 5, 1, tzinfo=dt.UTC)
    headers = (
        f"Date: {format_datetime(there, usegmt=True)}",
        f"Retry-After: {format_datetime(there + dt.timedelta(seconds=1), usegmt=True)}",
    )
    with serving(lambda _, number: reply(b"{}", 429, headers) if number == 0 else reply(ROWS)) as server:
        asked(server, READ)

    assert 1.0 <= server.gaps()[0] < 3.0


def test_what_one_request_was_told_holds_for_all_others_of_the_host_and_for_later_wires() -> None:
    def script(_: object, number: int) -> bytes:
        return reply(b"{}", 429, ("Retry-After: 1",)) if number == 0 else reply(ROWS)

    with serving(script) as server:
        with pytest.raises(Throttled) as caught:
            asked(server, READ, retries=Retries(tries=1))
        asked(server, READ, READ)

    assert caught.value.wait_seconds == 1.0
    assert server.gaps()[0] >= 1.0


def test_a_wait_that_several_services_of_one_host_share_is_told_of_the_host() -> None:
    async def both(url: str) -> list[str]:
        said = []
        async with HttpWire(url, service="GP-API") as first, HttpWire(url, service="Heartland Retail") as second:
            for wire in (first, second):
                with pytest.raises(Throttled) as caught:
                    await wire.ask(READ)
                said.append(caught.value.message.partition(";")[0])
        async with HttpWire(url, service="Heartland Retail") as alone:
            with pytest.raises(Throttled) as caught:
                await alone.ask(READ)
        return [*said, caught.value.message.partition(";")[0]]

    with serving(lambda *_: reply(b"{}", 429, ("Retry-After: 3600",))) as server:
        *told, alone = run(both(server.url))

    assert told == ["The host of GP-API, Heartland Retail is asked too often and asks to wait 3600 seconds"] * 2
    assert alone == "Heartland Retail is asked too often and asks to wait 3600 seconds"


@pytest.mark.parametrize("seconds", [3600, 700_000])
def test_a_wait_beyond_patience_ends_the_pull_at_once_instead_of_asking_too_soon(seconds: int) -> None:
    begun = time.monotonic()
    with (
        serving(lambda *_: reply(b"{}", 429, (f"Retry-After: {seconds}",))) as server,
        pytest.raises(Throttled, match=f"wait {seconds} seconds") as caught,
    ):
        asked(server, READ)

    assert len(server.seen) == 1
    assert caught.value.wait_seconds == seconds
    assert time.monotonic() - begun < 60


def test_a_limit_that_is_used_up_is_heard_beside_a_success_too() -> None:
    told = ("X-IA-Minute-Rate-Limit-Remaining: 0", "X-IA-Minute-Rate-Limit-RetryAfter: 1")
    spare = ("X-IA-Minute-Rate-Limit-Remaining: 59", "X-IA-Minute-Rate-Limit-RetryAfter: 30")
    with serving(lambda _, number: reply(ROWS, headers=told if number == 0 else spare)) as server:
        asked(server, READ, READ, READ)

    first, second = server.gaps()
    assert first >= 1.0
    assert second < 30.0


def test_a_write_that_came_too_often_is_handed_back_with_the_wait() -> None:
    with serving(lambda *_: reply(b"{}", 429, ("Retry-After: 1",))) as server, pytest.raises(Throttled) as caught:
        asked(server, WRITE)

    assert len(server.seen) == 1
    assert caught.value.wait_seconds == 1.0


def test_no_more_requests_are_under_way_than_the_limit_over_wires_threads_and_loops() -> None:
    full = threading.Event()

    def script(*_: object) -> bytes:
        if server.most_at_once >= 3:
            full.set()
        full.wait(10)  # none is answered before three are under way, however slow the machine
        time.sleep(0.01)
        return reply(ROWS)

    with serving(script) as server:

        async def many() -> None:
            async with (
                HttpWire(server.url, limits=Limits(in_flight=3)) as one,
                HttpWire(server.url, limits=Limits(in_flight=3)) as other,
            ):
                here = [wire.ask(READ) for wire in (one, other) for _ in range(20)]
                there = asyncio.to_thread(asked, server, *[READ] * 20, limits=Limits(in_flight=3))
                await asyncio.gather(*here, there)

        run(many())

    assert len(server.seen) == 60
    assert server.most_at_once == 3


def test_a_cancelled_request_gives_its_place_back() -> None:
    with serving(lambda *_: time.sleep(0.2) or reply(ROWS)) as server:

        async def work() -> None:
            async with HttpWire(server.url, limits=Limits(in_flight=1)) as wire:
                doomed = [asyncio.create_task(wire.ask(READ)) for _ in range(4)]
                await asyncio.sleep(0.05)
                for task in doomed:
                    task.cancel()
                await asyncio.gather(*doomed, return_exceptions=True)
                await asyncio.wait_for(wire.ask(READ), 30)

        run(work())


def test_a_host_that_fails_again_and_again_is_left_alone_and_then_tried_by_one() -> None:
    ill = {"is": True}
    pausing = Retries(tries=1, failures_to_pause=3, pause_seconds=0.6)

    def script(*_: object) -> bytes:
        return reply(b"oops", 500) if ill["is"] else reply(ROWS)

    with serving(script) as server:

        async def work() -> list[type]:
            async with HttpWire(server.url, retries=pausing) as wire:
                met = []
                for _ in range(6):
                    try:
                        await wire.ask(READ)
                    except (Broken, Unreachable) as fault:
                        met.append(type(fault))
                ill["is"] = False
                await asyncio.sleep(0.7)
                await asyncio.gather(*[wire.ask(READ) for _ in range(3)])
                return met

        met = run(work())

    assert met == [Broken] * 3 + [Unreachable] * 3
    assert len(server.seen) == 6


def test_silence_ends_after_the_time_for_reading() -> None:
    with serving(lambda *_: lambda connection: time.sleep(30)) as server, pytest.raises(Unreachable, match="silent"):
        asked(server, READ, limits=Limits(read_seconds=0.2), retries=Retries(tries=1))


def test_an_answer_that_drips_ends_after_the_time_for_all_of_it() -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n")
        for _ in range(300):
            connection.sendall(b" ")
            time.sleep(0.1)

    begun = time.monotonic()
    with serving(lambda *_: drip) as server, pytest.raises(Unreachable, match="did not finish"):
        asked(server, READ, limits=Limits(total_seconds=0.5), retries=Retries(tries=1))

    assert time.monotonic() - begun < 15


def test_all_tries_together_take_no_longer_than_allowed() -> None:
    begun = time.monotonic()
    with serving(lambda *_: lambda connection: time.sleep(5)) as server, pytest.raises(Unreachable):
        asked(server, READ, limits=Limits(read_seconds=0.3), retries=Retries(tries=99, total_seconds=1.0))

    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("packed", [False, True])
def test_an_answer_above_the_size_that_is_allowed_is_not_read_to_its_end(packed: bool) -> None:
    body = b"[" + b" " * 5_000_000 + b"]"
    sent = reply(gzip.compress(body), headers=("content-encoding: gzip",)) if packed else reply(body)
    with serving(lambda *_: sent) as server, pytest.raises(Misunderstood, match="smaller pages"):
        asked(server, READ, limits=Limits(body_bytes=1_000_000))

    assert len(server.seen) == 1


def test_a_redirect_within_the_host_is_followed_and_carries_the_authorization() -> None:
    def script(request, _: int) -> bytes:
        return reply(b"", 307, ("location: /new",)) if request.target == "/deposits" else reply(ROWS)

    with serving(script) as server:
        (answer,) = asked(server, Ask("GET", "/deposits", headers={"authorization": "Bearer abc"}, wants="json"))

    assert answer.url.endswith("/new")
    assert server.seen[1].headers["authorization"] == "Bearer abc"


def test_a_redirect_to_another_host_port_or_scheme_is_never_followed() -> None:
    with serving(lambda *_: reply(ROWS)) as other:
        places = (
            other.url,
            "//elsewhere.example/x",
            "https://127.0.0.1/x",
            "ftp://127.0.0.1/x",
            "http://u:p@127.0.0.1/",
        )
        for place in places:
            with (
                serving(lambda *_, place=place: reply(b"", 302, (f"location: {place}",))) as server,
                pytest.raises(Misunderstood, match="another host"),
            ):
                asked(server, READ)

    assert other.seen == []


def test_redirects_in_a_circle_end() -> None:
    with serving(lambda *_: reply(b"", 302, ("location: /deposits",))) as server, pytest.raises(Misunderstood):
        asked(server, READ)

    assert len(server.seen) < 10


def test_a_write_that_is_redirected_to_a_page_is_not_repeated_as_a_read() -> None:
    with serving(lambda *_: reply(b"", 302, ("location: /signin",))) as server, pytest.raises(Misunderstood):
        asked(server, WRITE)

    assert [one.method for one in server.seen] == ["POST"]


async def greeting(scope, receive, send) -> None:
    """An application of one answer, and a failure at /broken."""
    if scope["path"] == "/api/broken":
        raise RuntimeError("a bug of the application")
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": ROWS})


def test_an_application_in_this_process_is_asked_without_a_network() -> None:
    async def work() -> Answer:
        async with HttpWire("http://sandbox/api", transport=in_process(greeting), retries=QUICK) as wire:
            with pytest.raises(Broken, match="500"):
                await wire.ask(Ask("GET", "/broken"))
            return await wire.ask(READ)

    assert run(work()).body == ROWS


def test_an_application_that_cuts_the_connection_is_met_as_over_a_network() -> None:
    async def cutting(scope, receive, send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": ROWS[:9], "more_body": True})
        raise ConnectionResetError("cut on purpose")

    async def work() -> None:
        async with HttpWire("http://sandbox/api", transport=in_process(cutting), retries=QUICK) as wire:
            await wire.ask(Ask("GET", "/deposits"))

    with pytest.raises(Broken, match="broke off"):
        run(work())


def test_a_transport_that_leaves_the_process_is_refused() -> None:
    with pytest.raises(ConfigError, match="in this process"):
        HttpWire("https://127.0.0.1", transport=object())


def test_the_synchronous_face_works_inside_a_running_loop() -> None:
    with serving(lambda *_: reply(ROWS)) as server:

        async def cell_of_a_notebook() -> bytes:
            return asked(server, READ)[0].body

        assert asyncio.run(cell_of_a_notebook()) == ROWS


def test_the_synchronous_face_raises_what_the_coroutine_raised() -> None:
    async def work() -> None:
        raise Refusal

    async def cell_of_a_notebook() -> None:
        run(work())

    with pytest.raises(Refusal):
        run(work())
    with pytest.raises(Refusal):
        asyncio.run(cell_of_a_notebook())


class Refusal(Exception):
    """Something that only this test raises."""
