"""A match on a real Dask cluster of two worker processes: the bytes of one process, also when a worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import dask
import polars as pl
import pytest
from distributed import LocalCluster
from make_months import make_month
from test_close import WORKSPACE, small_notebooks

from recon.close import close
from recon.cluster import Cluster, find_packed, open_cluster
from recon.compute import CloseRequest
from recon.errors import ConfigError, RemoteError
from recon.matching import Claims, Equal, Matched, Open, Pass, claims_of, match

ANSWERS = ("matches", "groups", "residue_left", "residue_right")
NOWHERE = "tcp://127.0.0.1:9"


@pytest.fixture(scope="module")
def workers() -> Iterator[LocalCluster]:
    """A scheduler and two workers, each a process of its own that is started again when it dies."""
    with LocalCluster(n_workers=2, processes=True, threads_per_worker=1, dashboard_address=":0") as local:
        yield local


@pytest.fixture(scope="module")
def month(tmp_path_factory: pytest.TempPathFactory) -> CloseRequest:
    """The payroll of a made month: what one reconciliation takes to be closed whole."""
    folder = tmp_path_factory.mktemp("month")
    make_month(folder / "sources", seed=4, stores=6)
    notebooks = small_notebooks(folder / "notebooks")
    return CloseRequest("2026-10", WORKSPACE, folder / "sources", only=("payroll",), notebooks=notebooks)


@dataclass(frozen=True)
class SameWeight:
    """A pass of our own: lines of one key whose amounts are alike but for the sign, slow enough to be interrupted."""

    name: str = "same weight"
    agree: tuple[str, ...] = ("key_dock",)
    seconds: float = 0.0

    def find(self, lines: Open) -> Claims:
        time.sleep(self.seconds)
        left, right = (frame.with_columns(weight=pl.col("units").abs()) for frame in (lines.left, lines.right))
        pairs = left.join(right, on=["key_dock", "weight"]).select(left="row", right="row_right")
        return claims_of(pairs.filter(pl.col("left").is_unique() & pl.col("right").is_unique()))


@dataclass(frozen=True)
class TooLarge:
    """A pass that takes its worker down with it, as one does that needs more memory than there is."""

    name: str = "too large"
    agree: tuple[str, ...] = ("key_dock",)

    def find(self, lines: Open) -> Claims:
        os.kill(os.getpid(), signal.SIGKILL)
        return claims_of()


@dataclass
class Reaper:
    """A cluster of which one worker process is killed while the parts of the first split pass are under way."""

    cluster: Cluster
    victim: int  # process id
    killed: bool = False

    @property
    def partition_lines(self) -> int:
        return self.cluster.partition_lines

    def run(self, one: Pass, partitions: Iterator[Open]) -> list[Claims]:
        return self.cluster.run(one, self.watched(partitions))

    def watched(self, partitions: Iterator[Open]) -> Iterator[Open]:
        for number, partition in enumerate(partitions):
            if number == 3 and not self.killed:
                os.kill(self.victim, signal.SIGKILL)
                self.killed = True
            yield partition


@dataclass(frozen=True)
class OneUnit:
    """A pass that claims pairs which are off by one whole of the currency, however many places the amounts have."""

    name: str = "one off"
    agree: tuple[str, ...] = ("key_dock",)

    def find(self, lines: Open) -> Claims:
        whole = lines.right.with_columns(pl.col("units") + 10**lines.scale)
        return claims_of(lines.left.join(whole, on=["key_dock", "units"]).select(left="row", right="row_right"))


def crates(count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """As many lines a side, one of each weight at each dock; the right side has the other sign and another order."""
    left = pl.DataFrame({"id": [f"L{n}" for n in range(count)]}).with_columns(
        amount=pl.int_range(count) + 100, key_dock=pl.format("D{}", pl.int_range(count) % 97)
    )
    right = left.with_columns(id=pl.col("id").str.replace("L", "R"), amount=-pl.col("amount"))
    return left, right.sample(fraction=1, shuffle=True, seed=7)


def one_of(workers: LocalCluster) -> int:
    """The process id of a worker."""
    return int(next(iter(workers.workers.values())).process.pid)


def assert_same(found: Matched, wanted: Matched) -> None:
    """Every frame of the answer is the same, in the same order."""
    assert [name for name in ANSWERS if not getattr(found, name).equals(getattr(wanted, name))] == []


def data_of(folder: Path) -> dict[str, bytes]:
    """The bytes of every table of a run."""
    return {path.name: path.read_bytes() for path in sorted((folder / "data").iterdir())}


def test_a_close_on_a_cluster_that_loses_a_worker_writes_the_bytes_of_a_close_on_this_machine(
    workers: LocalCluster, month: CloseRequest, tmp_path: Path
) -> None:
    here = close(month, tmp_path / "here")
    with open_cluster(workers.scheduler_address, partition_lines=12) as cluster:
        reaper = Reaper(cluster, one_of(workers))
        there = close(month, tmp_path / "there", runner=reaper)

    assert reaper.killed
    assert len(data_of(here.folder)) > 10
    assert data_of(there.folder) == data_of(here.folder)


def test_a_pass_of_ones_own_runs_on_a_cluster_part_by_part(workers: LocalCluster) -> None:
    left, right = crates(2_000)

    with open_cluster(workers.scheduler_address, partition_lines=100) as cluster:
        found = match(left, right, [SameWeight()], runner=cluster)

    assert_same(found, match(left, right, [SameWeight()]))
    assert found.groups.height == 2_000


def test_a_worker_knows_how_many_decimal_places_the_amounts_have(workers: LocalCluster) -> None:
    left, right = (side.with_columns(pl.col("amount").cast(pl.Decimal(20, 4))) for side in crates(400))
    right = right.with_columns(amount=-pl.col("amount") - 1)

    with open_cluster(workers.scheduler_address, partition_lines=50) as cluster:
        found = match(left, right, [OneUnit()], runner=cluster)

    assert_same(found, match(left, right, [OneUnit()]))
    assert found.groups.height == 400


def test_the_parts_of_a_worker_killed_at_work_are_done_by_another(workers: LocalCluster) -> None:
    left, right = crates(400)
    passes = [SameWeight(seconds=0.2), Equal("reference", on=("reference",))]

    with open_cluster(workers.scheduler_address, partition_lines=50) as cluster:
        reaper = Reaper(cluster, one_of(workers))
        found = match(left, right, passes, runner=reaper)

    assert reaper.killed
    assert_same(found, match(left, right, [SameWeight(), passes[1]]))


def test_a_cluster_that_loses_its_last_worker_is_an_error_that_names_it() -> None:
    with LocalCluster(n_workers=0, processes=True, dashboard_address=":0") as empty:
        dask = [sys.executable, "-m", "distributed.cli.dask_worker", empty.scheduler_address]
        worker = subprocess.Popen([*dask, "--no-nanny", "--nthreads", "1", "--no-dashboard"], stderr=subprocess.DEVNULL)
        try:
            with open_cluster(empty.scheduler_address, partition_lines=50, workers_seconds=30.0) as cluster:
                lonely = Cluster(cluster.client, cluster.address, partition_lines=50, workers_seconds=0.5)
                with pytest.raises(RemoteError, match="has no workers: start some with `dask worker tcp://"):
                    match(*crates(400), [SameWeight(seconds=0.5)], runner=Reaper(lonely, worker.pid))
        finally:
            worker.kill()
            worker.wait()


def test_a_part_that_takes_every_worker_down_says_what_to_change() -> None:
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=1, processes=True, threads_per_worker=1, dashboard_address=":0") as local,
        open_cluster(local.scheduler_address, partition_lines=50) as cluster,
        pytest.raises(RemoteError, match="give the workers more memory, or make the parts smaller") as fault,
    ):
        match(*crates(400), [TooLarge()], runner=cluster)

    assert fault.value.context["partition_lines"] == 50


def test_a_cluster_without_workers_is_an_error_before_anything_is_sent() -> None:
    with (
        LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(RemoteError, match="has no workers"),
        open_cluster(empty.scheduler_address, workers_seconds=0.3),
    ):
        pass


def test_a_scheduler_that_does_not_answer_is_named_with_what_to_do() -> None:
    with (
        pytest.raises(RemoteError, match="no Dask scheduler answers at this address: start one") as fault,
        open_cluster("tcp://127.0.0.1:9", connect_seconds=0.5),
    ):
        pass

    assert fault.value.context["address"] == "tcp://127.0.0.1:9"


@pytest.mark.parametrize("address", ["127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://host", "tcp:/host:1"])
def test_what_is_no_address_of_a_scheduler_is_told_before_it_is_tried(address: str) -> None:
    with pytest.raises(ConfigError, match="tcp://HOST:PORT or tls://HOST:PORT"), open_cluster(address):
        pass


def test_a_tls_address_without_certificates_says_which_settings_are_lacking() -> None:
    with pytest.raises(ConfigError, match=r"ca-file, client\.cert, client\.key"), open_cluster("tls://127.0.0.1:8786"):
        pass


def test_without_the_extra_the_error_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)

    with pytest.raises(ConfigError, match=r"pip install 'recon\[cluster\]'"), open_cluster("tcp://127.0.0.1:9"):
        pass


def test_a_worker_with_other_code_answers_nothing() -> None:
    with pytest.raises(RemoteError, match="another version of recon"):
        find_packed(SameWeight(), (), 2, code="of last year")


def test_close_takes_the_address_of_a_cluster_and_refuses_what_is_none(month: CloseRequest, tmp_path: Path) -> None:
    typed = [Path(sys.executable).parent / "recon", "close", "2026-10", "--workspace", month.workspace]
    typed += ["--sources", month.sources, "--reports", tmp_path, "--cluster", "tcp://127.0.0.1"]

    done = subprocess.run(typed, capture_output=True, text=True, check=False)

    assert (done.returncode, "give tcp://HOST:PORT" in done.stderr) == (2, True)
