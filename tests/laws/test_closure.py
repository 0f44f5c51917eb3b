"""Law: with the proposed entries posted, nothing is left that asks for booking."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import polars as pl
from hypothesis import example, given
from make import booked
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


def elsewhere(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    """The same entries in a journal that no reconciliation owns."""
    return tuple(replace(one, journal="GJ") for one in entries)


TWICE_WRONG = Entry(
    "E1",
    "deposits",
    "DEP100-0901-1",
    dt.date(2026, 9, 1),
    "100",
    None,
    (("1010", 98), ("6510", 2), ("1250", -100)),
    {"1010": "net", "6510": "fees", "1250": "sales"},
)
SWAPPED = replace(TWICE_WRONG, name="G1", lines=tuple((account, -cents) for account, cents in TWICE_WRONG.lines))


@given(month=months())
# One correction (for the copy) equals the document, the other (for the sign) is twice that.
@example(month=Month((TWICE_WRONG,), (SWAPPED, replace(SWAPPED, name="G2"))))
def test_with_its_corrections_posted_a_month_asks_for_no_booking_however_they_were_posted(month: Month) -> None:
    first = reconciled(month)
    ways = {
        "own journal, with the document": posted(first, document="document", reference="key"),
        "general journal, key in the reference": elsewhere(posted(first, reference="key")),
        "general journal, key in the memo": elsewhere(posted(first, memo="key")),
        "general journal, no text at all": elsewhere(posted(first)),
    }

    for way, corrections in ways.items() if ways["general journal, no text at all"] else ():
        again = reconciled(month, corrections)
        assert booked(again) == [], way
