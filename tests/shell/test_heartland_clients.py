"""Portico and Heartland Retail read through the real wire from their look-alikes, well and disturbed."""

from __future__ import annotations

import asyncio
import datetime as dt
import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from recon.errors import RemoteError
from recon.heartland.frames import Shop, deposits, gateway_payments, payments, sales_and_tenders
from recon.heartland.portico import Portico, SecretKey, portico_sources
from recon.heartland.retail import Retail, retail_sources
from recon.heartland.retail_tokens import Application, RetailSignIn, Token
from recon.heartland.retail_windows import READINGS, is_inside
from recon.sandbox import card_rows, gp_api, portico, retail
from recon.sandbox.app import make_app
from recon.sandbox.faults import Fault
from recon.sandbox.world import World
from recon.store.port import Source, Window
from recon.wire import Answer, Ask, HttpWire, Limits, NotSignedIn, Retries, Secret, Throttled, in_process, run
from recon.wire.tokens import FileTokens

SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
HASTY = Retries(tries=4, first_wait_seconds=0.001, total_seconds=20)
Rows = list[Mapping[str, Any]]


def wire_to(world: World, path: str = "") -> HttpWire:
    app = make_app(world, [gp_api.routes, portico.routes, retail.routes])
    limits = Limits(connect_seconds=2, read_seconds=2, total_seconds=5)
    return HttpWire(f"http://127.0.0.1{path}", retries=HASTY, limits=limits, transport=in_process(app))


def shop_of(world: World, name: str, *, window: Window = SEPTEMBER, per_page: int = 200) -> Rows:
    """The rows of one collection."""

    async def pull() -> Rows:
        async with wire_to(world, "/api") as wire:
            client = Retail(wire, RetailSignIn(wire, Token(Secret(world.access["retail.token"]))), per_page=per_page)
            return await every(retail_sources(client)[name], window)

    return run(pull())


def site_of(world: World, name: str, *, window: Window = SEPTEMBER) -> Rows:
    """The rows of one report of the gateway."""

    async def pull() -> Rows:
        async with wire_to(world) as wire:
            client = Portico(wire, SecretKey(Secret(world.access["portico.secret_api_key"])), pause=no_pause)
            return await every(portico_sources(client)[name], window)

    return run(pull())


async def no_pause(_: float) -> None:
    await asyncio.sleep(0)


async def every(source: Source, window: Window, cursor: str | None = None) -> Rows:
    found: Rows = []
    async for page in source.pages(window, cursor):
        found += page.rows
        cursor = page.cursor
    assert cursor is None
    return found


def ticket(n: int, *, local: str = "2026-09-15T12:00:00", utc: str = "2026-09-15T16:00:00Z") -> dict[str, Any]:
    return {
        "id": n,
        "public_id": str(n),
        "status": "complete",
        "source_location_id": 1,
        "total": Decimal("10.80"),
        "completed_at": utc,
        "local_completed_at": local,
        "completed?": True,
        "voided?": False,
        "lines": [
            {"id": n * 10, "type": "ItemLine", "qty": 1, "value": Decimal("10.00")},
            {"id": n * 10 + 1, "type": "TaxLine", "value": Decimal("0.80")},
        ],
        "payments": [{"id": n * 10, "status": "complete", "amount": Decimal("10.80"), "payment_type_id": 7}],
    }


def shop(*tickets: Mapping[str, Any]) -> World:
    return World.of_rows({"retail_tickets": retail.kept("sales/tickets", tickets)})


def transaction(n: int, day: int) -> dict[str, Any]:
    return {
        "GatewayTxnId": str(n),
        "DeviceId": "7",
        "ServiceName": "CreditSale",
        "TxnUtcDT": f"2026-09-{day:02d}T12:00:00",
        "TxnDT": f"2026-09-{day:02d}T08:00:00",
        "GatewayRspCode": "0",
        "TxnStatus": "C",
        "RspCode": "00",
        "Amt": "20.00",
        "SettlementAmt": "23.00",
        "GratuityAmtInfo": "3.00",
        "CardType": "Visa",
        "MaskedCardNbr": "426397******5262",
        "BatchId": "1",
    }


def site(*rows: Mapping[str, Any]) -> World:
    batch = {
        "SiteId": "21232",
        "MerchName": "CAFE",
        "DeviceId": "7",
        "BatchId": "1",
        "BatchStatus": "C",
        "OpenUtcDT": "2026-09-05T10:00:00",
        "CloseUtcDT": "2026-09-06T06:00:00",
        "CloseDT": "2026-09-06T02:00:00",
        "BatchTxnAmt": "46.00",
    }
    tables = {"portico_transactions": rows, "portico_batches": [batch] if rows else []}
    return World.of_rows({name: portico.kept(name, records) for name, records in tables.items()})


