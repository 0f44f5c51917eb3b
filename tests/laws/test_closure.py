"""Law: with the proposed entries posted, nothing is left that asks for booking."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest
from hypothesis import given
from small_months import JOURNALS, Entry, Month, months, reconciled

from recon.money import to_cents
from recon.pipeline import Reconciled


def posted(found: Reconciled, **words: str) -> tuple[Entry, ...]:
    """The proposed entries as a bookkeeper would post them; `words` say which text carries what."""
    documents = dict(found.frames["variances"].select("variance_id", "document").rows())
    owner = dict(found.frames["variances"].select("variance_id", "reconciliation").rows())
    lines = found.frames["adjustment_lines"].with_columns(cents=to_cents("amount"))
    entries = []
    for head in found.frames["adjustments"].iter_rows(named=True):
        (variance,) = head["variance_ids"]
        texts = {"key": head["posting_key"], "document": documents[variance]}
        mine = lines.filter(pl.col("posting_key") == head["posting_key"])
        for part in mine.partition_by("location", "department"):
            entries.append(_entry(head, part, owner[variance], {name: texts[what] for name, what in words.items()}))
    return tuple(entries)


def _entry(head: dict[str, Any], part: pl.DataFrame, owner: str, texts: dict[str, str]) -> Entry:
    first = part.row(0, named=True)
    amounts = tuple(part.select("account", "cents").rows())
    name = head["posting_key"][:10].lower()
    place = (head["posting_date"], first["location"], first["department"])
    return Entry(name, owner, texts.pop("document", None), *place, amounts, journal=JOURNALS[owner], **texts)


def in_general_journal(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(Entry(**{**vars(one), "journal": "GJ"}) for one in entries)


@given(month=months())
@pytest.mark.parametrize("text", ["reference", "memo"])
def test_corrections_posted_elsewhere_with_only_their_key_leave_nothing_to_book(month: Month, text: str) -> None:
    first = reconciled(month)

    again = reconciled(month, in_general_journal(posted(first, **{text: "key"})))

    assert again.frames["adjustments"].is_empty()


@given(month=months())
def test_corrections_posted_in_the_own_journal_with_the_document_leave_nothing_to_book(month: Month) -> None:
    first = reconciled(month)

    again = reconciled(month, posted(first, document="document", reference="key"))

    assert again.frames["adjustments"].is_empty()


@given(month=months())
def test_corrections_posted_elsewhere_without_any_text_leave_nothing_to_book(month: Month) -> None:
    first = reconciled(month)

    again = reconciled(month, in_general_journal(posted(first)))

    assert again.frames["adjustments"].is_empty()
