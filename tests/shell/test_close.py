"""The close as a process: what appears in the reports folder, what never does, and with which exit code."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest
from filelock import FileLock

from recon import __version__
from recon.close import close
from recon.compute import CloseRequest
from recon.errors import DataError, LockHeld, NotebookFailed
from recon.reporting.runner import NOTEBOOKS
from recon.reporting.runs import is_intact, latest_run_id, read_record

WORKSPACE = Path(__file__).parents[1] / "workspaces" / "restaurant"
PARAMETERS = 'period = ""\nworkspace = ""\nreports = ""\nrun_id = ""\nrows = 1'
PACK = ("index.html", "pack.pdf", "workpaper.xlsx", "entries_import.csv", "manifest.json")


def small_notebooks(folder: Path, **cells: str) -> Path:
    """A notebook of one cell for each of the pack, so that a close is about files and not about charts."""
    folder.mkdir()
    for name in NOTEBOOKS:
        shown = cells.get(name, "import recon\nrecon.open_run(period, reports=reports, run_id=run_id).run_id")
        code = [(PARAMETERS, ["parameters"]), (shown, [])]
        content = {
            "cells": [
                {"cell_type": "code", "id": f"c{number}", "execution_count": None, "outputs": [],
                 "metadata": {"tags": tags}, "source": source}
                for number, (source, tags) in enumerate(code)
            ],
            "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
            "nbformat": 4, "nbformat_minor": 5,
        }  # fmt: skip
        (folder / f"{name}.ipynb").write_text(json.dumps(content), encoding="utf-8")
    return folder


@pytest.fixture
def payroll(rehearsal: Callable[[str], Path], tmp_path: Path) -> CloseRequest:
    """The quickest close of a rehearsal month."""
    sources = rehearsal("rehearsal-2026-09")
    return CloseRequest("2026-09", WORKSPACE, sources, only=("payroll",), notebooks=small_notebooks(tmp_path / "nb"))


def visible(reports: Path) -> list[str]:
    """Everything in the reports folder, hidden or not, but the inside of runs."""
    return sorted(path.relative_to(reports).as_posix() for path in (*reports.glob("*"), *reports.glob("*/*")))


def test_a_close_publishes_the_whole_pack_and_nothing_else(payroll: CloseRequest, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    (reports / ".staging-2026-09" / "left by a crash").mkdir(parents=True)

    closed = close(payroll, reports)

    run = closed.record.run_id
    assert closed.fresh
    assert visible(reports) == ["2026-09", f"2026-09/{run}", "2026-09/latest"]
    assert all((closed.folder / name).is_file() for name in PACK)
    assert sorted(path.stem for path in closed.folder.glob("*.ipynb")) == ["close", "payroll"]
    assert latest_run_id(reports / "2026-09") == run
    assert is_intact(closed.folder)
    assert read_record(closed.folder).parameters == {"period": "2026-09", "only": "payroll"}
    shown = json.loads((closed.folder / "close.ipynb").read_text(encoding="utf-8"))["cells"][-1]["outputs"]
    assert run in json.dumps(shown)
    assert str(tmp_path) not in (closed.folder / "close.ipynb").read_text(encoding="utf-8")


def test_an_equal_close_is_answered_from_the_run_that_stands_and_a_damaged_one_is_made_again(
    payroll: CloseRequest, tmp_path: Path
) -> None:
    reports = tmp_path / "reports"
    first = close(payroll, reports)
    data = {path.name: path.read_bytes() for path in (first.folder / "data").iterdir()}

    again = close(payroll, reports)
    (first.folder / "index.html").write_text("changed", encoding="utf-8")
    mended = close(payroll, reports)

    assert (again.fresh, mended.fresh) == (False, True)
    assert again.folder == mended.folder == first.folder
    assert {path.name: path.read_bytes() for path in (first.folder / "data").iterdir()} == data
    assert is_intact(first.folder)


def test_another_day_of_ageing_is_another_run(payroll: CloseRequest, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    first = close(payroll, reports)
    later = CloseRequest(
        payroll.period, payroll.workspace, payroll.sources, payroll.only, dt.date(2026, 10, 5),
        open_items=first.folder / "data" / "open_items.parquet", notebooks=payroll.notebooks,
    )  # fmt: skip

    second = close(later, reports)

    assert second.record.run_id != first.record.run_id
    assert latest_run_id(reports / "2026-09") == second.record.run_id
    assert second.record.files[-1].frame == "open_items"


def test_a_failed_notebook_publishes_nothing_and_is_kept_apart(payroll: CloseRequest, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    shutil.rmtree(payroll.notebooks)
    small_notebooks(payroll.notebooks, close="raise ValueError('a figure is off')")

    with pytest.raises(NotebookFailed, match="'close' failed in cell 3: ValueError: a figure is off"):
        close(payroll, reports)

    assert visible(reports) == ["2026-09", "2026-09/failed"]
    assert [path.name for path in (reports / "2026-09" / "failed").iterdir()] == ["close.failed.ipynb"]

    shutil.rmtree(payroll.notebooks)
    small_notebooks(payroll.notebooks)
    close(payroll, reports)
    assert not (reports / "2026-09" / "failed").exists()


def test_a_source_that_cannot_be_read_leaves_nothing_behind(payroll: CloseRequest, tmp_path: Path) -> None:
    reports, sources = tmp_path / "reports", tmp_path / "sources"
    shutil.copytree(payroll.sources, sources)
    (sources / "payroll_register.csv").write_bytes(b"")

    with pytest.raises(DataError, match=r"payroll_register\.csv"):
        close(CloseRequest("2026-09", WORKSPACE, sources, notebooks=payroll.notebooks), reports)

    assert visible(reports) == []


def test_a_file_of_open_items_that_is_none_is_a_fault_of_data(payroll: CloseRequest, tmp_path: Path) -> None:
    wrong = tmp_path / "open_items.csv"
    wrong.write_text("a,b\n1,2\n", encoding="utf-8")
    request = CloseRequest("2026-09", WORKSPACE, payroll.sources, ("payroll",), None, wrong, payroll.notebooks)

    with pytest.raises(DataError, match="open items cannot be read"):
        close(request, tmp_path / "reports")


def test_a_second_close_of_the_period_is_turned_away_while_the_first_runs(
    payroll: CloseRequest, tmp_path: Path
) -> None:
    home = tmp_path / "reports" / "2026-09"
    home.mkdir(parents=True)

    with FileLock(home / ".lock"), pytest.raises(LockHeld) as caught:
        close(payroll, tmp_path / "reports")

    assert caught.value.exit_code == 75


def test_the_demo_closes_in_an_empty_folder_and_an_equal_close_is_answered_at_once(tmp_path: Path) -> None:
    def recon(*words: str) -> tuple[int, dict[str, object]]:
        command = [sys.executable, "-c", "from recon.cli import main; main()", *words]
        ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return ran.returncode, json.loads(ran.stdout)

    code, first = recon("close", "--demo", "--json")
    again, second = recon("close", "--demo", "--json")

    assert (code, again) == (1, 1)
    assert (first["fresh"], second["fresh"]) == (True, False)
    assert first["run_id"] == second["run_id"]
    folder = tmp_path / str(first["folder"])
    assert sorted(path.stem for path in folder.glob("*.ipynb")) == sorted(NOTEBOOKS)
    assert all((folder / name).is_file() for name in PACK)
    assert pl.read_parquet(folder / "data" / "adjustments.parquet").height == first["entries"]["count"]  # type: ignore[index]
    assert recon("status", "--json")[1]["runs"][0]["run_id"] == first["run_id"]  # type: ignore[index]


def test_a_close_that_is_interrupted_after_it_published_says_so_and_goes_on_from_there(
    payroll: CloseRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(home: Path, run_id: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("recon.close.mark_latest", interrupted)
        with pytest.raises(KeyboardInterrupt, match="the run is published"):
            close(payroll, tmp_path / "reports")

    again = close(payroll, tmp_path / "reports")
    assert not again.fresh
    assert latest_run_id(tmp_path / "reports" / "2026-09") == again.record.run_id


INTERRUPTS_IN_QUERIES = """
import os, signal, sys, threading
from pathlib import Path
signal.signal(signal.SIGINT, signal.default_int_handler)  # as at a terminal
import polars as pl
from recon.close import close
from recon.compute import CloseRequest
lines = pl.LazyFrame({"number": range(300_000)})
heard = 0
def ask(label, done, total):
    global heard
    for _ in range(4):
        threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
        try:
            while True:
                lines.group_by(pl.col("number") % 1000).agg(pl.len().alias("rows")).sort("number").collect()
        except KeyboardInterrupt:
            heard += 1
        try:
            sum(one * one for one in range(1000))
        except KeyboardInterrupt:
            heard += 1
    raise KeyboardInterrupt
