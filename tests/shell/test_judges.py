"""The public SDKs that judge the sandbox live apart from what users install, and their absence is told."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path

import pytest
from judging import JUDGES, judged, made_python
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from recon.errors import ConfigError

ROOT = Path(__file__).parents[2]


def test_no_judge_and_nothing_that_it_alone_needs_is_in_the_lock_file() -> None:
    lines = (JUDGES / "requirements.txt").read_text(encoding="utf-8").splitlines()
    judges = {canonicalize_name(Requirement(line).name) for line in lines if not line.startswith("#")}

    locked = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))["package"]

    assert len(judges) == 3
    assert not {*judges, "enum34", "pyopenssl"} & {package["name"] for package in locked}


def test_a_machine_that_cannot_reach_the_index_is_told_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "XDG_CACHE_HOME": str(tmp_path),
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_FIND_LINKS": "",
    }.items():
        monkeypatch.setenv(name, value)

    with pytest.raises(ConfigError, match="let this machine reach PyPI once") as told:
        made_python()

    assert "No matching distribution found for globalpayments.api" in str(told.value)


def test_a_judge_that_breaks_down_fails_the_test_with_its_last_words() -> None:
    with pytest.raises(AssertionError, match="KeyError: 'app_id'"):
        judged("gp_api", "http://127.0.0.1:9", {})
