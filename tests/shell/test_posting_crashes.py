"""Real processes that are killed or failed at one system call each: a sample, and all of them when asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from bench.crashes import HOWS, NAMED, campaign, crash_somewhere
from crash_rig import SCENARIOS, Fault, Rig, Scenario, crash_rig

FAULTS = 10  # for each act


@pytest.fixture(scope="module")
def rig(program: Callable[[str, str], str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with crash_rig(tmp_path_factory.mktemp("crashes"), program("strace", "strace")) as made:
        yield made


def test_a_process_that_is_killed_or_failed_anywhere_leaves_what_recovery_puts_right(rig: Rig) -> None:
    done = crash_somewhere(rig, FAULTS, seed=5)

    assert done.bad == []
    assert done.injections.total() > 0.8 * 3 * FAULTS
    assert done.requests > 0


@pytest.mark.parametrize(
    "scenario", [one for one in SCENARIOS if one.name.startswith("post-")], ids=lambda one: one.name
)
def test_a_request_that_left_before_its_intent_was_kept_is_seen(rig: Rig, scenario: Scenario) -> None:
    tried = rig.run(scenario, Fault("fdatasync", 1, "lie"))

    assert tried.is_hit
    assert tried.flaws[0] == "request 1 left when the disk knew 0, and of nothing under way"


@pytest.mark.heavy
def test_every_call_at_which_a_process_can_be_killed_or_failed(program: Callable[[str, str], str]) -> None:
    done = campaign(program("strace", "strace"), NAMED, HOWS, processes=2)

    assert done.bad == []
    assert min(done.told()["kill_points"].values()) > 50
