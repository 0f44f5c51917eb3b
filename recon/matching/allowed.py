"""What the fields of a pass may hold, and in words what would be right where one holds something else."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import ErrorDetails

RATE_PLACES: Final = 6  # hundredths of a basis point; what is finer bursts exact sums
MOST_DAYS: Final = 36_525  # a hundred years: beyond it a date cannot be moved safely
_SHOWN = 80  # characters of a wrong value


def _exact(rate: object) -> object:
    if isinstance(rate, (bool, float)):
        raise ValueError('write it as text, such as "0.029"; a float is never exact')
    return rate


def _short(rate: Decimal) -> Decimal:
    if rate.is_finite() and rate.normalize().as_tuple().exponent < -RATE_PLACES:  # type: ignore[operator]
        raise ValueError(f"round it to {RATE_PLACES} decimal places")
    return rate


def each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, of which none stands there twice."""
    if len({*names}) != len(names):
        raise ValueError("name each one once")
    return names


def some(names: tuple[str, ...]) -> tuple[str, ...]:
    """The names, of which there is one at least."""
    if not names:
        raise ValueError("name at least one")
    return names


def _without_currency(names: tuple[str, ...]) -> tuple[str, ...]:
    if "currency" in names:
        raise ValueError("leave `currency` out: lines that belong together always agree on it")
    return names


def _without_date(names: tuple[str, ...]) -> tuple[str, ...]:
    if "date" in names:
        raise ValueError("leave `date` out: the days of the pass say how near dates must be")
    return names


# Numbers are strict: what a file writes in quotes, or as true, is no number.
Several = Annotated[int, Field(strict=True, ge=2)]
Days = Annotated[int, Field(strict=True, ge=0, le=MOST_DAYS)]
Count = Annotated[int, Field(strict=True, ge=0)]
Charge = Annotated[int, Field(strict=True, ge=0)]
Share = Annotated[float, Field(strict=True, ge=0, le=1)]
Odds = Annotated[float, Field(strict=True, ge=0)]  # of a chance that one falls short of: above 1 each does
Switch = Annotated[bool, Field(strict=True)]
Rate = Annotated[Decimal, BeforeValidator(_exact), Field(ge=0, lt=1), AfterValidator(_short)]
Name = Annotated[str, Field(min_length=1)]
Names = Annotated[tuple[str, ...], AfterValidator(each_once)]
OnColumns = Annotated[Names, AfterValidator(some)]
Columns = Annotated[Names, AfterValidator(_without_currency)]
UndatedColumns = Annotated[Columns, AfterValidator(_without_date)]
Sides = Annotated[tuple[Literal["left", "right"], ...], AfterValidator(some), AfterValidator(each_once)]


def told(error: ErrorDetails, fields: tuple[str, ...]) -> str:
    """One wrong field with its value and the mend: "`before` is -1: say 0 or more".

    `fields` are those that there are at the place of the error.
    """
    place = ".".join(str(part) for part in error["loc"]) or "the pass"
    if error["type"] == "missing":
        return f"`{place}` is not there: the pass needs it"
    value = error["input"]
    shown = str(value) if isinstance(value, Decimal) else repr(value)
    if len(shown) > _SHOWN:
        shown = shown[:_SHOWN] + " ..."
    return f"`{place}` is {shown}: {_mend(error, fields)}"


_MENDS: Final[Mapping[str, str]] = {
    "greater_than_equal": "say {ge:g} or more",
    "less_than_equal": "say {le:g} or less",
    "less_than": "say less than {lt:g}",
    "string_too_short": "give it a name",
    "literal_error": "choose {expected}",
    "value_error": "{error}",
    "int_type": "say a whole number, without quotes",
    "float_type": "say a number, without quotes",
    "bool_type": "say true or false, without quotes",
    "string_type": "write it as text, in quotes",
    "tuple_type": "write it as a list, in brackets",
    "decimal_parsing": 'write it as text, such as "0.029"',
    "finite_number": 'write it as text, such as "0.029"',
    "decimal_type": 'write it as text, such as "0.029"',
    "dataclass_type": "write it as a table of its fields",
}


def _mend(error: ErrorDetails, fields: tuple[str, ...]) -> str:
    if error["type"] == "unexpected_keyword_argument":
        return f"there is no such field; choose among {', '.join(fields)}"
    context: dict[str, Any] = error.get("ctx", {})
    words = _MENDS.get(error["type"])
    return words.format(**context) if words else error["msg"].lower()
