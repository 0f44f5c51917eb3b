"""How far a long command has come, at the terminal and in the log."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator

import rich.progress as bars
from rich.console import Console

from recon.cli.log import log_event
from recon.progress import Progress


@contextlib.contextmanager
def watched() -> Iterator[Progress]:
    """What is told each step: a bar on stderr if someone watches, else nothing; both log if logging is on."""
    with bars.Progress(
        bars.SpinnerColumn(),
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TimeElapsedColumn(),
        console=Console(stderr=True),
        transient=True,
        disable=not sys.stderr.isatty(),
    ) as bar:
        task = bar.add_task("Starting", total=1)

        def tell(label: str, done: int, total: int) -> None:
            bar.update(task, description=label, completed=done, total=total)
            log_event("step", label=label, done=done, total=total)

        yield tell
