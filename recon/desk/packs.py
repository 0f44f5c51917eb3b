"""The run that proposed an entry, where it stands whole, and its pack as it is attached to the entry in the ledger."""

from __future__ import annotations

import glob
from collections.abc import Iterator
from pathlib import Path

from recon.errors import DataError
from recon.intacct.attachments import AttachedFile
from recon.lifecycle import Correction
from recon.reporting.pack import PDF, WORKBOOK
from recon.reporting.runs import is_intact


def whole_runs(reports: Path, run_id: str) -> Iterator[Path]:
    """Folders of a run that stand whole in the reports, under whatever period.

    What corrects an earlier month was drafted from a run of that one.
    """
    for folder in sorted(reports.glob(f"[!.]*/{glob.escape(run_id)}")):
        if is_intact(folder):
            yield folder


def attached_files(reports: Path, correction: Correction) -> tuple[AttachedFile, ...]:
    """Workpaper and PDF of the run that proposed the entry, each byte as its manifest says.

    Raises: DataError where the pack does not stand in the reports, or is not what was written.
    """
    folder = next(whole_runs(reports, correction.run_id), None)
    if folder is None:
        raise DataError(
            f"the pack of run {correction.run_id} does not stand whole in {reports}: post where it stands, with "
            "--reports, or make the attachment by hand"
        )
    try:
        return tuple(AttachedFile(name, (folder / name).read_bytes()) for name in (WORKBOOK, PDF))
    except OSError as cause:
        raise DataError(f"the pack of run {correction.run_id} cannot be read: {cause.strerror}") from cause
