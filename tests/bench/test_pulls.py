"""Pulls stay within their bounds beside the vendors' public SDKs."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bench.pulls import INTERFACES, MOST_CPU, MOST_MEMORY_MB, beyond

COMMAND = Path(__file__).with_name("pulls.py")


def figures(*, read: float = 0.1, pull: float = 0.1, memory_mb: int = 400) -> dict[str, Any]:
    return {"portico": {"ratio": {"read": read, "pull": pull}, "pull": {"memory_mb": memory_mb}}}


def test_what_goes_beyond_its_bound_is_a_sentence_each() -> None:
    assert beyond(figures()) == []
    assert beyond(figures(memory_mb=MOST_MEMORY_MB + 1)) == ["portico: a pull takes 501 MB, more than 500"]
    assert beyond(figures(read=9.0, pull=8.0)) == [
        f"portico: read takes 9.0 of the SDK's CPU time, more than {MOST_CPU['portico']['read']}",
        f"portico: pull takes 8.0 of the SDK's CPU time, more than {MOST_CPU['portico']['pull']}",
    ]


def test_pulls_and_sdks_get_the_same_rows_from_the_same_server() -> None:
    words = ["--rows", "2500", "--only", "portico"]
    done = subprocess.run([sys.executable, COMMAND, *words], capture_output=True, text=True, check=False)

    found = json.loads(done.stdout)["portico"]

    assert {found[way]["rows"] for way in ("sdk", "read", "pull")} == {2500}


@pytest.mark.heavy
def test_a_hundred_thousand_rows_of_each_interface_stay_within_their_bounds() -> None:
    done = subprocess.run([sys.executable, COMMAND, "--repeat", "2"], capture_output=True, text=True, check=False)

    assert set(json.loads(done.stdout)) == set(INTERFACES)
    assert (done.returncode, done.stderr) == (0, "")
