"""Column profiles: which heading of a downloaded file is which canonical column, and how to read it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from recon.errors import ConfigError
from recon.frames import CANONICAL_FRAMES
from recon.frames.events import words_of
from recon.misfilled import field_problems, unreadable
from recon.policy.model import Strict

FrameName = Literal[
    "tickets",
    "sales",
    "tenders",
    "payments",
    "deposits",
    "fee_statements",
    "payroll",
    "ledger",
    "balances",
    "accounts",
    "locations",
]
TICKET_COLUMNS = (
    "ticket_id", "location", "station", "business_date", "completed_at", "kind", "channel", "collected_by",
    "currency", "customer_id", "tax_code",
)  # fmt: skip
# What a canonical column becomes when the profile says nothing about it.
USUAL: dict[str, dict[str, str]] = {
    "tickets": {"currency": "USD"},
    "sales": {"currency": "USD", "kind": "sale"},
    "tenders": {"currency": "USD"},
    "payments": {"currency": "USD", "status": "approved", "kind": "sale", "brand": "other"},
    "deposits": {
        "currency": "USD", "status": "funded", "sales": "0", "refunds": "0", "chargebacks": "0", "reversals": "0",
        "fees": "0", "adjustments": "0",
    },
    "fee_statements": {"currency": "USD", "kind": "other"},
    "payroll": {"currency": "USD"},
    "ledger": {"currency": "USD"},
    "accounts": {"title": ""},
    "locations": {"merchant_ids": ""},
}  # fmt: skip
_UNNEEDED = {  # required by the frame, but derived when the profile does not name them
    "tickets": {"business_date", "kind"},
    "deposits": {"net"},
    "ledger": {"line_id", "entry_id"},
    "balances": {"period", "opening", "closing"},
    "payments": {"created_at"},
}


def _as_tuple(value: Any) -> Any:
    return (value,) if isinstance(value, str) else value


class SignBy(Strict):
    """Another column that says which amounts are credits."""

    heading: tuple[str, ...]
    negative: Annotated[tuple[str, ...], Field(min_length=1)]

    _headings = field_validator("heading", mode="before")(_as_tuple)


class Column(Strict):
    """Where one canonical column comes from and how its text becomes a value.

    A plain string, or a list of strings, is short for the heading and its alternatives.
    """

    heading: tuple[str, ...] = Field(default=(), description="The heading, or alternatives: the first found is used.")
    value: str | None = Field(default=None, description="A constant, for a column the file does not have.")
    default: str | None = Field(default=None, description="What a blank cell means.")
    optional: bool = Field(default=False, description="The heading may be absent from the file.")
    join: tuple[str, ...] = Field(default=(), description="Headings whose texts together make the value.")
    separator: str = Field(default="-", description="Stands between joined texts.")
    debit: tuple[str, ...] = Field(default=(), description="Heading of unsigned debits.")
    credit: tuple[str, ...] = Field(default=(), description="Heading of unsigned credits.")
    sign: Literal["+", "-"] = Field(default="+", description="'-' turns the sign of every amount.")
    sign_by: SignBy | None = Field(default=None, description="A column that says which amounts are negative.")
    absolute: bool = Field(default=False, description="Drop the sign in the file; `sign` then decides.")
    minor_units: bool = Field(default=False, description="Whole cents instead of dollars and cents.")
    format: tuple[str, ...] = Field(default=(), description="strptime formats, tried in order.")
    zone: str | None = Field(default=None, description="'location', or an IANA time zone such as UTC.")
    pattern: str | None = Field(default=None, description="Regular expression; its first group is the value.")
    last4: bool = Field(default=False, description="Only the last four digits of a card or account number.")
    map: dict[str, str] = Field(default={}, description="Words of the file and what they mean; case is ignored.")
    map_other: str | None = Field(default=None, description="What any other word means; absent: the word itself.")
    case: Literal["lower", "upper"] | None = None
    offset: int = Field(default=0, description="Added to a whole number, such as -100.")
    pad: int = Field(default=0, ge=0, le=40, description="Zeros on the left up to this length.")
    prefix: str = ""
    suffix: str = ""

    _tuples = field_validator("heading", "join", "debit", "credit", "format", mode="before")(_as_tuple)

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: Any) -> Any:
        return {"heading": value} if isinstance(value, str | list | tuple) else value

    @model_validator(mode="after")
    def _has_one_origin(self) -> Column:
        pair = bool(self.debit or self.credit)
        origins = [bool(self.heading), self.value is not None, bool(self.join), pair]
        if sum(origins) != 1:
            raise ValueError("say exactly one of heading, value, join, or debit with credit")
        if pair and not (self.debit and self.credit):
            raise ValueError("debit needs credit, and credit needs debit")
        return self

    @field_validator("pattern")
    @classmethod
    def _one_group(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                groups = re.compile(value).groups
            except re.error as cause:
                raise ValueError(f"not a regular expression: {cause}") from cause
            if groups < 1:
                raise ValueError("a pattern needs one group in parentheses: the value")
        return value

    def wanted(self) -> Iterator[tuple[str, ...]]:
        """The alternatives of each heading that the column reads."""
        if self.heading:
            yield self.heading
        yield from ((one,) for one in self.join)
        yield from (pair for pair in (self.debit, self.credit) if pair)
        if self.sign_by:
            yield self.sign_by.heading


class RowRule(Strict):
    """Rows that are no data: those whose cell in this column is blank, or matches."""

    column: tuple[str, ...] = Field(description="A heading of the file, or alternatives.")
    blank: bool = False
    matches: str | None = Field(default=None, description="Regular expression, case ignored.")

    _headings = field_validator("column", mode="before")(_as_tuple)

    @model_validator(mode="after")
    def _says_something(self) -> RowRule:
        if not self.blank and self.matches is None:
            raise ValueError("say blank = true, or matches = 'a regular expression'")
        return self


class FileStyle(Strict):
    """How the file is written, before any column is looked at."""

    encoding: str = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","
    quote: Annotated[str, Field(max_length=1)] = '"'
    sheet: str | None = Field(default=None, description="The sheet of an XLSX file; absent: the first.")
    heading_row: int | None = Field(
        default=None, ge=1, description="Row of the headings, as a spreadsheet counts; absent: looked for."
    )
    skip: tuple[RowRule, ...] = Field(default=(), description="Total and footer rows.")

    @field_validator("encoding")
    @classmethod
    def _is_known(cls, value: str) -> str:
        try:
            "".encode(value)
        except LookupError as cause:
            raise ValueError(f"unknown encoding {value!r}; usual ones are utf-8, cp1252, latin-1, utf-16") from cause
        return value


class DateStyle(Strict):
    """How dates and times of day are written."""

    order: Literal["mdy", "dmy", "ymd"] = "mdy"
    zone: str = Field(default="location", description="'location': local time of the store; or an IANA zone.")
    day_starts: Annotated[int, Field(ge=0, le=12)] = Field(
        default=0, description="Hour at which a business day begins; sales before it belong to the day before."
    )


class NumberStyle(Strict):
    """How amounts are written. Currency signs, parentheses, trailing minus, CR and DR need no setting."""

    decimal: Literal[".", ","] = "."
    thousands: str | None = Field(default=None, max_length=1, description="Absent: the other one of , and .")

    @property
    def separator(self) -> str:
        """The mark between thousands."""
        return self.thousands if self.thousands is not None else ("." if self.decimal == "," else ",")


class ComponentSpec(Strict):
    """One amount column of a wide ticket row that becomes a row of `sales`."""

    component: str
    amount: Column
    category: str | None = None
    tax_code: str | None = None

    @field_validator("component")
    @classmethod
    def _is_known(cls, value: str) -> str:
        words = frame_words("sales", "component")
        if value not in words:
            raise ValueError(f"{value!r} is no component; known are {', '.join(words)}")
        return value


class TenderSpec(Strict):
    """How a wide ticket row was paid: a fixed tender, or one named in a column."""

    amount: Column
    less: Column | None = Field(default=None, description="Change given back: taken off the amount.")
    tender: Column
    brand: Column | None = None
    payment_id: Column | None = None


class Profile(Strict):
    """One layout of a downloaded file and how it becomes canonical rows."""

    frame: FrameName
    source: str | None = Field(default=None, description="The system it comes from; begins the ids of ledger lines.")
    file: FileStyle = FileStyle()
    dates: DateStyle = DateStyle()
    numbers: NumberStyle = NumberStyle()
    columns: dict[str, Column]
    components: tuple[ComponentSpec, ...] = ()
    tenders: tuple[TenderSpec, ...] = ()
    total: Column | None = Field(default=None, description="What components and tenders of a ticket sum to.")

    @model_validator(mode="after")
    def _fits_its_frame(self) -> Profile:
        known = frame_columns(self.frame)
        problems = [f"columns.{name}: {self.frame} has no such column" for name in self.columns if name not in known]
        problems += [f"columns.{name} is required" for name in required_columns(self.frame) if name not in self.columns]
        wide = self.components or self.tenders or self.total
        if self.frame == "tickets" and not {"business_date", "completed_at"} & {*self.columns}:
            problems.append("columns.business_date or columns.completed_at is required")
        if self.frame == "payments" and not {"created_at", "batch_date"} & {*self.columns}:
            problems.append("columns.created_at or columns.batch_date is required")
        if self.frame == "tickets" and not self.components:
            problems.append("a tickets profile needs [[components]]")
        if self.frame == "tickets" and not self.tenders:
            problems.append("a tickets profile needs [[tenders]]")
        if self.frame != "tickets" and wide:
            problems.append("[[components]], [[tenders]] and [total] belong to tickets profiles")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def specs(self) -> Iterator[tuple[str, Column]]:
        """Every column that is read, with the place in the profile where it is named."""
        yield from ((f"columns.{name}", column) for name, column in self.columns.items())
        yield from ((f"components.{n}.amount", one.amount) for n, one in enumerate(self.components, 1))
        for n, tender in enumerate(self.tenders, 1):
            parts = ("amount", "less", "tender", "brand", "payment_id")
            found = ((part, getattr(tender, part)) for part in parts)
            yield from ((f"tenders.{n}.{part}", column) for part, column in found if column is not None)
        if self.total:
            yield "total", self.total


def frame_columns(frame: str) -> tuple[str, ...]:
    """The canonical columns that a profile of that frame may name."""
    return TICKET_COLUMNS if frame == "tickets" else tuple(CANONICAL_FRAMES[frame].columns())


def frame_words(frame: str, column: str) -> tuple[str, ...]:
    """The only words that a canonical column may hold; empty if it may hold any."""
    return words_of(CANONICAL_FRAMES[frame].columns()[column])


def required_columns(frame: str) -> tuple[str, ...]:
    """The canonical columns without which no row of that frame can be made."""
    if frame == "tickets":
        return ("ticket_id", "location")
    free = {*USUAL.get(frame, {}), *_UNNEEDED.get(frame, ())}
    columns = CANONICAL_FRAMES[frame].columns()
    return tuple(name for name, column in columns.items() if not column.nullable and name not in free)


def parse_profile(text: str, name: str) -> Profile:
    """The profile written in a TOML text.

    Raises: ConfigError naming the file and every wrong field.
    """
    try:
        return Profile.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as cause:
        raise ConfigError("the profile is no TOML", (f"{name}: {unreadable(cause)}",)) from cause
    except ValidationError as cause:
        problems = tuple(f"{name}: {problem}" for problem in field_problems(cause))
        raise ConfigError("the profile cannot be used", problems) from cause


def canonical_profile(frame: str) -> Profile:
    """The profile of a canonical file: headings are the column names, dates ISO, times UTC."""
    columns = {
        name: Column(heading=(name,), optional=column.nullable or name in USUAL.get(frame, {}))
        for name, column in CANONICAL_FRAMES[frame].columns().items()
    }
    return Profile.model_construct(
        frame=frame, source=None, file=FileStyle(), dates=DateStyle(order="ymd", zone="UTC"), numbers=NumberStyle(),
        columns=columns, components=(), tenders=(), total=None,
    )  # fmt: skip
