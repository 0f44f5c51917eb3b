"""The one way to the terminal: whatever a note, a memo or a document holds moves no cursor and paints over nothing."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO, cast

import typer
from rich.console import Console
from rich.text import Text

# Control characters but line end and tab, and those that turn the direction of writing.
_COMMANDS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def written_out(text: str) -> str:
    """The text with what a terminal would obey written out, as JSON writes it: `\\u001b` for an escape."""
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def one_line(text: str | None) -> str | None:
    """A note in one line: one of several could pass for what the program says. None stays None."""
    return text if text is None else " ".join(text.splitlines())


def print_json(document: object) -> None:
    """Print one JSON document, as people can read it too."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def counted(number: int, one: str, many: str) -> str:
    """The number with its noun."""
    return f"{number:,} {one if number == 1 else many}"


class Guarded:
    """A stream of text to a terminal, by which no command reaches it."""

    def __init__(self, raw: TextIO) -> None:
        self.raw = raw

    def write(self, text: str) -> int:
        """How many characters of the text were written, with its commands written out."""
        self.raw.write(written_out(text))
        return len(text)

    def isatty(self) -> bool:
        """False: who writes here directly need not try colours. `terminal` has them."""
        return False

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # the way around it
            raise AttributeError(name)
        return getattr(self.raw, name)


class Terminal(Console):
    """A console that styles text by itself and takes no command from it."""

    def render_str(self, text: str, **options: Any) -> Text:
        """The text as rich styles it, with the commands in it written out."""
        return super().render_str(written_out(text), **options)


def terminal(*, stderr: bool = False, **options: Any) -> Terminal:
    """A console on standard output, or on standard error."""
    stream = sys.stderr if stderr else sys.stdout
    raw = stream.raw if isinstance(stream, Guarded) else stream
    return Terminal(file=raw, **options)


@contextmanager
def guarded() -> Iterator[None]:
    """Everything that is printed within reaches the terminal without commands."""
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (cast("TextIO", Guarded(stream)) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
