"""The demo company's month comes over the wire: the sandbox serves it, the real connectors pull it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from recon.pulled_demo import SECRETS, pull_demo
from recon.sandbox import DEFAULT_PORT
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World

PERIOD = "2026-09"


@pytest.fixture(scope="module")
def folder(pulled_demo: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(pulled_demo, tmp_path_factory.mktemp("reports") / "demo")


def written(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_months_records_are_pulled_and_what_no_service_gives_is_taken_from_files(folder: Path) -> None:
    names = sorted(path.name for path in (folder / "sources" / PERIOD).iterdir())
    assert [name for name in names if name.endswith(".csv")] == ["locations.csv", "payroll_register.csv"]
    assert {"ledger.parquet", "sales.parquet", "tenders.parquet", "payments.parquet", "deposits.parquet"} <= {*names}
    assert pl.read_parquet(folder / "sources" / PERIOD / "ledger.parquet")["amount"].sum() == 0


def test_a_second_demo_asks_nobody_and_changes_nothing(folder: Path) -> None:
    before = written(folder)
    request = pull_demo(folder, PERIOD)
    assert request.sources == folder / "sources" / PERIOD
    assert written(folder) == before


def test_no_secret_stands_in_the_demo_but_in_the_lines_that_tell_how_to_sign_in_by_hand(folder: Path) -> None:
    for name, data in written(folder).items():
        text = data if name != "sources.toml" else b"\n".join(line for line in data.splitlines() if line[:1] != b"#")
        for secret in SECRETS.values():
            assert DEMO_ACCESS[secret].encode() not in text, name


def test_what_the_demos_sources_say_can_be_pulled_by_hand(folder: Path) -> None:
    before = written(folder / "sources" / PERIOD)
    environ = os.environ | {name: DEMO_ACCESS[secret] for name, secret in SECRETS.items()}
    command = [str(Path(sys.executable).with_name("recon")), "pull", PERIOD, "--workspace", str(folder)]
    with serving(make_app(World.of_demo(period=PERIOD)), port=DEFAULT_PORT):
        done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Period {PERIOD} is pulled" in done.stdout
    assert written(folder / "sources" / PERIOD) == before
