"""A match on a Dask cluster: the same passes over the same partitions, run by its workers, in the same order.

A partition travels as Arrow bytes inside its task, so the scheduler can give it to another worker when one
dies; nothing is kept on a worker, and no shared disk is needed. What one process would answer is answered.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import re
from collections import deque
from collections.abc import Iterator
from concurrent.futures import CancelledError
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from recon.errors import ConfigError, ReconError, RemoteError
from recon.matching.claims import Claims, Open, Pass

if TYPE_CHECKING:
    from distributed import Client, Future

PARTITION_LINES = 500_000  # of both sides, about: some 50 MB a task, and enough tasks for many workers
CONNECT_SECONDS = 15.0
WORKERS_SECONDS = 60.0  # how long a cluster may be without any worker before the match gives up
_AHEAD = 2  # tasks in flight per thread of the cluster: no worker waits, and no more bytes than that are held
_RETRIES = 3
_LIBRARIES = ("polars", "numpy", "scipy", "rapidfuzz")  # what decides the claims beside our own code
_PACKAGE = Path(__file__).parent
_ADDRESS = re.compile(r"(tcp|tls)://(\[[0-9A-Fa-f:.%]+\]|[^/:\[\]]+):\d+")
_Frames = tuple[bytes, ...]


@dataclass(frozen=True)
class Cluster:
    """Runs passes on the workers of a connected client; see `open_cluster`.

    A pass with a single partition runs here: what must be seen as a whole gains nothing from a journey.
    """

    client: Client
    address: str
    partition_lines: int = PARTITION_LINES
    workers_seconds: float = WORKERS_SECONDS

    def run(self, one: Pass, partitions: Iterator[Open]) -> list[Claims]:
        """The claims of each partition, in order; a partition whose worker dies is given to another one.

        Raises: RemoteError if the cluster loses its scheduler or all workers, or its code is not this code;
        and whatever the pass itself raises.
        """
        first = list(islice(partitions, 2))
        if len(first) < 2:
            return [one.find(partition) for partition in first]
        waiting: deque[Future] = deque()
        found: list[Claims] = []
        ahead = _AHEAD * max(1, sum(self.client.nthreads().values()))
        for partition in chain(first, partitions):
            if len(waiting) >= ahead:
                found.append(self._claims(waiting.popleft()))
            waiting.append(self._submit(one, partition))
        return found + [self._claims(future) for future in waiting]

    def _submit(self, one: Pass, partition: Open) -> Future:
        frames = _packed(partition.left, partition.right, partition.rejected, partition.claimed)
        # `pure` would name a task by the digest of its bytes; each is run once, so that would be for nothing.
        return self.client.submit(
            find_packed, one, frames, partition.scale, code=own_code(), retries=_RETRIES, pure=False
        )

    def _claims(self, future: Future) -> Claims:
        from distributed import KilledWorker  # noqa: PLC0415

        try:
            return Claims(*_unpacked(self._result(future)))
        except ReconError:
            raise
        except KilledWorker as cause:
            raise RemoteError(
                "a part of the match killed every worker that took it: give the workers more memory, or make the "
                "parts smaller",
                address=self.address,
                partition_lines=self.partition_lines,
            ) from cause
        except CancelledError as cause:
            raise RemoteError(
                "the connection to the cluster's scheduler was lost: see its log, then run the same command again",
                address=self.address,
            ) from cause
        except ImportError as cause:
            raise RemoteError(
                "a worker of the cluster cannot load recon: install the same version there",
                address=self.address,
                reason=cause,
            ) from cause

    def _result(self, future: Future) -> _Frames:
        """The packed claims of one task; the wait ends only with the task or with the last worker."""
        empty = False
        while True:
            try:
                packed: _Frames = future.result(timeout=self.workers_seconds)
                return packed
            except TimeoutError as cause:
                if future.done():
                    raise
                lacking = not self.client.nthreads()
                if lacking and empty:
                    raise RemoteError(_no_workers(self.address), address=self.address) from cause
                empty = lacking


@contextlib.contextmanager
def open_cluster(
    address: str,
    *,
    partition_lines: int = PARTITION_LINES,
    connect_seconds: float = CONNECT_SECONDS,
    workers_seconds: float = WORKERS_SECONDS,
) -> Iterator[Cluster]:
    """A runner on the cluster whose scheduler listens at the address (tcp://HOST:PORT, or tls:// with Dask's own
    settings for certificates), until the block ends.

    Raises: ConfigError without the extra `recon[cluster]` or for an address that is none; RemoteError if no
    scheduler answers there, or it has no worker.
    """
    try:
        import dask  # noqa: PLC0415
        from distributed import Client, Security  # noqa: PLC0415
    except ImportError as cause:
        raise ConfigError("a cluster needs Dask: pip install 'recon[cluster]'", address=address) from cause
    _check_address(address)
    security = Security()  # from Dask's own settings
    if address.startswith("tls:") and security.get_connection_args("client").get("ssl_context") is None:
        raise ConfigError(
            "a tls:// address needs certificates: set distributed.comm.tls (ca-file, client.cert, client.key) in "
            "Dask's settings",
            address=address,
        )
    # A partition is a large task by intent: see the head of this file.
    with dask.config.set({"distributed.admin.large-graph-warning-threshold": "2GiB"}):
        try:
            client = Client(address, timeout=connect_seconds, security=security, set_as_default=False)
        except (OSError, TimeoutError) as cause:
            raise RemoteError(
                "no Dask scheduler answers at this address: start one with `dask scheduler`, or mend the address "
                "or the firewall between",
                address=address,
            ) from cause
        with client:
            _wait_for_workers(client, address, workers_seconds)
            yield Cluster(client, address, partition_lines, workers_seconds)


def _check_address(address: str) -> None:
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(
            "this is no address of a Dask scheduler: give tcp://HOST:PORT or tls://HOST:PORT, as the scheduler "
            "prints it when it starts",
            address=address,
        )


def _wait_for_workers(client: Client, address: str, seconds: float) -> None:
    try:
        client.wait_for_workers(1, timeout=seconds)
    except TimeoutError as cause:
        raise RemoteError(_no_workers(address), address=address) from cause


def _no_workers(address: str) -> str:
    return f"the cluster has no workers: start some with `dask worker {address}`"


def find_packed(one: Pass, frames: _Frames, scale: int, *, code: str) -> _Frames:
    """The packed claims of a pass over one packed partition: what a worker runs.

    `scale` is the number of decimal places of the amounts.

    Raises: RemoteError if this worker's code is not the code of the one who asks: its claims could differ.
    """
    if own_code() != code:
        raise RemoteError(
            "a worker of the cluster has another version of recon, or of a library that matching uses: install "
            "there what is installed here",
            recon=_version("recon"),
            **{name: _version(name) for name in _LIBRARIES},
        )
    left, right, rejected, claimed = _unpacked(frames)
    claims = one.find(Open(left, right, rejected, claimed, scale))
    return _packed(claims.pairs, claims.members, claims.sets, claims.notes, claims.doubted)


@cache
def own_code() -> str:
    """A digest of the code that decides claims: the package's own and the versions of its libraries."""
    digest = hashlib.sha256("".join(f"{name} {_version(name)}\n" for name in _LIBRARIES).encode())
    for path in sorted((_PACKAGE / "matching").rglob("*.py")):
        digest.update(path.relative_to(_PACKAGE).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "none"


def _packed(*frames: pl.DataFrame) -> _Frames:
    packed = []
    for frame in frames:
        stream = io.BytesIO()
        frame.write_ipc_stream(stream, compression="lz4")
        packed.append(stream.getvalue())
    return tuple(packed)


def _unpacked(frames: _Frames) -> tuple[pl.DataFrame, ...]:
    return tuple(pl.read_ipc_stream(io.BytesIO(packed)) for packed in frames)