@pytest.mark.parametrize("count", [0, 1, 20, 21, 45])
def test_every_ticket_comes_once_whatever_the_page_holds(count: int) -> None:
    world = shop(*(ticket(n) for n in range(1, count + 1)))

    rows = shop_of(world, "retail.tickets", per_page=20)

    assert [row["id"] for row in rows] == list(range(1, count + 1))
    assert all(row["lines"][0]["value"] == Decimal("10.00") and row["payments"] for row in rows)


@pytest.mark.parametrize("per_page", [2, 200])
@pytest.mark.parametrize("blank", ["", None, "  ", "gone"])
@pytest.mark.parametrize("lost", [(2, 4), (1, 2), (3, 4), (1, 2, 3, 4, 5)])  # all of a page of two, or of all pages
def test_a_ticket_without_a_number_is_one_reject_and_ends_no_reading(
    lost: tuple[int, ...], blank: str | None, per_page: int
) -> None:
    class Forgetful(HttpWire):
        """Some tickets have lost their numbers."""

        async def ask(self, ask: Ask) -> Answer:
            answer = await super().ask(ask)
            told = answer.json()
            for one in told["results"]:
                if one["id"] in lost:
                    one |= {"id": blank, "public_id": blank}
                    if blank == "gone":
                        del one["id"], one["public_id"]
            return Answer(200, answer.headers, json.dumps(told, default=float).encode(), answer.url)

    world = shop(*(ticket(n) for n in range(1, 6)))

    async def pull() -> tuple[Rows, list[str]]:
        app = in_process(make_app(world, [retail.routes]))
        async with Forgetful("http://127.0.0.1/api", retries=HASTY, transport=app) as wire:
            client = Retail(wire, RetailSignIn(wire, Token(Secret(world.access["retail.token"]))), per_page=per_page)
            source = retail_sources(client)["retail.tickets"]
            rows = await every(source, SEPTEMBER)
            return rows, [source.row_id(row) for row in rows]

    rows, ids = run(pull())
    once = [*dict(zip(ids, rows, strict=True)).values()]
    made = sales_and_tenders(once, Shop([], [{"id": 7, "name": "Cash"}], [{"id": 1, "public_id": "0101"}]))

    kept = {str(n) for n in range(1, 6) if n not in lost}
    assert {one for one in ids if not one.startswith("unnamed:")} == kept
    assert len(once) == 5
    assert made.rejects.select("field", "value").rows() == [("id", None)] * len(lost)
    assert made.tenders["ticket_id"].n_unique() == len(kept)


@pytest.mark.parametrize("time", [1788537600, "soon", {"at": "2026-09-04"}, ["2026-09-04"], True])
def test_a_ticket_whose_time_cannot_be_read_is_kept_and_told(time: object) -> None:
    odd = ticket(1) | {"completed_at": time, "local_completed_at": time}

    assert is_inside(READINGS[0], odd, SEPTEMBER)
    made = sales_and_tenders([odd], Shop([], [{"id": 7, "name": "Cash"}], [{"id": 1, "public_id": "0101"}]))

    assert made.sales.is_empty()
    assert made.rejects["field"].to_list() == ["completed_at"]


def test_an_evening_sale_stays_on_the_stores_own_day() -> None:
    late = ticket(1, local="2026-09-30T22:10:00", utc="2026-10-01T04:10:00Z")
    early = ticket(2, local="2026-08-31T23:30:00", utc="2026-09-01T05:30:00Z")

    assert [row["id"] for row in shop_of(shop(late, early), "retail.tickets")] == [1]


def test_tickets_added_and_taken_away_between_pages_cost_no_other_ticket() -> None:
    world = shop(*(ticket(n) for n in range(1, 101)))

    async def pull() -> Rows:
        async with wire_to(world, "/api") as wire:
            client = Retail(wire, RetailSignIn(wire, Token(Secret(world.access["retail.token"]))), per_page=10)
            found: Rows = []
            seed = 0
            async for page in retail_sources(client)["retail.tickets"].pages(SEPTEMBER, None):
                found += page.rows
                seed += 1
                if page.cursor is not None and seed < 20:
                    world.churn("retail_tickets", insert=2, seed=seed)
                    world.write("DELETE FROM retail_tickets WHERE id IN (?, ?)", (seed * 3, seed * 7))
            return found

    rows = run(pull())
    standing = {row[0] for row in world.query("SELECT id FROM retail_tickets")}
    seen = [row["id"] for row in rows]

    assert len(seen) == len(set(seen))
    assert standing <= set(seen)


