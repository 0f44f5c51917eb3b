"""The attachment of an entry stands in the ledger before the entry leaves: looked up, and made where it may be."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from recon.errors import DataError
from recon.identity import digest_fields
from recon.intacct.attachments import AttachedFile, Attachment, Attachments
from recon.lifecycle import Correction

# Intacct publishes no limit (unverified); a request that carries more, in base64, is likely to be cut off.
LARGEST = 20 * 1024 * 1024  # bytes of all files of one attachment
_MEGABYTE = 1024 * 1024
_LOOKS = 4  # after an attachment was sent, or while another process makes it
_FIRST_PAUSE_S = 1.0  # before the second look; doubled each time
Pack = Callable[[Correction], Sequence[AttachedFile]]


@dataclass(frozen=True)
class Outlook:
    """What making would do for the attachment of an entry, which it does not do here."""

    objection: str | None = None  # why the entry is not sent
    makes: str = ""  # what would be made before the entry is sent; empty: nothing need be


@dataclass
class Attaching:
    """Looks up the attachments of one run of posting, each id once, and makes what a folder is named for.

    An attachment stands at most once: Intacct takes an id a single time. So it is looked up before it is made and
    after it was sent, whatever the answer was; a request that arrives late, or a second one, is refused there.
    """

    attachments: Attachments
    folder: str | None  # stands in Intacct; None: nothing is made
    pack: Pack  # the files of the run that proposed an entry; raises DataError where they are not there whole
    lock: Callable[[str], AbstractContextManager[bool]]  # saves work: nobody sends the same files twice at once
    pause: Callable[[float], Awaitable[None]]
    _known: dict[str, str | None] = field(default_factory=dict)  # why an id does not stand, or None, as first found

    async def objection(self, correction: Correction, number: str | None) -> str | None:
        """Why the entry with that attachment is not sent; None where it stands by now, or there is none to stand.

        Raises: RemoteError where the ledger cannot be asked.
        """
        if number is None:
            return None
        if number not in self._known:
            self._known[number] = await self._brought(correction, number)
        return self._known[number]

    async def outlook(self, correction: Correction, number: str | None) -> Outlook:
        """The same without making anything.

        Raises: RemoteError where the ledger cannot be asked.
        """
        if number is None or await self.attachments.stands(number):
            return Outlook()
        wanted = await self._wanted(correction, number)
        if isinstance(wanted, str):
            return Outlook(wanted)
        return Outlook(makes=f"attachment {number} is made in folder {wanted.folder} of {_named(wanted)}")

    async def _brought(self, correction: Correction, number: str) -> str | None:
        if await self.attachments.stands(number):
            return None
        wanted = await self._wanted(correction, number)
        if isinstance(wanted, str):
            return wanted
        with self.lock(f"attachment-{digest_fields([number]).hex()[:20]}") as mine:
            if not mine:
                reason = "another process is making it"
            elif await self.attachments.stands(number):  # made by another one since the first look
                return None
            else:
                outcome = await self.attachments.create(wanted)
                if outcome.kind == "refused":
                    return f"{_not_there(number)}, and it is not made: {outcome.reason}; mend that, then post again"
                reason = outcome.reason or "Intacct says that it is made"
        return await self._shown(number, reason)

    async def _shown(self, number: str, reason: str) -> str | None:
        """None as soon as it is seen."""
        for look in range(_LOOKS):
            if look:
                await self.pause(_FIRST_PAUSE_S * 2 ** (look - 1))
            if await self.attachments.stands(number):
                return None
        return f"{_not_there(number)} yet ({reason}): nothing that names it is sent before; post again later"

    async def _wanted(self, correction: Correction, number: str) -> Attachment | str:
        """The attachment as it is to be made, or why it cannot be."""
        if self.folder is None:
            return (
                f"{_not_there(number)}: make it there, or name under [posting] in policy.toml an attachment_folder in "
                "which recon makes it; then post again"
            )
        try:
            files = tuple(self.pack(correction))
        except DataError as fault:
            return f"{_not_there(number)}, and it is not made: {fault.message}"
        title = f"recon {correction.period}"
        wanted = Attachment(number, title, self.folder, f"Pack of run {correction.run_id}: {title}", files)
        if wanted.size > LARGEST:
            return (
                f"{_not_there(number)}, and its files have {wanted.size / _MEGABYTE:.1f} MB, more than the "
                f"{LARGEST // _MEGABYTE} MB that recon sends: make it by hand under that id, then post again"
            )
        if not await self.attachments.folder_stands(self.folder):
            return f"Intacct has no folder {self.folder} for attachments: make it there, or mend attachment_folder"
        return wanted


def _not_there(number: str) -> str:
    return f"attachment {number} does not stand in Intacct"


def _named(attachment: Attachment) -> str:
    return " and ".join(one.name for one in attachment.files)
