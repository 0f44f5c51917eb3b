"""Every fault of the sandbox at every call of GP-API, over real sockets: the whole pull, or a sentence and code 3."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from recon.errors import RemoteError
from recon.heartland.gp_api import GpApi, GpCredentials
from recon.heartland.gp_reports import DISPUTES, REPORTS, GpDisputes, GpReport, Report
from recon.sandbox import gp_api as surface
from recon.sandbox.app import make_app
from recon.sandbox.faults import KINDS, ON_THE_ROWS, Fault, has
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World
from recon.store.port import Window
from recon.wire import HttpWire, Limits, Refused, Retries, Secret, WireFault, run

APP = GpCredentials(DEMO_ACCESS["gp_api.app_id"], Secret(DEMO_ACCESS["gp_api.app_key"]))
SEPTEMBER = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 30))
PATIENT = Retries(
    tries=3, first_wait_seconds=0.001, longest_wait_seconds=0.002, total_seconds=20, failures_to_pause=999
)
TWICE = replace(PATIENT, tries=2)
SHORT = Limits(read_seconds=0.4, total_seconds=1.0)
# How each switch that GP-API has is set; those that churn rows are tried in the tests of paging, and who may not read
# has a test of his own.
SWITCHES: dict[str, dict[str, Any]] = {
    name: {"name": name, "seconds": 0.6 if name.startswith("hang") else 0.05}
    for name in KINDS
    if has("/ucp", name) and name not in ("churn", "no_permission")
}
HARMLESS = {"duplicate", "slow_body", *ON_THE_ROWS}
CALLS = {"/accesstoken": REPORTS[2], **{report.path: report for report in REPORTS}}


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[World, str]]:
    world = World.of_demo(stores=2)
    with serving(make_app(world, [surface.routes])) as address:
        yield world, address


@pytest.fixture
def world(served: tuple[World, str]) -> Iterator[World]:
    yield served[0]
    served[0].faults.clear()


@pytest.fixture(scope="module")
def undisturbed(served: tuple[World, str]) -> dict[str, list[str]]:
    return {report.name: pulled(served[1], report) for report in REPORTS}


async def no_pause(_seconds: float) -> None:
    await asyncio.sleep(0)


def pulled(address: str, report: Report, retries: Retries = PATIENT) -> list[str]:
    """The ids of a pull of the month, in order."""

    async def work() -> list[str]:
        async with HttpWire(f"{address}/ucp", retries=retries, limits=SHORT) as wire:
            source = GpReport(GpApi(wire, APP, pause=no_pause), report)
            return [source.row_id(row) async for page in source.pages(SEPTEMBER, None) for row in page.rows]

    return run(work())


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_fault_that_passes_leaves_the_pull_whole(
    switch: str, call: str, world: World, served: tuple[World, str], undisturbed: dict[str, list[str]]
) -> None:
    report = CALLS[call]
    world.faults.switch_on(Fault(**SWITCHES[switch], path=f"/ucp{call}"))

    assert pulled(served[1], report) == undisturbed[report.name] != []
    assert world.faults.switches == [], "the fault must have happened"


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("switch", SWITCHES)
def test_a_fault_that_stays_ends_in_a_sentence_and_code_3(
    switch: str, call: str, world: World, served: tuple[World, str], undisturbed: dict[str, list[str]]
) -> None:
    report = CALLS[call]
    world.faults.switch_on(Fault(**SWITCHES[switch], path=f"/ucp{call}", times=None))
    if (switch, call) in {("expired", "/accesstoken")} or (
        # A request for a token that is always delivered twice uses its nonce up: that one never gets through.
        switch in HARMLESS and (switch, call) != ("duplicate", "/accesstoken")
    ):
        assert pulled(served[1], report) == undisturbed[report.name]
        return

    with pytest.raises(RemoteError) as caught:
        pulled(served[1], report, TWICE)

    fault = caught.value
    assert isinstance(fault, WireFault)
    assert fault.exit_code == 3
    assert "GP-API" in fault.message or "127.0.0.1" in str(fault)
    assert len(fault.message) > 30


@pytest.mark.parametrize("report", REPORTS, ids=[report.name for report in REPORTS])
def test_who_may_not_read_is_told_so_and_a_report_that_not_everybody_has_is_empty(
    report: Report, world: World, served: tuple[World, str]
) -> None:
    world.faults.switch_on(Fault("no_permission", path=f"/ucp{report.path}", times=None))
    if report.optional:
        assert pulled(served[1], report) == []
        return

    with pytest.raises(Refused, match="GP-API") as caught:
        pulled(served[1], report)

    assert "40003" in str(caught.value)


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("switch", [*SWITCHES, "no_permission"])
def test_a_fault_where_one_dispute_is_looked_up_is_passed_or_told_and_calls_no_dispute_gone(
    switch: str, times: int | None, world: World, served: tuple[World, str], undisturbed: dict[str, list[str]]
) -> None:
    left = [f"{undisturbed[DISPUTES.name][0]}:RETRIEVAL"]  # a stage that the dispute has left
    facts = SWITCHES.get(switch, {"name": switch})
    world.faults.switch_on(Fault(**facts, path="/ucp/settlement/disputes/", times=times))

    async def standing() -> frozenset[str]:
        async with HttpWire(f"{served[1]}/ucp", retries=PATIENT, limits=SHORT) as wire:
            return await GpDisputes(GpApi(wire, APP, pause=no_pause), DISPUTES).standing(left)

    if times == 1 or switch in {*HARMLESS, "no_permission"}:
        assert run(standing()) == frozenset(left)
        return
    with pytest.raises(RemoteError) as caught:
        run(standing())
    assert caught.value.exit_code == 3
    assert len(caught.value.message) > 30
