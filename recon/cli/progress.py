"""How far a long command has come, at the terminal and in the log."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import rich.progress as bars

from recon.cli.log import log_event
from recon.cli.screen import terminal
from recon.progress import Progress


@contextlib.contextmanager
def watched() -> Iterator[Progress]:
    """What is told each step: a bar on stderr if someone watches, else nothing; both log if logging is on."""
    console = terminal(stderr=True)
    with bars.Progress(
        bars.SpinnerColumn(),
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.TimeElapsedColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    ) as bar:
        task = bar.add_task("Starting", total=1)

        def tell(label: str, done: int, total: int) -> None:
            bar.update(task, description=label, completed=done, total=total)
            log_event("step", label=label, done=done, total=total)

        yield tell
