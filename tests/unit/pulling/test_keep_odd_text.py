"""Texts that no other test would think of come through the wire into the store, and out of it as they were."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from recon.frames.records import Records
from recon.pulling.keeping import keep
from recon.store import row_of
from recon.wire import Answer


class Sales:
    """A source of sales."""

    name = "gp_api.transactions"
    id_fields = ("id",)

    def row_id(self, row: Mapping[str, object]) -> str:
        return str(row["id"])


def kept(body: bytes) -> dict[str, Any]:
    """The row of an answer as the store gives it back."""
    return row_of(keep(Sales(), Answer(200, {}, body, "https://service.test").json())["body"][0])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "body",
    [
        rb'[{"id": "A", "description": "lunch \ud83d"}]',
        b'[{"id": "A", "description": "lunch \xed\xa0\xbd"}]',
        rb'[{"id": "A", "description": "lunch \ude00"}]',
    ],
    ids=["the first half, escaped", "the first half, as bytes", "the second half"],
)
def test_half_a_character_is_kept_as_the_mark_of_a_lost_one(body: bytes) -> None:
    assert kept(body)["description"] == "lunch \ufffd"


def test_half_a_character_in_a_list_or_a_name_is_kept_too() -> None:
    assert kept(rb'[{"id": "A", "lines": [{"\ud83d": ["\ud83d", 1.10]}]}]')["lines"] == [
        {"\ufffd": ["\ufffd", Decimal("1.10")]}
    ]


def test_a_whole_character_beyond_the_first_plane_stays_whole() -> None:
    assert kept(rb'[{"id": "A", "description": "lunch \ud83d\ude00"}]')["description"] == "lunch \U0001f600"


def test_a_text_that_looks_like_our_own_mark_of_a_number_stays_a_text() -> None:
    row = kept(rb'[{"id": "A", "description": "\u0000decimal:1", "note": "decimal 00ff:1", "amount": 1.50}]')

    assert row == {
        "id": "A", "description": "\x00decimal:1", "note": "decimal 00ff:1", "amount": Decimal("1.50"),
    }  # fmt: skip


def test_rows_that_came_as_columns_are_kept_with_the_same_letters_and_without_their_card_numbers() -> None:
    odd = [*map(chr, range(0x3000)), "\ud7ff", "\ue000", "\uffff", "\U0001f4b3", "4111 1111 1111 1111", None]
    columns = Records(pl.DataFrame({"memo": odd, "id": [f"S-{at}" for at in range(len(odd))], 'a "name"': odd}))

    as_columns = keep(Sales(), columns)

    assert as_columns.equals(keep(Sales(), [*columns]))
    assert row_of(as_columns["body"][-2])["memo"] == "************1111"
