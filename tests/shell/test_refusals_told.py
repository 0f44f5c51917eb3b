"""Who reads that a service refused or failed is told what it was about, and what to do next."""

from __future__ import annotations

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from recon.errors import RemoteError
from recon.heartland.retail import Retail
from recon.heartland.retail_tokens import RetailSignIn, Token
from recon.wire import HttpWire, Retries, Secret, in_process, run

ONCE = Retries(tries=1, first_wait_seconds=0.001, longest_wait_seconds=0.002, total_seconds=5, failures_to_pause=999)


def told(status: int) -> str:
    """What is said where Heartland Retail answers every call with the status."""

    async def refuse(_request: Request) -> JSONResponse:
        await asyncio.sleep(0)
        return JSONResponse({"error": "no"}, status)

    async def work() -> None:
        transport = in_process(Starlette(routes=[Route("/{rest:path}", refuse)]))
        async with HttpWire("http://127.0.0.1:8700/api", transport=transport, retries=ONCE) as wire:
            await Retail(wire, RetailSignIn(wire, Token(Secret("token-of-the-shop")))).get("/items")

    with pytest.raises(RemoteError) as caught:
        run(work())
    return caught.value.message


def test_a_token_that_may_not_read_is_told_with_what_it_may_not_read() -> None:
    assert told(403).endswith("does not allow this token to read /items; give the token's user the right to read it")


def test_a_service_that_failed_is_to_be_asked_again_later() -> None:
    assert told(503).endswith("""failed with status 503: '{"error":"no"}'; try again later""")
