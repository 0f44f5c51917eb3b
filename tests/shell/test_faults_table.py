"""The tables of faults have every request that pulls and examinations make: a new one cannot stay out of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sandbox_company import Company, app_of
from test_campaign_faults import CALLS
from test_gp_api_faults import CALLS as GP_CALLS

from recon.sandbox.world import World
from recon.wire.client import in_process

WHOLE = {
    "over XML": {
        "tickets": "retail", "payments": "gp_api", "deposits": "gp_api",
        **dict.fromkeys(("ledger", "balances", "accounts", "locations", "orders"), "intacct_xml"),
    },
    "over REST": {"payments": "portico", **dict.fromkeys(("ledger", "accounts", "locations"), "intacct_rest")},
}  # fmt: skip


class Listening:
    """The sandbox, and what was asked of it."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.asked: set[tuple[str, str]] = set()  # path and body

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        body = b""

        async def heard() -> Any:
            nonlocal body
            message = await receive()
            body += message.get("body", b"")
            return message

        await self.app(scope, heard, send)
        self.asked.add((scope["path"], body.decode()))


@pytest.mark.parametrize("way", WHOLE)
def test_every_request_of_a_pull_and_of_an_examination_stands_in_a_table_of_faults(way: str, tmp_path: Path) -> None:
    company = Company(tmp_path / "company", World.of_demo(stores=2), WHOLE[way])
    listening = Listening(app_of(company.world))
    company.transport = in_process(listening)

    company.pull()
    company.examine()

    in_no_table = {
        (path, body[:400])
        for path, body in listening.asked
        if not any(one.path in path and one.contains in body for one in CALLS.values())
        and not any(path == f"/ucp{one}" for one in GP_CALLS)
    }
    assert in_no_table == set()
    assert len(listening.asked) > 20
