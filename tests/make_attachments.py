"""Attachments of a ledger as a test keeps them, with every question and every try on record."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from recon.intacct.attachments import AttachedFile, Attachment
from recon.intacct.entries import Outcome

FOLDER = "Reconciliations"
PACK = (AttachedFile("workpaper.xlsx", b"the workpaper"), AttachedFile("pack.pdf", b"the pack"))
Answers = Callable[["HeldAttachments", Attachment], Outcome]


class HeldAttachments:
    """Attachments that stand, and how Intacct answers who makes one; fulfils Attachments."""

    def __init__(self, *stand: str, folders: Iterable[str] = (FOLDER,), answers: Answers | None = None) -> None:
        self.stand, self.folders, self.answers = list(stand), set(folders), answers or made
        self.asked: list[str] = []
        self.made: list[Attachment] = []

    async def stands(self, number: str) -> bool:
        """True where a test put it there, or it was made."""
        self.asked.append(number)
        return number in self.stand

    async def folder_stands(self, name: str) -> bool:
        """True where a test put it there."""
        return name in self.folders

    async def create(self, attachment: Attachment) -> Outcome:
        """What the test lets Intacct answer."""
        self.made.append(attachment)
        return self.answers(self, attachment)


def made(held: HeldAttachments, attachment: Attachment) -> Outcome:
    """It stands, and the answer says so."""
    held.stand.append(attachment.id)
    return Outcome("done", attachment.id)


def lost(held: HeldAttachments, attachment: Attachment) -> Outcome:
    """It stands, and the answer is lost."""
    held.stand.append(attachment.id)
    return Outcome("unknown", reason="the service fell silent")


def never_arrived(_held: HeldAttachments, _attachment: Attachment) -> Outcome:
    """Nobody knows, and it does not stand."""
    return Outcome("unknown", reason="the service fell silent")
