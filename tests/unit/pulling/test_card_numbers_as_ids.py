"""No canonical id is ever a masked card number: the row is set aside, whichever raw field the id is made of."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import polars as pl
import pytest
from raw_rows import CASES, paths_in

from recon.pulling.keeping import QUARANTINED, keep
from recon.store import row_of

CARD = "4111111111111111"
IDS = {
    "payment_id", "merchant_id", "batch_id", "deposit_id", "reference", "ticket_id", "location", "customer_id",
    "station", "statement_id", "line_id", "entry_id", "entry_no", "entity", "journal", "account", "department",
    "class", "customer", "vendor", "project", "employee", "item", "document", "book",
}  # fmt: skip


def planted(value: Any) -> Iterator[Any]:
    """The value with the card number in each of its leaves in turn, as text and as a number."""
    if not isinstance(value, dict | list):
        yield from (CARD, int(CARD))
        return
    for at in value if isinstance(value, dict) else range(len(value)):
        for inside in planted(value[at]):
            changed = deepcopy(value)
            changed[at] = inside
            yield changed


@pytest.mark.parametrize("name", CASES)
def test_the_row_that_is_walked_has_every_field_of_its_mapping(name: str) -> None:
    assert CASES[name].fields - paths_in(CASES[name].row) == set()


@pytest.mark.parametrize("name", CASES)
def test_a_row_whose_canonical_id_would_be_a_masked_card_number_is_set_aside(name: str) -> None:
    case = CASES[name]
    made, rejects = case.make([case.row])
    assert all(frame.height for frame in made.values())
    assert rejects.is_empty()
    aside = 0
    for one in planted(case.row):
        row_id, _, body = keep(case.source, [one]).row(0)
        if row_id.startswith(QUARANTINED):
            aside += 1
            continue
        for frame in case.make([row_of(body)])[0].values():
            for column in IDS & {*frame.columns}:
                assert not frame[column].cast(pl.String).str.contains("*", literal=True).any(), (column, body)
    assert aside >= 4