def test_a_pull_goes_on_behind_its_cursor() -> None:
    world = shop(*(ticket(n) for n in range(1, 31)))

    async def pull() -> tuple[Rows, Rows]:
        async with wire_to(world, "/api") as wire:
            source = retail_sources(
                Retail(wire, RetailSignIn(wire, Token(Secret(world.access["retail.token"]))), per_page=10)
            )
            first = await anext(aiter(source["retail.tickets"].pages(SEPTEMBER, None)))
            return list(first.rows), await every(source["retail.tickets"], SEPTEMBER, first.cursor)

    before, after = run(pull())

    assert [row["id"] for row in before + after] == list(range(1, 31))


def test_a_wrong_token_is_told_with_what_to_do() -> None:
    world = shop(ticket(1))

    async def pull() -> Rows:
        async with wire_to(world, "/api") as wire:
            return await every(
                retail_sources(Retail(wire, RetailSignIn(wire, Token(Secret("wrong-token")))))["retail.tickets"],
                SEPTEMBER,
            )

    with pytest.raises(NotSignedIn, match="make a new one"):
        run(pull())


def test_an_application_signs_in_by_itself_and_again_when_its_token_has_ended() -> None:
    world = shop(*(ticket(n) for n in range(1, 5)))

    async def pull() -> Rows:
        async with wire_to(world, "/api") as wire:
            mine = Application(world.access["retail.client_id"], Secret(world.access["retail.client_secret"]))
            source = retail_sources(Retail(wire, RetailSignIn(wire, mine), per_page=2))["retail.tickets"]
            first = await anext(aiter(source.pages(SEPTEMBER, None)))
            world.end_sessions("retail")
            return [*first.rows, *await every(source, SEPTEMBER, first.cursor)]

    assert [row["id"] for row in run(pull())] == [1, 2, 3, 4]


def test_a_spent_refresh_token_is_replaced_and_kept_before_it_is_used(tmp_path: Path) -> None:
    world = shop(ticket(1))
    kept: list[Secret | None] = []

    async def pull() -> Rows:
        async with wire_to(world, "/api") as wire:
            code = world.open_session("retail_code", world.access["retail.client_id"], 600).token
            secret = Secret(world.access["retail.client_secret"])
            tokens = FileTokens(tmp_path / "retail.token")
            by_leave = Application(world.access["retail.client_id"], secret, "http://127.0.0.1/back")
            await RetailSignIn(wire, by_leave, tokens=tokens).redeem(Secret(code))
            kept.append(tokens.load())
            later = Retail(wire, RetailSignIn(wire, by_leave, tokens=tokens))
            rows = await every(retail_sources(later)["retail.tickets"], SEPTEMBER)
            kept.append(tokens.load())
            return rows

    assert len(run(pull())) == 1
    assert None not in kept
    assert len(set(kept)) == 2  # of the code, then of the first sign-in


def test_the_reference_collections_are_read_whole() -> None:
    world = World.of_demo(stores=3)

    names = ("retail.locations", "retail.items", "retail.payment_types", "retail.customers", "retail.gift_cards")
    counts = {name: len(shop_of(world, name)) for name in names}

    assert counts["retail.locations"] == 3
    assert counts["retail.payment_types"] == 7
    assert all(counts.values())


@pytest.mark.parametrize("count", [0, 1, 2, 500])
def test_porticos_activity_comes_day_by_day(count: int) -> None:
    world = site(*(transaction(n, n % 30 + 1) for n in range(count)))

    rows = site_of(world, "portico.activity")

    assert sorted(int(row["GatewayTxnId"]) for row in rows) == list(range(count))
    assert all(row["TxnDT"] != row["TxnUtcDT"] for row in rows)  # local and UTC stand side by side


def test_porticos_batches_bring_their_transactions_with_the_batchs_own_facts() -> None:
    world = site(transaction(1, 5), transaction(2, 5))

    batches = site_of(world, "portico.batches")
    rows = site_of(world, "portico.batch_details")
    summary = site_of(world, "portico.batch_summaries")

    assert [one["BatchId"] for one in batches] == ["1"]
    assert [(row["GatewayTxnId"], row["BatchId"], row["CloseDT"]) for row in rows] == [
        ("1", "1", "2026-09-06T02:00:00"),
        ("2", "1", "2026-09-06T02:00:00"),
    ]
    assert [(one["CardType"], one["TotalCnt"], one["TotalAmt"]) for one in summary] == [("Visa", "2", "46.00")]


def test_a_site_without_business_gives_no_rows_and_no_fault() -> None:
    assert site_of(site(), "portico.batch_details") == []
    assert site_of(site(), "portico.transactions") == []


def test_an_unknown_secret_key_is_told_with_what_to_do() -> None:
    world = World.of_rows({}, access={"portico.secret_api_key": "skapi_other"})

    async def pull() -> Rows:
        async with wire_to(world) as wire:
            client = Portico(wire, SecretKey(Secret("skapi_wrong")), pause=no_pause)
            return await every(portico_sources(client)["portico.activity"], SEPTEMBER)

    with pytest.raises(NotSignedIn, match="check the secret API key"):
        run(pull())


