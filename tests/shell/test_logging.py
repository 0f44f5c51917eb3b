"""What the commands write to stderr when logging is asked for, and how the level is named."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from make_books import small_world
from test_pull_sandbox import COMMAND, ENVIRON, PERIOD, served

from recon.cli.log import level_named


def typed(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    run = [*COMMAND, *words]
    return subprocess.run(run, capture_output=True, text=True, env=os.environ | environ, timeout=120, check=False)


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("DEBUG", "debug"),
        ("Info", "info"),
        (" error ", "error"),
        ("1", "info"),
        ("yes", "info"),
        ("0", ""),
        ("off", ""),
    ],
)
def test_a_level_is_named_in_any_case_and_old_switches_still_switch(text: str, level: str) -> None:
    assert level_named(text) == level


@pytest.mark.parametrize("words", [("--log-level", "loud", "status"), ("status",)])
def test_an_unknown_level_is_refused_with_the_words_that_are_known(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = typed(*words, RECON_LOG="loud")

    assert done.returncode == 2
    assert "'loud' is no level of logging" in " ".join(done.stderr.replace("│", " ").split())
    assert "debug, info" in done.stderr
    assert "RECON_LOG" in done.stderr


@pytest.mark.parametrize(("level", "levels"), [("Debug", {"debug", "info"}), ("info", {"info"}), ("error", set())])
def test_debug_tells_the_requests_info_the_steps_and_error_neither(
    tmp_path: Path, level: str, levels: set[str]
) -> None:
    with served(tmp_path / "company", small_world(40)) as workspace:
        done = typed("pull", PERIOD, "--workspace", str(workspace), RECON_LOG=level, **ENVIRON)

    lines = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert done.returncode == 0, done.stderr
    assert {line["level"] for line in lines} == levels
    assert any("send_request_headers" in line["event"] for line in lines) == (level == "Debug")
