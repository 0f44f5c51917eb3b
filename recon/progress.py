"""How a long piece of work tells how far it has come."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Is told what begins, and how many steps of how many are done."""

    def __call__(self, label: str, done: int, total: int) -> None:
        """Show the step."""
        ...


def silent(label: str, done: int, total: int) -> None:
    """Nothing is shown."""
