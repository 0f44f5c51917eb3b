"""Whatever a service writes into a field, the row makes a canonical row or is told; it never ends the pull."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from decimal import Decimal
from typing import Any

import polars as pl
import pytest
from raw_rows import CASES, Case, Row

from recon.pulling.folder import canonical
from recon.store import content_text

ODD: tuple[Any, ...] = (
    None, "", "  ", "x", "Balance Sheet", [], {}, [1], {"a": 1}, True, False, 0, -1, 10**30, "1" * 30, "-" + "9" * 20,
    Decimal("1e30"), Decimal("9" * 17), "9" * 17, "9" * 16, Decimal("9" * 15), "NaN", "1e400", "Infinity", "12.345",
    Decimal("1e38"), Decimal("1e300"), Decimal("1e-25"), Decimal("1e-300"), Decimal("0." + "1" * 39), 10**60,
    Decimal("1.3234567890123456e-25"), Decimal("1" * 38 + ".5"), Decimal("0e-300"), Decimal("1e999999"),
    Decimal("0.005"), "9999-99-99", "0000-00-00", "0000-01-01", "99999-01-01T00:00:00Z", "2026-02-30",
    "2026-03-02T25:61:61Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "9999-12-31T23:59:59Z",
    "07/32/2026", "12/31/9999", "01/01/0000", "\x00", "é" * 3000,
)  # fmt: skip
# By which each row of a batch is told from the others.
NAMES = (
    "id", "settlement_transaction_reference", "GatewayTxnId", "OriginalGatewayTxnId", "public_id", "RECORDNO", "key",
    "GLACCOUNTNO", "ACCOUNTNO", "LOCATIONID",
)  # fmt: skip


def spoilt(value: Any) -> Iterator[Any]:
    """The value with each odd one in the place of each part of it, and without each of its parts."""
    for at in value if isinstance(value, dict) else range(len(value)):
        for odd in ODD:
            yield _with(value, at, odd)
        if isinstance(value, dict):
            yield {name: one for name, one in value.items() if name != at}
        if isinstance(value[at], dict | list):
            for inside in spoilt(value[at]):
                yield _with(value, at, inside)


def _with(value: Any, at: Any, one: Any) -> Any:
    changed = deepcopy(value)
    changed[at] = one
    return changed


def batch(row: Row) -> list[Row]:
    """All spoilt rows, each under a name of its own unless that is what was spoilt."""
    return [one | named(row, one, f"{number}") for number, one in enumerate(spoilt(row), 1)]


def named(row: Row, one: Row, name: str) -> Row:
    """The name in the fields by which rows are told apart, as far as the row is as it was there."""
    fields: Row = {field: name for field in NAMES if field in row and one.get(field) == row[field]}
    whose = row.get("system")
    return fields | ({"system": {"mid": name}} if whose and one.get("system") == whose else {})


def checked(case: Case, rows: Sequence[Row] | pl.DataFrame) -> None:
    frames, rejects = case.make(rows)
    for name, frame in frames.items():
        assert canonical(name, frame).to_dicts() is not None
    assert all(one["field"] and one["reason"] and one["source"] for one in rejects.to_dicts())
    assert rejects.height > 0


@pytest.mark.parametrize("name", CASES)
def test_an_odd_value_makes_a_row_or_a_reject_and_never_ends_the_pull(name: str) -> None:
    case = CASES[name]
    rows = batch(case.row)
    bodies = [content_text(row) for row in rows]

    checked(case, rows)
    checked(case, pl.DataFrame({"row_id": [f"{n}" for n in range(len(bodies))], "body": bodies}))


@pytest.mark.parametrize("name", CASES)
def test_what_a_schema_refuses_is_one_reject_and_keeps_no_other_row_out(name: str) -> None:
    case = CASES[name]
    good = case.row | named(case.row, case.row, "good")
    alone, _ = case.make([good])

    frames, _ = case.make([good, *batch(case.row)])

    for kind, frame in alone.items():
        assert frame.join(frames[kind], on=frame.columns, how="anti", nulls_equal=True).is_empty()
