"""What is wrong with a settings file is told to somebody who writes no programs."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from typing import Literal

import pytest
from pydantic import BaseModel, ConfigDict, ValidationError

from recon.misfilled import field_problems, unreadable

# What a person types, and what is told about it.
SLIPS = {
    "bank = XFED": "line 1, column 8: what stands behind = is no value; put a text in quotation marks",
    'bank "XFED"': "line 1, column 6: a line reads name = value, and a section [name]",
    '"" = [': "at its end: ",
    'bank = "XFED': "at its end: a quotation mark is missing",
    'bank = "XFED\nlag = 2': "line 1, column 13: a quotation mark is missing, or a letter",
    'bank = "XFED" lag = 2': "line 1, column 15: something stands behind the value that does not belong to it",
    'bank = "A"\nbank = "B"\n': "line 2, column 11: this name or section stands in the file twice; leave it once",
    "[books]\n[books]": "line 2, column 7: this name or section stands in the file twice; leave it once",
    'journals = ["SJ"': "at its end: a bracket is not closed",
    'folder = "C:\\Users\\me"': "line 1, column 15: a backslash in a text is written twice",
    "= 5": "line 1, column 1: a name belongs here",
}


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_of_the_pen_is_told_with_its_line_and_its_mend(text: str) -> None:
    with pytest.raises(tomllib.TOMLDecodeError) as caught:
        tomllib.loads(text)

    assert unreadable(caught.value).startswith(SLIPS[text])


def test_a_file_of_another_encoding_is_told_without_what_stands_in_it() -> None:
    with pytest.raises(UnicodeDecodeError) as caught:
        "secret é".encode("latin-1").decode("utf-8")

    assert unreadable(caught.value) == "the file is not in UTF-8; save it as UTF-8"


class Lag(BaseModel):
    """Days from a batch to the bank, by brand."""

    model_config = ConfigDict(extra="forbid")
    bank: Literal["XFED", "US"]
    days: dict[Literal["visa", "amex"], int] = {}
    above: Decimal = Decimal(0)
    is_net: bool = False


WRONG = {"bank": "Fed", "days": {"visa": "two", "vsa": 2}, "above": "much", "is_net": "maybe", "note": "x"}


def test_each_wrong_field_is_told_once_with_its_value_and_what_it_must_be() -> None:
    with pytest.raises(ValidationError) as caught:
        Lag.model_validate(WRONG)

    assert [*field_problems(caught.value)] == [
        "bank: must be XFED or US, not 'Fed'",
        "days.visa: must be a whole number, not 'two'",
        "days.vsa: there is no such name; it must be visa or amex",
        "above: must be a number, not 'much'",
        "is_net: must be true or false, not 'maybe'",
        "note: there is no such field",
    ]
    assert not any("'" in one for one in field_problems(caught.value, shows_values=False))


def test_what_is_missing_and_what_should_be_a_section_is_told() -> None:
    with pytest.raises(ValidationError) as caught:
        Lag.model_validate({"days": 3})

    assert [*field_problems(caught.value)] == [
        "bank: this field is missing",
        "days: must be a section with fields of its own, not 3",
    ]
