"""`recon close` at the terminal: the request, a progress bar, and a summary that a controller understands."""

from __future__ import annotations

import contextlib
import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer

from recon import __version__
from recon.cli.faults import interruptible
from recon.cli.log import log_event
from recon.cli.progress import watched
from recon.cli.show import close_json, close_summary
from recon.close import Closed, close, outcome
from recon.compute import CloseRequest
from recon.matching import Runner
from recon.progress import Progress
from recon.workspace import load_workspace
from recon.workspace.supply import has_supply, read_supply


@dataclass(frozen=True)
class CloseWords:
    """What was typed after `recon close`."""

    period: str
    workspace: Path
    sources: Path | None
    only: tuple[str, ...]
    as_of: dt.date | None
    open_items: Path | None
    demo: bool
    cluster: str | None = None  # address of a Dask scheduler


def run_close(words: CloseWords, reports: Path, *, as_json: bool) -> int:
    """The exit code of the close: 0 if nothing is left to book, to ask or to compare, else 1."""
    began = time.monotonic()
    with interruptible("nothing was published"), watched() as tell:
        request = _request(words, reports, tell)
        with runner_at(words.cluster) as runner:
            closed = close(request, reports, progress=tell, runner=runner)
    code = outcome(closed.record)
    log_event("closed", run_id=closed.record.run_id, exit_code=code, fresh=str(closed.fresh))
    if as_json:
        typer.echo(close_json(closed, code))
    else:
        close_summary(closed, time.monotonic() - began)
        if words.demo:
            _tell_where_the_demo_is(closed, request)
    return code


@contextlib.contextmanager
def runner_at(address: str | None) -> Iterator[Runner | None]:
    """What runs the parts of a match: the cluster whose scheduler has the address, or None for this process.

    Raises: ConfigError and RemoteError as `open_cluster`.
    """
    if address is None:
        yield None
        return
    from recon.cluster import open_cluster  # noqa: PLC0415

    with open_cluster(address) as cluster:
        yield cluster


def _request(words: CloseWords, reports: Path, tell: Progress) -> CloseRequest:
    if not words.demo:
        sources = words.sources or _sources_of(words.workspace, words.period)
        return CloseRequest(words.period, words.workspace, sources, words.only, words.as_of, words.open_items)
    from recon.pulled_demo import pull_demo  # noqa: PLC0415 (its sandbox is slow to import)

    made = pull_demo(reports / ".demo" / __version__ / words.period, words.period, tell)
    return CloseRequest(words.period, made.workspace, made.sources, words.only, words.as_of, words.open_items)


def _sources_of(workspace: Path, period: str) -> Path:
    """What was pulled for the period, where the workspace pulls, or else its downloads."""
    if not has_supply(workspace):
        return workspace / "sources"
    from recon.pulling import sources_of  # noqa: PLC0415 (what speaks to services is slow to import)

    return sources_of(load_workspace(workspace), read_supply(workspace), period)


def _tell_where_the_demo_is(closed: Closed, request: CloseRequest) -> None:
    typer.echo(f"{closed.record.policy.company.name} is made up. Its policy: {request.workspace}")
    typer.echo(f"Its records, as pulled from the sandbox: {request.sources}")
    typer.echo("Your own company: recon init my-company")
