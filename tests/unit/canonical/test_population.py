"""Which ledger lines are compared: one book, one entity, posted; and no line vanishes for a word."""

from __future__ import annotations

import pytest
from make import SEPTEMBER, ledger, policy

from recon.canonical.population import populate
from recon.errors import DataError


def test_words_and_letters_of_a_state_mean_the_same() -> None:
    lines = ledger(
        "A1 1010 1.00 state:P", "B1 1010 2.00 state:Reversed", "C1 1010 3.00 state:I", "D1 1010 4.00 state:R"
    )

    found = populate(lines, policy(), SEPTEMBER)

    assert found.posted["line_id"].to_list() == ["A1", "B1"]
    assert found.pending["line_id"].to_list() == ["C1"]


def test_an_unknown_state_stops_the_run_and_says_where_to_map_it() -> None:
    with pytest.raises(DataError, match=r"'Aprobado'.*profile") as fault:
        populate(ledger("A1 1010 1.00 state:Aprobado"), policy(), SEPTEMBER)

    assert fault.value.context["line"] == "A1"


def test_the_lines_of_another_entity_are_not_compared() -> None:
    lines = ledger("A1 1010 1.00 entity:US", "B1 1010 2.00 entity:CA", "C1 1010 3.00")

    found = populate(lines, policy(company={"name": "Small", "entity": "US"}), SEPTEMBER)

    assert found.posted["line_id"].to_list() == ["A1", "C1"]
