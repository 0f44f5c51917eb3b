"""Deposits that customers paid on orders, read from a shop that filters by their mark and from one that refuses to."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import pytest

from recon.heartland.retail import Retail, retail_sources
from recon.heartland.retail_tokens import RetailSignIn, Token
from recon.sandbox import retail
from recon.sandbox.app import make_app
from recon.sandbox.world import World
from recon.store.port import Window
from recon.wire import Answer, Ask, HttpWire, Secret, Wire, in_process, run

SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))


def payment(n: int, *, deposit: bool | None, day: int = 15) -> dict[str, Any]:
    times = {"completed_at": f"2026-09-{day:02d}T16:00:00Z", "local_completed_at": f"2026-09-{day:02d}T12:00:00"}
    return {"id": n, "status": "complete", "deposit": deposit, "amount": Decimal("9.00"), "order_id": 7, **times}


@dataclass
class Stubborn:
    """A wire to a shop that refuses to filter by deposit; notes what was asked."""

    wire: Wire
    refuses: bool
    asked: list[Mapping[str, str]] = field(default_factory=list)

    async def ask(self, ask: Ask) -> Answer:
        query = dict(ask.query)
        self.asked.append(query)
        if self.refuses and "~[deposit]" in query:
            words = b'{"error":"invalid_request","message":"deposit is not filterable"}'
            return Answer(400, {"content-type": "application/json"}, words, ask.path)
        return await self.wire.ask(ask)


def read(payments: list[dict[str, Any]], *, refuses: bool) -> tuple[list[int], list[Mapping[str, str]]]:
    """The ids of the prepayments that are read, by pages of two, and the queries that it took."""
    world = World.of_rows({"retail_payments": retail.kept("payments", payments)})

    async def pull() -> tuple[list[int], list[Mapping[str, str]]]:
        transport = in_process(make_app(world, [retail.routes]))
        async with HttpWire("http://127.0.0.1/api", transport=transport) as wire:
            stubborn = Stubborn(wire, refuses)
            shop = Retail(stubborn, RetailSignIn(stubborn, Token(Secret(world.access["retail.token"]))), per_page=2)
            pages = retail_sources(shop)["retail.prepayments"].pages(SEPTEMBER, None)
            found = [int(str(row["id"])) async for page in pages for row in page.rows]
            return found, stubborn.asked

    return run(asyncio.wait_for(pull(), 20))


@pytest.mark.parametrize("refuses", [False, True])
def test_only_payments_marked_as_deposits_are_read(refuses: bool) -> None:
    marks = [True, False, None, True, False, False, True]
    rows = [payment(n, deposit=mark) for n, mark in enumerate(marks, start=1)]

    found, _ = read([*rows, payment(90, deposit=True, day=30)], refuses=refuses)

    assert found == [1, 4, 7, 90]


def test_the_shop_is_asked_for_deposits_alone_and_once_only_where_it_refuses() -> None:
    rows = [payment(n, deposit=n == 5) for n in range(1, 6)]

    _, willing = read(rows, refuses=False)
    _, refused = read(rows, refuses=True)

    assert [query["~[deposit]"] for query in willing] == ["true"]
    assert ["~[deposit]" in query for query in refused] == [True, False, False, False]


def test_a_month_without_deposits_has_none() -> None:
    assert read([payment(1, deposit=False)], refuses=False)[0] == []
