"""Real processes that are killed or failed at one system call each: a sample, and all of them when asked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest
from bench.crashes import campaign, crash_somewhere
from crash_acts import ActName
from crash_rig import How, crash_rig

FAULTS = 8  # for each act


def test_a_process_that_is_killed_or_failed_anywhere_leaves_what_recovery_puts_right(
    program: Callable[[str, str], str], tmp_path: Path
) -> None:
    with crash_rig(tmp_path, program("strace", "strace")) as rig:
        done = crash_somewhere(rig, FAULTS, seed=5)

    assert done.bad == []
    assert done.injections.total() > 0.8 * 3 * FAULTS
    assert done.requests > 0


@pytest.mark.heavy
def test_every_call_at_which_a_process_can_be_killed_or_failed(program: Callable[[str, str], str]) -> None:
    done = campaign(program("strace", "strace"), get_args(ActName), get_args(How), processes=2)

    assert done.bad == []
    assert min(done.told()["kill_points"].values()) > 50
