"""Faults as people read them: one plain sentence on stderr, the mend if there is one, and the exit code."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.core import TyperGroup

from recon.errors import InvariantBroken, ReconError

OUR_BUG = 70
INTERRUPTED = 130
SYSTEM_REFUSED = 4


@contextmanager
def interruptible(words: str = "") -> Iterator[None]:
    """Ctrl-C within ends in a sentence and its exit code; the interrupt, or else the words, say what became of it."""
    try:
        yield
    except KeyboardInterrupt as cause:
        told = str(cause) or words
        typer.echo(f"recon: interrupted{told and f'; {told}'}", err=True)
        raise typer.Exit(INTERRUPTED) from cause


class Commands(TyperGroup):
    """Commands of which each, interrupted, ends with the same exit code."""

    def make_context(self, *args: Any, **named: Any) -> Any:
        """What was typed."""
        with interruptible():
            return super().make_context(*args, **named)

    def invoke(self, ctx: typer.Context) -> Any:  # type: ignore[override]
        """What the command answers."""
        with interruptible():
            return super().invoke(ctx)


def exit_code_of(fault: BaseException, *, as_json: bool) -> int:
    """The exit code of a fault, after it was told on stderr (and on stdout, if JSON was asked for)."""
    code, sentence = _told(fault)
    sys.stderr.write(f"recon: {sentence}\n")
    if as_json:
        kind = type(fault).__name__
        json.dump({"exit_code": code, "error": {"kind": kind, "message": sentence}}, sys.stdout, indent=2)
        sys.stdout.write("\n")
    return code


def _told(fault: BaseException) -> tuple[int, str]:
    if isinstance(fault, ReconError) and not isinstance(fault, InvariantBroken):
        return fault.exit_code, str(fault)
    if isinstance(fault, OSError) and fault.strerror:
        place = f" ({fault.filename})" if fault.filename else ""  # a full disk names no file
        return SYSTEM_REFUSED, f"the system refused: {fault.strerror}{place}"
    return OUR_BUG, f"this is our bug, not yours: nothing was published. {_where(fault)}"


def _where(fault: BaseException) -> str:
    """What a developer needs to find the bug, without any of the company's data."""
    trace = fault.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    place = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "unknown place"
    said = str(fault) if isinstance(fault, InvariantBroken) else type(fault).__name__
    return f"Please report: {said}, at {place}"
