"""Options that several commands share, and who is at the keyboard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Literal, cast, get_args

import typer

from recon.cli.screen import one_line

Workspace = Annotated[Path, typer.Option(help="Folder of the company's policy.", file_okay=False)]
Reports = Annotated[Path, typer.Option(help="Folder of the finished runs.", file_okay=False)]
# Of commands that read the records alone, so that the same words may be typed after all of them.
AnyReports = Annotated[
    Path, typer.Option("--reports", help="Taken like everywhere; this command reads the records alone.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document instead of words.")]
Keys = Annotated[
    list[str] | None, typer.Argument(metavar="KEY…", help="Posting keys, or beginnings of them that only one has.")
]
Note = Annotated[str, typer.Option(help="Why; it stays on the record.", callback=one_line)]

DateOrder = Literal["mdy", "dmy", "ymd"]


def check_dates(order: str) -> DateOrder:
    """The order of a date's parts that was asked for. Raises: BadParameter for a word that is none."""
    if order not in get_args(DateOrder):
        raise typer.BadParameter(f"{order}: choose among {', '.join(get_args(DateOrder))}", param_hint="--dates")
    return cast("DateOrder", order)


def login_of(workspace: Path) -> Callable[[], str]:
    """Who is at the keyboard, as the machine or the workspace's JupyterHub vouches for it."""
    from recon.decisions import person  # noqa: PLC0415 - slow to import
    from recon.desk.seat import hub_of  # noqa: PLC0415

    return lambda: person(hub_of(workspace))
