"""The pack of the run that proposed an entry, as it is attached to the entry in the ledger."""

from __future__ import annotations

from pathlib import Path

from recon.errors import DataError
from recon.intacct.attachments import AttachedFile
from recon.lifecycle import Correction
from recon.reporting.pack import PDF, WORKBOOK
from recon.reporting.runs import is_intact


def attached_files(reports: Path, correction: Correction) -> tuple[AttachedFile, ...]:
    """Workpaper and PDF of the run that proposed the entry, each byte as its manifest says.

    The run stands under the period that it closed, which is another one for an entry of `recon correct`.

    Raises: DataError where the pack does not stand in the reports, or is not what was written.
    """
    folder = next((one for one in sorted(reports.glob(f"*/{correction.run_id}")) if is_intact(one)), None)
    if folder is None:
        raise DataError(
            f"the pack of run {correction.run_id} does not stand whole in {reports}: post where it stands, with "
            "--reports, or make the attachment by hand"
        )
    try:
        return tuple(AttachedFile(name, (folder / name).read_bytes()) for name in (WORKBOOK, PDF))
    except OSError as cause:
        raise DataError(f"the pack of run {correction.run_id} cannot be read: {cause.strerror}") from cause
