"""The client of GP-API against the sandbox: every record once, whatever moves or fails on the way."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections.abc import Sequence
from typing import Any

import pytest

from recon.errors import RemoteError
from recon.heartland.gp_api import GpApi, GpCredentials, secret_of
from recon.heartland.gp_reports import (
    DEPOSITS,
    DISPUTES,
    MONTHLY_FEES,
    REPORTS,
    SETTLED,
    TRANSACTIONS,
    GpDisputes,
    GpReport,
    Report,
    sources,
)
from recon.sandbox import gp_api as surface
from recon.sandbox import gp_tables
from recon.sandbox.app import make_app
from recon.sandbox.faults import Fault
from recon.sandbox.world import DEMO_ACCESS, Clock, World
from recon.store.port import Window
from recon.wire import (
    Answer,
    Ask,
    Broken,
    HttpWire,
    Limits,
    Misunderstood,
    NotSignedIn,
    Refused,
    Retries,
    Secret,
    Throttled,
    Unreachable,
    in_process,
    run,
)

MARCH = Window(dt.date(2026, 3, 1), dt.date(2026, 3, 31))
NOW = dt.datetime(2026, 4, 2, 9, 0, tzinfo=dt.UTC)
APP = GpCredentials(DEMO_ACCESS["gp_api.app_id"], Secret(DEMO_ACCESS["gp_api.app_key"]))
QUICK = Retries(tries=4, first_wait_seconds=0.001, longest_wait_seconds=0.002, total_seconds=20, failures_to_pause=99)


def sale(number: int, day: int = 2, kind: str = "SALE", amount: str = "2000") -> dict[str, Any]:
    """A transaction at 10:00 UTC and so many milliseconds of that day of March."""
    at = dt.datetime(2026, 3, day, 10, tzinfo=dt.UTC) + dt.timedelta(milliseconds=number)
    return {
        "id": f"TRN_{number:06d}",
        "time_created": f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z",
        "status": "CAPTURED",
        "type": kind,
        "amount": amount,
        "currency": "USD",
        "system": {"mid": "101023947262"},
    }


def world_of(rows: Sequence[dict[str, Any]] = (), table: str = "gp_transactions") -> World:
    return World.of_rows({table: gp_tables.kept(table, rows)}, clock=Clock(lambda: NOW))


class Counting:
    """A wire that passes everything on, and counts what is asked; before each request something may happen."""

    def __init__(self, wire: HttpWire, before=lambda ask: None) -> None:
        self.wire = wire
        self.before = before
        self.asks: list[Ask] = []

    async def ask(self, ask: Ask) -> Answer:
        self.before(ask)
        self.asks.append(ask)
        return await self.wire.ask(ask)


def pulled(
    world: World,
    report: Report = TRANSACTIONS,
    *,
    size: int = 1000,
    window: Window = MARCH,
    credentials: GpCredentials = APP,
    before=lambda ask: None,
    stop_after: int | None = None,
    cursor: str | None = None,
    limits: Limits | None = None,
) -> tuple[list[str], list[Ask], str | None]:
    """The ids that a pull gave in order, what it asked, and the mark after its last page."""

    async def work() -> tuple[list[str], list[Ask], str | None]:
        transport = in_process(make_app(world, [surface.routes]))
        async with HttpWire("http://sandbox/ucp", transport=transport, retries=QUICK, limits=limits) as wire:
            counting = Counting(wire, before)
            source = GpReport(GpApi(counting, credentials, clock=lambda: NOW), report, page_size=size)
            ids: list[str] = []
            mark = cursor
            pages = 0
            async for page in source.pages(window, cursor):
                ids += [source.row_id(row) for row in page.rows]
                mark, pages = page.cursor, pages + 1
                if pages == stop_after:
                    break
            return ids, counting.asks, mark

    return run(work())


def reads(asks: Sequence[Ask]) -> list[Ask]:
    return [ask for ask in asks if ask.method == "GET"]


@pytest.mark.parametrize("rows", [0, 1, 9, 10, 11, 200, 5000])
def test_every_record_of_a_day_comes_once_whatever_the_number_beside_the_page(rows: int) -> None:
    ids, _, mark = pulled(world_of([sale(number) for number in range(rows)]), size=10 if rows < 5000 else 1000)

    assert sorted(ids) == [f"TRN_{number:06d}" for number in range(rows)]
    assert mark is None


def test_a_quiet_month_takes_one_request_for_sales_and_one_for_refunds() -> None:
    rows = [sale(number, 1 + number % 31, "REFUND" if number % 7 == 0 else "SALE") for number in range(300)]

    ids, asks, _ = pulled(world_of(rows))

    assert sorted(ids) == [f"TRN_{number:06d}" for number in range(300)]
    assert [dict(ask.query)["type"] for ask in reads(asks)] == ["SALE", "REFUND"]
    assert all("content-type" not in ask.headers for ask in reads(asks))


def test_a_busy_month_takes_few_requests_more_than_its_pages() -> None:
    rows = [sale(number, 1 + number % 31) for number in range(31 * 1500)]

    ids, asks, _ = pulled(world_of(rows))

    assert len(set(ids)) == len(ids) == 31 * 1500
    assert len(reads(asks)) <= 31 * 2 + 3


def test_windows_are_of_a_month_at_most_and_both_days_are_always_sent() -> None:
    _, asks, _ = pulled(world_of(), DEPOSITS, window=Window(dt.date(2025, 12, 20), dt.date(2026, 3, 1)))

    windows = [(dict(ask.query)["from_time_created"], dict(ask.query)["to_time_created"]) for ask in reads(asks)]
    assert windows == [("2025-12-20", "2026-01-19"), ("2026-01-20", "2026-02-19"), ("2026-02-20", "2026-03-01")]


def test_a_pull_goes_on_behind_its_mark_and_asks_nothing_twice() -> None:
    rows = [sale(number, 1 + number % 31, "REFUND" if number % 3 == 0 else "SALE") for number in range(400)]
    whole, _, _ = pulled(world_of(rows), size=50)

    for stop in range(1, 12):
        before, _, mark = pulled(world_of(rows), size=50, stop_after=stop)
        after, _, end = pulled(world_of(rows), size=50, cursor=mark) if mark else ([], [], None)
        assert sorted(before + after) == sorted(whole)
        assert len(set(before + after)) == len(before + after)
        assert end is None


def test_a_mark_that_is_none_is_told() -> None:
    with pytest.raises(Misunderstood, match="mark"):
        pulled(world_of(), cursor="yesterday")


@pytest.mark.parametrize("seed", range(12))
def test_rows_that_come_and_go_between_pages_hide_no_row_that_stays(seed: int) -> None:
    chance = random.Random(seed)
    world = world_of([sale(2 * number) for number in range(300)])
    stay = {f"TRN_{2 * number:06d}" for number in range(300)}
    new: set[str] = set()
    moves = {"left": 2}  # so that the last of three readings is at rest

    def churn(ask: Ask) -> None:
        if ask.method != "GET" or dict(ask.query)["page"] == "1" or moves["left"] == 0 or chance.random() < 0.5:
            return
        moves["left"] -= 1
        if chance.random() < 0.5:
            number = 2 * chance.randrange(300) + 1
            if f"TRN_{number:06d}" not in new:
                world.insert("gp_transactions", gp_tables.kept("gp_transactions", [sale(number)]))
                new.add(f"TRN_{number:06d}")
        else:
            gone = sorted(stay)[chance.randrange(len(stay))]
            stay.remove(gone)
            world.write("DELETE FROM gp_transactions WHERE id = ?", (gone,))

    ids, _, _ = pulled(world, size=100, window=Window(dt.date(2026, 3, 2), dt.date(2026, 3, 2)), before=churn)

    assert stay <= set(ids)
    assert len(ids) == len(set(ids))


def test_rows_that_never_rest_end_in_a_sentence() -> None:
    world = world_of([sale(number + 100_000) for number in range(300)])

    def churn(ask: Ask) -> None:
        if ask.method == "GET" and dict(ask.query)["page"] != "1":
            world.write("DELETE FROM gp_transactions WHERE id = (SELECT min(id) FROM gp_transactions)")

    with pytest.raises(Broken, match="quieter hour") as caught:
        pulled(world, size=100, before=churn)

    assert caught.value.exit_code == 3


def test_a_vendor_that_allows_smaller_pages_than_asked_is_read_to_the_end() -> None:
    class Capping(HttpWire):
        """Answers with pages of seven, and says so."""

        async def ask(self, ask: Ask) -> Answer:
            query = dict(ask.query)
            if "page_size" in query:
                query["page_size"] = str(min(7, int(query["page_size"])))
            return await super().ask(Ask(ask.method, ask.path, tuple(query.items()), ask.headers, ask.body))

    async def work() -> list[str]:
        app = make_app(world_of([sale(number) for number in range(60)]), [surface.routes])
        async with Capping("http://sandbox/ucp", transport=in_process(app), retries=QUICK) as wire:
            source = GpReport(GpApi(wire, APP, clock=lambda: NOW), TRANSACTIONS)
            return [source.row_id(row) async for page in source.pages(MARCH, None) for row in page.rows]

    assert sorted(run(work())) == [f"TRN_{number:06d}" for number in range(60)]


@pytest.mark.parametrize("rows", [0, 1, 199, 200, 201, 600, 4300])
@pytest.mark.parametrize("days", [1, 31])
def test_a_vendor_that_keeps_to_smaller_pages_and_tells_nothing_is_read_to_the_end(rows: int, days: int) -> None:
    class Silent(HttpWire):
        """Answers with pages of two hundred; neither their size nor a total stands in the answer."""

        async def ask(self, ask: Ask) -> Answer:
            query = dict(ask.query)
            if "page_size" in query:
                query["page_size"] = str(min(200, int(query["page_size"])))
            answer = await super().ask(Ask(ask.method, ask.path, tuple(query.items()), ask.headers, ask.body))
            if ask.method != "GET":
                return answer
            told = answer.json()
            return Answer(200, answer.headers, json.dumps({"transactions": told["transactions"]}).encode(), answer.url)

    async def work() -> list[str]:
        made = [sale(number, 1 + number % days) for number in range(rows)]
        app = make_app(world_of(made), [surface.routes])
        async with Silent("http://sandbox/ucp", transport=in_process(app), retries=QUICK) as wire:
            source = GpReport(GpApi(wire, APP, clock=lambda: NOW), TRANSACTIONS)
            return [source.row_id(row) async for page in source.pages(MARCH, None) for row in page.rows]

    assert sorted(run(work())) == [f"TRN_{number:06d}" for number in range(rows)]


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_the_made_month_is_read_whole_from_every_report(report: Report) -> None:
    world = World.of_demo(stores=3)
    window = Window(dt.date(2026, 8, 1), dt.date(2026, 10, 31))
    app = make_app(world, [surface.routes])
    table = next(one.table for path, one in gp_tables.REPORTS.items() if f"/{path}" == report.path)

    async def work() -> list[str]:
        async with HttpWire("http://sandbox/ucp", transport=in_process(app), retries=QUICK) as wire:
            source = GpReport(GpApi(wire, APP), report, page_size=40)
            return [source.row_id(row) async for page in source.pages(window, None) for row in page.rows]

    ids = run(work())
    kept = world.one(f"SELECT count(*) FROM {table} WHERE created >= '2026-08-01' AND created < '2026-11-01'")
    assert len(ids) == len(set(ids)) == kept[0] > 0


SWITCHES = {
    "a pause that is asked for": Fault("throttled", path="transactions", seconds=0.05),
    "a pause asked for by another header": Fault(
        "throttled", path="transactions", seconds=0.05, header="X-IA-Throttle-Limit-RetryAfter"
    ),
    "an error of the server": Fault("unavailable", path="transactions", status=502),
    "an error after the work": Fault("broken_after", path="transactions"),
    "a page for people": Fault("html", path="transactions"),
    "a page for people that forbids": Fault("html", path="transactions", status=403),
    "a session that has ended": Fault("expired", path="transactions"),
    "a request that was delivered twice": Fault("duplicate", path="transactions"),
    "lists without rows that are null": Fault("null_arrays", path="transactions", times=None),
    "fields that nobody knows": Fault("extra_fields", path="transactions", times=None),
    "a token that is late": Fault("unavailable", path="accesstoken"),
    "a token that was made and lost": Fault("broken_after", path="accesstoken"),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_pull_comes_through(switch: str) -> None:
    world = world_of([sale(number) for number in range(25)])
    world.faults.switch_on(SWITCHES[switch])

    ids, _, _ = pulled(world, size=10)

    assert sorted(ids) == [f"TRN_{number:06d}" for number in range(25)]


FINAL = {
    "errors of the server": (Fault("unavailable", path="transactions", status=500, times=None), Broken, "500"),
    "pages for people": (Fault("html", path="transactions", times=None), Broken, "web page"),
    "sessions that end at once": (Fault("expired", path="transactions", times=None), NotSignedIn, "clock"),
    "a pause of an hour": (Fault("throttled", path="transactions", seconds=3600, times=None), Throttled, "3600"),
}


@pytest.mark.parametrize("name", FINAL)
def test_a_pull_that_cannot_come_through_says_why_with_exit_code_3(name: str) -> None:
    switch, kind, words = FINAL[name]
    world = world_of([sale(1)])
    world.faults.switch_on(switch)

    with pytest.raises(kind, match=words) as caught:
        pulled(world)

    assert isinstance(caught.value, RemoteError)
    assert caught.value.exit_code == 3


class Repeating:
    """A service that takes every report for a request that it has seen before; it signs in as usual."""

    def __init__(self, wire: HttpWire) -> None:
        self.wire = wire
        self.asks: list[Ask] = []

    async def ask(self, ask: Ask) -> Answer:
        self.asks.append(ask)
        if ask.method == "POST":
            return await self.wire.ask(ask)
        said = "Idempotency Key seen before: id=TRN_1"
        told = {"error_code": "DUPLICATE_ACTION", "detailed_error_code": "40039", "detailed_error_description": said}
        return Answer(409, {"content-type": "application/json"}, json.dumps(told).encode(), "http://sandbox/ucp")


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: report.name)
def test_a_report_that_is_called_a_duplicate_is_told_and_is_no_empty_report(report: Report) -> None:
    async def work() -> list[Ask]:
        async with HttpWire("http://sandbox/ucp", transport=in_process(make_app(world_of(), [surface.routes]))) as wire:
            repeating = Repeating(wire)
            with pytest.raises(RemoteError, match=r"seen before.*40039") as caught:
                await anext(GpReport(GpApi(repeating, APP, clock=lambda: NOW), report).pages(MARCH, None))
            assert caught.value.exit_code == 3
            return repeating.asks

    asks = run(work())

    assert [ask.path for ask in asks if ask.method == "POST"] == ["/accesstoken"], "nothing else is written"
    assert not any("idempotency" in name.lower() for ask in asks for name in ask.headers)


@pytest.mark.parametrize(
    "credentials", [GpCredentials("nobody", APP.app_key), GpCredentials(APP.app_id, Secret("wrong-canary"))]
)
def test_an_application_that_is_not_known_is_told_with_the_mend_and_without_its_key(credentials: GpCredentials) -> None:
    with pytest.raises(NotSignedIn, match="app_id, app_key") as caught:
        pulled(world_of(), credentials=credentials)

    assert "canary" not in str(caught.value)
    assert "canary" not in repr(credentials)


def test_an_account_that_is_not_the_merchants_is_told() -> None:
    elsewhere = GpCredentials(APP.app_id, APP.app_key, account_name="Somebody Else")

    with pytest.raises(Refused, match="account_name"):
        pulled(world_of(), DEPOSITS, credentials=elsewhere)


def test_a_token_is_renewed_before_it_ends_and_shared_by_all_requests() -> None:
    time = {"now": NOW}
    world = World.of_rows({"gp_transactions": []}, clock=Clock(lambda: time["now"]))

    async def work() -> list[str]:
        async with HttpWire("http://sandbox/ucp", transport=in_process(make_app(world, [surface.routes]))) as wire:
            counting = Counting(wire)
            api = GpApi(counting, APP, clock=lambda: time["now"])
            for source in sources(api):
                async for _ in source.pages(MARCH, None):
                    pass
            time["now"] += dt.timedelta(days=2)
            await api.get("/transactions", (("page", "1"),))
            return [ask.method for ask in counting.asks if ask.method == "POST"]

    assert run(work()) == ["POST", "POST"]


def test_a_report_that_the_merchant_does_not_have_is_empty_and_no_fault() -> None:
    class Older(HttpWire):
        """A service without settled transactions."""

        async def ask(self, ask: Ask) -> Answer:
            path = ask.path.replace("/settlement/transactions", "/nothing/here")
            return await super().ask(Ask(ask.method, path, ask.query, ask.headers, ask.body))

    async def work() -> tuple[list[object], str]:
        app = make_app(world_of(), [surface.routes])
        async with Older("http://sandbox/ucp", transport=in_process(app)) as wire:
            api = GpApi(wire, APP, clock=lambda: NOW)
            settled = GpReport(api, SETTLED)
            rows = [row async for page in settled.pages(MARCH, None) for row in page.rows]
            return rows, settled.absence

    rows, absence = run(work())

    assert rows == []
    assert absence.startswith("GP-API does not give /settlement/transactions: ")


def test_a_record_is_found_by_its_id_and_a_missing_one_is_none_however_that_is_told() -> None:
    async def work() -> list[Any]:
        app = make_app(world_of([sale(1)]), [surface.routes])
        async with HttpWire("http://sandbox/ucp", transport=in_process(app)) as wire:
            api = GpApi(wire, APP, clock=lambda: NOW)
            paths = [("transactions", "TRN_000001"), ("settlement/deposits", "DEP_x"), ("disputes", "DIS_x")]
            return [await api.one(*path) for path in paths]

    found, *missing = run(work())
    assert found["id"] == "TRN_000001"
    assert missing == [None, None]


def test_a_service_that_cannot_be_reached_is_told() -> None:
    async def work() -> None:
        async with HttpWire("http://127.0.0.1:9/ucp", retries=QUICK) as wire:
            await GpApi(wire, APP).signed_in()

    with pytest.raises(Unreachable):
        run(work())


def test_ids_of_records_that_the_vendor_does_not_name_are_theirs_for_good() -> None:
    fees, settled = (GpReport(None, report) for report in (MONTHLY_FEES, SETTLED))
    disputes = GpDisputes(None, DISPUTES)
    month = {
        "time_created": "2026-03-31",
        "status": "ESTIMATED",
        "amount": "1",
        "system": {"mid": "1", "hierarchy": "2"},
    }
    unnamed = {"time_created": "2026-03-01T13:15:30.520Z", "type": "SALE", "amount": "2002", "system": {"mid": "1"}}

    assert fees.row_id(month) == fees.row_id({**month, "status": "FINALIZED", "amount": "2"}) == "1/2:2026-03-31"
    assert fees.row_id({**month, "currency": "USD"}) != fees.row_id({**month, "currency": "CAD"})
    assert settled.row_id({"settlement_transaction_reference": "STR1", "id": "TRN_1"}) == "STR1"
    assert settled.row_id({"settlement_transaction_reference": "", "id": "TRN_1"}) == "TRN_1"
    assert settled.row_id(unnamed) == settled.row_id({**unnamed, "amount": "9"})
    assert settled.row_id(unnamed) != settled.row_id({**unnamed, "time_created": "2026-03-01T13:15:30.521Z"})
    assert disputes.row_id({"id": "DIS_1", "stage": "CHARGEBACK"}) != disputes.row_id(
        {"id": "DIS_1", "stage": "REVERSAL"}
    )


def test_the_proof_of_a_key_is_the_vendors() -> None:
    proof = secret_of("2026-03-01T00:00:00.000Z", Secret("demoAppKey0000"))

    assert proof.startswith("ef1f4d49bda4f50ff7db07daf2787a7ba85f9eee7bba6b95d245c5a76d788ae7")
    assert proof.endswith("37932541d4ba47f93824feeaff9569db1f93dd5d8b379df78e834f3d6edd3eb0")
