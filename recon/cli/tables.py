"""Tables at the terminal, wide enough that no amount is ever cut off."""

from __future__ import annotations

from rich.table import Table

from recon.cli.screen import Terminal, terminal

_WIDTH = 120


def plain_table(*headings: str, amounts: tuple[str, ...] = ()) -> Table:
    """A table without rules, with these columns of text, then these of amounts."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), show_edge=False)
    for heading in headings:
        table.add_column(heading)
    for heading in amounts:
        table.add_column(heading, justify="right")
    return table


def wide_console() -> Terminal:
    """A console wide enough that no amount is ever cut off."""
    console = terminal(highlight=False)
    return console if console.width >= _WIDTH else terminal(highlight=False, width=_WIDTH)
