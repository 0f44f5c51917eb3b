"""Whether the attachments that the policy names for entries can be read, and made, in the ledger that is posted to."""

from __future__ import annotations

from recon.doctor.findings import TO_MEND, Finding, of_fault
from recon.errors import ReconError
from recon.intacct.attachments import Attachments
from recon.policy import PostingPolicy


async def attachment_findings(service: str, held: Attachments, posting: PostingPolicy) -> list[Finding]:
    """One finding where entries have an attachment; none where they have none."""
    number = posting.attachment_id
    if number is None:
        return []
    check = f"{service}: attachments"
    try:
        # Nobody knows an id with a run or a period in it before there is an entry; that one may ask shows all the same.
        absent = None if await held.stands(number) or "{" in number else ("attachment", number)
        folder = posting.attachment_folder
        if folder is not None:
            absent = None if await held.folder_stands(folder) else ("attachment_folder", folder)
    except ReconError as fault:
        return [*of_fault(check, fault)]
    if absent is None:
        made = f"folder {folder} stands, and post makes {number} in it" if folder else f"post looks {number} up"
        return [Finding(check, "well", f"they can be looked up; {made}")]
    said = f"{absent[1]}, which policy.toml names as {absent[0]}, does not stand in Intacct"
    return [Finding(check, "wrong", said, f"make it there, or mend {absent[0]} under [posting]", TO_MEND)]