PASSING = (
    "throttled", "unavailable", "broken_after", "dropped", "dropped_after", "half_body",
    "wrong_length", "slow_body", "duplicate", "html", "extra_fields", "hang", "hang_after",
)  # fmt: skip


@pytest.mark.parametrize("name", PASSING)
@pytest.mark.parametrize("surface", ["portico", "retail"])
def test_a_passing_fault_costs_a_retry_and_no_row(surface: str, name: str) -> None:
    if surface == "portico":
        world, pull = site(transaction(1, 5), transaction(2, 6)), lambda: site_of(world, "portico.activity")
    else:
        world, pull = shop(ticket(1), ticket(2)), lambda: shop_of(world, "retail.tickets", per_page=1)
    world.faults.switch_on(Fault(name, seconds=0.01, times=2))

    assert len(pull()) == 2


@pytest.mark.parametrize("name", ["unavailable", "html", "half_body", "dropped", "wrong_length"])
@pytest.mark.parametrize("surface", ["portico", "retail"])
def test_a_lasting_fault_is_one_sentence_of_exit_code_3(surface: str, name: str) -> None:
    world: World
    pull: Callable[[], Rows]
    if surface == "portico":
        world, pull = site(transaction(1, 5)), lambda: site_of(world, "portico.activity")
    else:
        world, pull = shop(ticket(1)), lambda: shop_of(world, "retail.tickets")
    world.faults.switch_on(Fault(name, times=None))

    with pytest.raises(RemoteError) as fault:
        pull()

    assert fault.value.exit_code == 3
    assert world.access["retail.token"] not in str(fault.value)
    assert world.access["portico.secret_api_key"] not in str(fault.value)


def test_a_shop_that_asks_for_fewer_requests_under_status_200_is_understood() -> None:
    world = shop(ticket(1))
    world.faults.switch_on(Fault("throttled_in_200"))

    with pytest.raises(Throttled, match="fewer requests"):
        shop_of(world, "retail.tickets")


def test_null_lists_and_fields_that_nobody_asked_for_do_no_harm() -> None:
    nothing, one = shop(), shop(ticket(1))
    nothing.faults.switch_on(Fault("null_arrays", times=None))
    one.faults.switch_on(Fault("extra_fields", times=None))

    assert shop_of(nothing, "retail.tickets") == []
    assert [row["id"] for row in shop_of(one, "retail.tickets")] == [1]


def test_the_demo_month_pulled_from_shop_and_gateway_is_the_demo_to_the_cent() -> None:
    world = World.of_demo(stores=3)
    month = world.month
    assert month is not None
    whole = Window(dt.date(2026, 8, 20), dt.date(2026, 10, 5))

    tickets = shop_of(world, "retail.tickets", window=whole)
    about = {name: shop_of(world, f"retail.{name}") for name in ("items", "payment_types", "locations")}
    sold = sales_and_tenders(tickets, Shop(**about))
    paid = gateway_payments(site_of(world, "portico.batch_details", window=whole))

    assert sold.rejects.is_empty()
    assert paid.rejects.is_empty()
    assert sold.sales["amount"].sum() == Decimal(sum(one.total for one in month.tickets)).scaleb(-2)
    assert sold.tenders["amount"].sum() == sold.sales["amount"].sum()
    cards = [one for one in month.tickets if one.tender == "card"]
    assert paid.frame["amount"].sum() == Decimal(sum(one.total for one in cards)).scaleb(-2)
    assert paid.frame["tip"].sum() == Decimal(sum(one.tips for one in cards)).scaleb(-2)
    assert paid.frame.height == len(cards)


def test_the_demo_months_deposits_and_payments_are_what_its_files_say() -> None:
    world = World.of_demo(stores=3)
    month = world.month
    assert month is not None
    settled = list(card_rows.gp_settled(month))
    funded = deposits(list(card_rows.gp_deposits(month)), settled)
    paid = payments(list(card_rows.gp_transactions(month)), settled, list(card_rows.gp_disputes(month)))

    assert funded.rejects.is_empty()
    assert paid.rejects.is_empty()
    nets = dict(funded.frame.select("deposit_id", "net").rows())
    assert nets == {one.deposit_id: Decimal(one.net).scaleb(-2) for one in month.deposits}
    named = funded.frame.filter(funded.frame["batch_id"].is_not_null())
    assert dict(named.select("deposit_id", "batch_id").rows()) == {
        one.deposit_id: one.batch_id for one in month.deposits if one.batch_id
    }
    assert dict(funded.frame.select("deposit_id", "group").rows()) == {
        one.deposit_id: one.group for one in month.deposits
    }
