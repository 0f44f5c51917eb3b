"""What is attached of a run: workpaper and PDF, where its pack stands as it was written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
from make_corrections import content, correction

from recon.desk.packs import attached_files
from recon.digests import digest_file
from recon.errors import DataError

FEE = correction(content=content("6400 12.00 101", "1250 -12.00 101"))


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """One run of September, as its manifest says."""
    folder = tmp_path / "2026-09" / FEE.run_id
    folder.mkdir(parents=True)
    for name in ("workpaper.xlsx", "pack.pdf", "index.html"):
        (folder / name).write_text(f"this is {name}")
    outputs = [{"name": one.name, "sha256": digest_file(one)} for one in sorted(folder.iterdir())]
    (folder / "manifest.json").write_text(json.dumps({"outputs": outputs}))
    return tmp_path


def test_workpaper_and_pdf_of_the_run_that_proposed_the_entry_are_attached(reports: Path) -> None:
    files = attached_files(reports, FEE)

    assert [(one.name, one.data) for one in files] == [
        ("workpaper.xlsx", b"this is workpaper.xlsx"),
        ("pack.pdf", b"this is pack.pdf"),
    ]


def test_an_entry_into_a_later_month_has_the_pack_of_the_month_whose_close_found_it(reports: Path) -> None:
    assert len(attached_files(reports, replace(FEE, period="2026-10"))) == 2


def test_a_pack_that_is_not_there_or_was_changed_is_not_attached(reports: Path) -> None:
    with pytest.raises(DataError, match="the pack of run ba9876543210 does not stand whole in"):
        attached_files(reports, replace(FEE, run_id="ba9876543210"))

    (reports / "2026-09" / FEE.run_id / "pack.pdf").write_text("another pack")

    with pytest.raises(DataError, match="post where it stands, with --reports, or make the attachment by hand"):
        attached_files(reports, FEE)
