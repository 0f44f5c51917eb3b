from __future__ import annotations

import io
import math
import re
from typing import Any

import pytest
from pypdf import PageObject, PdfReader
from records import MARKUP, empty_record, run_record

from recon.reporting.pdf import render_pdf


def words_of(document: bytes) -> str:
    """The text of all pages with single spaces."""
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in PdfReader(io.BytesIO(document)).pages))


@pytest.fixture(scope="module")
def document() -> bytes:
    return render_pdf(run_record())


def test_the_pdf_carries_the_first_page_and_the_sign_off(document: bytes) -> None:
    text = words_of(document)

    for said in (
        "Reconciliation 2026-09",
        "ACCRUAL",
        "Not compared",
        "11,830.77",
        "Reviewed by",
        "Tick marks",
        "(29.90)",
    ):
        assert said in text, said


def test_each_page_has_its_number_and_the_run(document: bytes) -> None:
    pages = PdfReader(io.BytesIO(document)).pages

    for number, page in enumerate(pages, 1):
        text = re.sub(r"\s+", " ", page.extract_text())
        assert f"page {number} of {len(pages)}" in text
        assert "0f3a9c1b7e55" in text


def test_markup_in_data_is_set_as_text(document: bytes) -> None:
    text = words_of(document)

    assert '#read("/etc/passwd")' in text
    assert MARKUP.split()[2] in text


def test_equal_records_give_equal_bytes(document: bytes) -> None:
    assert render_pdf(run_record()) == document


def test_a_month_without_findings_has_a_pdf_too() -> None:
    assert "Nothing is to be booked" in words_of(render_pdf(empty_record()))


def letter_sizes(page: PageObject) -> list[float]:
    """The sizes of all letters of a page, in points."""
    sizes = []

    def see(text: str, page_matrix: list[float], matrix: list[float], _: Any, size: float) -> None:
        scales = [one[0] * one[3] - one[1] * one[2] for one in (page_matrix, matrix)]
        if text.strip():
            sizes.append(size * math.sqrt(abs(math.prod(scales))))

    page.extract_text(visitor_text=see)
    return sizes


def test_every_letter_of_waterfall_and_bridge_can_be_read_on_paper(document: bytes) -> None:
    pages = PdfReader(io.BytesIO(document)).pages
    drawn = [page for page in pages if re.search("from ledger to source", page.extract_text(), re.IGNORECASE)]

    assert len(drawn) == 2
    assert min(size for page in drawn for size in letter_sizes(page)) >= 6.99
