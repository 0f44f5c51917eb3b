"""The bench runs contenders as processes of their own and tells what they took and how good they were."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from typer.testing import CliRunner

from recon.bench.ledgers import make_ledgers
from recon.bench.measure import Contender, judged, measure
from recon.bench.peers import peer_contenders, peer_python
from recon.cli.benching import bench
from recon.errors import ConfigError

# A peer that pairs equal references and holds a known amount of memory meanwhile.
PEER = """
import sys
import polars as pl
left, right = (pl.read_parquet(path).drop_nulls("reference") for path in sys.argv[1:3])
held = bytearray({held})
held[::4096] = b"x" * len(held[::4096])
left.join(right, on="reference").select(id_left="id", id_right="id_right").write_parquet(sys.argv[3])
"""
IDLE = "import sys"
BROKEN = "raise SystemExit('the disk is full')"
MEGABYTE = 1_000_000


def write_peer(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    return folder


def peer(folder: Path, name: str, text: str) -> Contender:
    return next(
        one for one in peer_contenders(write_peer(folder, name, text), Path(sys.executable)) if one.name == name
    )


def quiet(_: str) -> None:
    """Nobody watches."""


def test_contenders_run_in_turn_and_each_is_judged_by_its_pairs(tmp_path: Path) -> None:
    made = make_ledgers(1_000, 1, tmp_path / "ledgers")
    contenders = [peer(tmp_path / "peers", name, PEER.format(held=0)) for name in ("first", "second")]
    told: list[str] = []

    runs = measure(contenders, made.left, made.right, tmp_path / "runs", 2, tell=told.append)
    found = judged(contenders[0], runs["first"], tmp_path / "runs", pl.read_parquet(made.truth))

    assert told == ["first, run 1 of 2", "second, run 1 of 2", "first, run 2 of 2", "second, run 2 of 2"]
    assert found.failure is None
    shares = dict(found.quality.filter(scope="share").select("name", "recall").iter_rows())
    assert shares["equal"] == 1
    assert shares["moved"] == shares["mistyped"] == 0
    assert all(run.wall_s > 0 and run.cpu_s > 0 for run in found.runs)


def test_peak_memory_is_the_contenders_and_not_that_of_the_bench(tmp_path: Path) -> None:
    made = make_ledgers(1_000, 1, tmp_path / "ledgers")
    held = bytearray(400 * MEGABYTE)
    held[::4096] = b"x" * len(held[::4096])
    contenders = [
        peer(tmp_path / "peers", "idle", IDLE),
        peer(tmp_path / "peers", "large", PEER.format(held=300 * MEGABYTE)),
    ]

    runs = measure(contenders, made.left, made.right, tmp_path / "runs", 1, tell=quiet)

    assert held[0] == ord("x")
    assert runs["idle"][0].peak_bytes < 100 * MEGABYTE
    assert runs["large"][0].peak_bytes > 300 * MEGABYTE


def test_a_contender_that_fails_is_told_with_its_last_words_and_not_run_again(tmp_path: Path) -> None:
    made = make_ledgers(1_000, 1, tmp_path / "ledgers")
    broken = peer(tmp_path / "peers", "broken", BROKEN)

    runs = measure([broken], made.left, made.right, tmp_path / "runs", 3, tell=quiet)
    found = judged(broken, runs["broken"], tmp_path / "runs", pl.read_parquet(made.truth))

    assert len(found.runs) == 1
    assert found.failure == "exit code 1: the disk is full"


def test_a_contender_that_takes_too_long_is_stopped_and_is_no_failure_of_the_bench(tmp_path: Path) -> None:
    peers = write_peer(tmp_path / "peers", "endless", "import time\ntime.sleep(60)")
    options = ["--lines", "1000", "--peers", str(peers), "--peer-python", sys.executable, "--only", "endless"]

    done = CliRunner().invoke(bench, ["matching", *options, "--limit", "1"])

    assert done.exit_code == 0, done.output
    assert "endless stopped after 1 s" in done.output
    assert re.search(r"endless +stopped *$", done.output, re.M)


def test_the_command_measures_recon_beside_a_peer(tmp_path: Path) -> None:
    peers = write_peer(tmp_path / "peers", "duckdb_join", PEER.format(held=0))
    out = tmp_path / "figures.json"
    options = ["--lines", "2000", "--repeats", "1", "--peers", str(peers), "--peer-python", sys.executable]

    done = CliRunner().invoke(bench, ["matching", *options, "--out", str(out)])

    assert done.exit_code == 0, done.output
    (ledger,) = json.loads(out.read_text(encoding="utf-8"))["ledgers"]
    ours, theirs = ledger["contenders"]
    assert (ours["contender"], theirs["contender"]) == ("recon", "duckdb_join")
    assert theirs["times_floor"] == 1
    assert ours["recall"] > theirs["recall"] > 0.6
    assert [one["name"] for one in ours["passes"]]
    assert "x DuckDB" in done.output


def test_the_figures_come_as_json_if_a_machine_asks(tmp_path: Path) -> None:
    peers = write_peer(tmp_path / "peers", "alone", PEER.format(held=0))
    options = ["--lines", "1000", "--repeats", "1", "--peers", str(peers), "--peer-python", sys.executable]

    done = CliRunner().invoke(bench, ["matching", *options, "--only", "alone", "--json"])

    (ledger,) = json.loads(done.stdout)["ledgers"]
    assert ledger["lines_left"] == 1_000
    assert [row["contender"] for row in ledger["contenders"]] == ["alone"]
    assert ledger["contenders"][0]["times_floor"] is None


def test_a_failed_contender_ends_the_command_with_one(tmp_path: Path) -> None:
    peers = write_peer(tmp_path / "peers", "broken", BROKEN)
    options = ["--lines", "1000", "--peers", str(peers), "--peer-python", sys.executable, "--only", "broken"]

    done = CliRunner().invoke(bench, ["matching", *options])

    assert done.exit_code == 1
    assert "broken failed, exit code 1: the disk is full" in done.output
    assert re.search(r"broken +failed *$", done.output, re.M)


def test_an_unknown_contender_and_a_folder_without_peers_are_refused(tmp_path: Path) -> None:
    peers = write_peer(tmp_path / "peers", "one", IDLE)
    options = ["--peers", str(peers), "--peer-python", sys.executable, "--only", "nobody"]
    with pytest.raises(ConfigError, match="no such contender"):
        CliRunner().invoke(bench, ["matching", *options], catch_exceptions=False)
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="holds no peers"):
        peer_contenders(tmp_path / "empty", Path(sys.executable))


def test_the_peers_environment_is_made_once_for_equal_requirements(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_peer(tmp_path / "peers", "one", IDLE)
    (folder / "requirements.txt").write_text("# nothing beyond Python\n", encoding="utf-8")

    python = peer_python(folder)
    made = python.stat().st_mtime_ns
    prefix = subprocess.run([python, "-c", "import sys; print(sys.prefix)"], capture_output=True, text=True, check=True)

    assert python.is_relative_to(tmp_path / "cache")
    assert Path(prefix.stdout.strip()) == python.parents[1]
    assert peer_python(folder) == python
    assert python.stat().st_mtime_ns == made


def test_requirements_that_cannot_be_installed_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = write_peer(tmp_path / "peers", "one", IDLE)
    (folder / "requirements.txt").write_text("./no-such-folder\n", encoding="utf-8")

    with pytest.raises(ConfigError, match="cannot be installed"):
        peer_python(folder)