try:
    close(CloseRequest("2026-09", Path(sys.argv[1]), Path(sys.argv[2])), Path(sys.argv[3]), progress=ask)
except KeyboardInterrupt:
    print("heard", heard)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupt_that_meets_a_query_of_a_close_is_heard_once(tmp_path: Path) -> None:
    command = [sys.executable, "-c", INTERRUPTS_IN_QUERIES, WORKSPACE, tmp_path, tmp_path / "reports"]

    ran = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    assert ran.stdout == "heard 4\n", ran.stderr
    assert visible(tmp_path) == []


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_an_interrupted_close_ends_with_130_and_publishes_nothing(pulled_demo: Path, tmp_path: Path) -> None:
    shutil.copytree(pulled_demo, tmp_path / "reports/.demo" / __version__ / "2026-09")
    # Started in the background, a test inherits that Ctrl-C is ignored; at a terminal it is not.
    as_at_a_terminal = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
    process = subprocess.Popen(
        [sys.executable, "-c", f"{as_at_a_terminal}; from recon.cli import main; main()", "close", "--demo"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        text=True,
    )
    staging = tmp_path / "reports" / ".staging-2026-09"
    end = time.monotonic() + 240
    while not any(staging.glob("2026-09/*/*.ipynb")) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.1)

    process.send_signal(signal.SIGINT)
    try:
        _, said = process.communicate(timeout=120)
    finally:
        process.kill()

    assert process.returncode == 130, said
    assert "nothing was published" in said
    assert visible(tmp_path / "reports")[:1] == [".demo"]
    assert not [name for name in visible(tmp_path / "reports") if not name.startswith(".demo")]
