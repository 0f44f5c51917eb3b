"""How often Python hunts for cycles while answers are read: seldom, but never against the host's own wish."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from recon.wire.loop import run

Thresholds = tuple[int, int, int]


@pytest.fixture(autouse=True)
def _usual_again() -> Iterator[None]:
    usual = gc.get_threshold()
    yield
    gc.set_threshold(*usual)


async def threshold() -> Thresholds:
    return gc.get_threshold()


async def host_sets(wish: Thresholds) -> None:
    gc.set_threshold(*wish)


def test_the_hunt_is_rare_meanwhile_and_as_usual_behind() -> None:
    gc.set_threshold(700, 10, 10)

    assert run(threshold())[0] > 100_000
    assert gc.get_threshold()[:2] == (700, 10)


@pytest.mark.parametrize("wish", [0, 50_000_000])
def test_a_host_that_wants_no_hunt_or_a_rarer_one_keeps_its_own(wish: int) -> None:
    gc.set_threshold(wish, 10, 10)

    assert run(threshold())[0] == wish
    assert gc.get_threshold()[0] == wish


def test_what_a_host_sets_meanwhile_holds() -> None:
    gc.set_threshold(700, 10, 10)

    run(host_sets((5_000, 10, 10)))

    assert gc.get_threshold()[0] == 5_000
