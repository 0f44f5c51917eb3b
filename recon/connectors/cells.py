"""Text cells read as amounts, dates, moments, flags and guarded text; null where they cannot be."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import polars as pl

from recon.connectors.profiles import NumberStyle

_PLAIN = r"^-?\d{1,16}\.\d{2}$"
_CURRENCY = r"\s*[$€£¥¤]\s*|\s*\b(?:USD|CAD|EUR|GBP|AUD|MXN)\b\s*"
_TIMES = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p", "%I:%M:%S%p", "%H:%M:%S%.f")
_DATES = {
    "mdy": ("%m/%d/%Y", "%m/%d/%y", "%m-%d-%Y", "%m.%d.%Y", "%m-%d-%y", "%b %d, %Y", "%B %d, %Y", "%b %d %Y"),
    "dmy": ("%d/%m/%Y", "%d/%m/%y", "%d.%m.%Y", "%d-%m-%Y", "%d.%m.%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%d-%b-%y"),
    "ymd": ("%Y-%m-%d", "%Y/%m/%d", "%Y%m%d", "%Y.%m.%d"),
}
_OFFSET = r"(:\d{2}(?:\.\d+)?)\s?(?:Z|[+-]\d{2}:?\d{2})$"  # only after a time of day
_YEARS = (1970, 2199)
_CARD = re.compile(r"(?<![\d.])\d(?:[ -]?\d){12,18}(?![\d.])")
_CARD_LIKE = r"\d(?:[ -]?\d){12}"
# The first digits and lengths that card brands issue; a merchant or ticket number seldom has both.
_ISSUED = re.compile(
    r"^(?:4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}|3[47]\d{13}"
    r"|6(?:011|4[4-9]\d|5\d\d)\d{12,15}|35(?:2[89]|[3-8]\d)\d{12}|3(?:0[0-5]|[68]\d)\d{11}|(?:50|5[6-9]|6)\d{11,17})$"
)
TRUE_WORDS = ("true", "t", "yes", "y", "1", "x", "on")
FALSE_WORDS = ("false", "f", "no", "n", "0", "off")


def decimal_type(scale: int) -> pl.Decimal:
    """The decimal type of the published frames that keeps so many digits after the point."""
    return pl.Decimal(20 if scale in (4, 10) else 18, scale)


def read_amounts(cells: pl.Series, style: NumberStyle, scale: int = 2) -> pl.Series:
    """Decimals of text cells as bookkeepers write them; null where a cell is no amount.

    Understands currency signs, grouped thousands, (12.00), 12.00-, 12.00 CR and a lone dash for zero.
    Refuses NaN, 1e3, wrongly grouped digits and more decimals than the column keeps.
    """
    text = cells.str.strip_chars()
    is_plain = style.decimal == "." and scale >= 2 and text.str.contains(_PLAIN).all()
    return (text if is_plain else _to_plain(text, style, scale)).cast(decimal_type(scale), strict=False)


def _to_plain(cells: pl.Series, style: NumberStyle, scale: int) -> pl.Series:
    """Amounts as [-]digits[.digits]; null where the whole cell is no amount."""
    point, thousands = re.escape(style.decimal), re.escape(style.separator)
    grouped = rf"\d{{1,3}}(?:{thousands}\d{{3}})+|" if style.separator else ""
    number = rf"(?:(?:{grouped}\d{{1,16}})(?:{point}\d{{0,{scale}}}0*)?|{point}\d{{1,{scale}}}0*)"
    valid = rf"^(?:\({number}\)|[-+]?{number}|{number}\s?[-+]|{number}\s?(?:CR|DR))$"
    text = pl.col("cell").str.to_uppercase().str.replace_all(r"[\x{2010}-\x{2015}\x{2212}]", "-")
    text = text.str.replace_all(_CURRENCY, "").str.replace_all(r"[\x{a0}\x{202f}]", " ")
    text = text.str.replace_all(r"([-+(])\s+", "$1").str.replace_all(r"\s+\)", ")").str.replace(r"^-$", "0")
    digits = pl.col("cell").str.replace_all(rf"[^\d{point}]", "").str.replace(style.decimal, ".", literal=True)
    signed = pl.when(pl.col("cell").str.contains(r"^[-(]|-$|CR$")).then(pl.lit("-") + digits).otherwise(digits)
    tidied = pl.DataFrame({"cell": cells}).with_columns(text)
    return tidied.select(pl.when(pl.col("cell").str.contains(valid)).then(signed).alias("cell")).to_series()


@lru_cache(maxsize=64)
def moment_formats(order: str, own: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The strptime formats to try, best first: the profile's own, or those of the date order and ISO."""
    if own:
        return own
    dates = (*_DATES[order], *(() if order == "ymd" else _DATES["ymd"]))
    timed = tuple(f"{date}{gap}{time}" for date in dates for gap in (" ", "T", "  ", ", ") for time in _TIMES)
    return (dates[0], f"{dates[0]} {_TIMES[0]}", *dates[1:], *timed)


def read_moments(cells: pl.Series, formats: Sequence[str], *, to_utc: bool = False) -> pl.Series:
    """Dates with their time of day (midnight where none is written); null where a cell is no date.

    An offset such as Z or -05:00 is applied for `to_utc`; else the wall clock is what counts.
    """
    text = cells.str.strip_chars().set(cells.str.strip_chars() == "", None)
    shift = _offsets(text) if text.str.contains(_OFFSET).any() else None
    if shift is not None:
        text = text.str.replace(_OFFSET, "${1}")
    found = pl.Series(cells.name, [None], pl.Datetime("us")).new_from_index(0, len(text))
    left = text
    for form in _likely_first(text, formats):
        if left.null_count() == len(left):
            break
        read = (
            left.str.to_datetime(form, strict=False, time_unit="us")
            if "%H" in form or "%I" in form
            else (left.str.to_date(form, strict=False).cast(pl.Datetime("us")))
        )
        read = read.set(~read.dt.year().is_between(*_YEARS), None)
        found = found.zip_with(found.is_not_null(), read)
        left = left.set(read.is_not_null(), None)
    return found - shift if shift is not None and to_utc else found


def _offsets(text: pl.Series) -> pl.Series:
    """How far each cell's written offset is ahead of UTC; zero where none is written."""
    parts = text.str.extract_groups(r"([+-])(\d{2}):?(\d{2})$").struct.unnest()
    minutes = parts["2"].cast(pl.Int64) * 60 + parts["3"].cast(pl.Int64)
    signed = minutes.zip_with((parts["1"] != "-").fill_null(True), -minutes).fill_null(0)
    timed = text.str.contains(_OFFSET).fill_null(False)
    return (signed * timed.cast(pl.Int64) * 60_000_000).cast(pl.Duration("us"))


def _likely_first(text: pl.Series, formats: Sequence[str]) -> Sequence[str]:
    """The formats with the one that reads the first cell at the head."""
    first = text.drop_nulls().head(1)
    for form in formats if len(first) else ():
        read = first.str.to_date(form, strict=False)
        if read.null_count() == 0 and _YEARS[0] <= read.dt.year()[0] <= _YEARS[1]:
            return (form, *(one for one in formats if one != form))
    return formats


def read_flags(cells: pl.Series) -> pl.Series:
    """True or false of the words people use for them; null for any other word."""
    words = cells.str.strip_chars().str.to_lowercase()
    return words.replace_strict(
        [*TRUE_WORDS, *FALSE_WORDS],
        [True] * len(TRUE_WORDS) + [False] * len(FALSE_WORDS),
        default=None,
        return_dtype=pl.Boolean,
    )


def has_card_number(cells: pl.Series) -> pl.Series:
    """True for each cell in which a whole card number stands."""
    likely = cells.str.contains(_CARD_LIKE).fill_null(False)
    if not likely.any():
        return likely
    found = [bool(text and mask_cards(text) != text) for text in cells.filter(likely)]
    return likely.scatter(likely.arg_true(), found)


def mask_all(cells: pl.Series) -> pl.Series:
    """The texts with every whole card number reduced to its last four digits."""
    found = has_card_number(cells)
    if not found.any():
        return cells
    return cells.scatter(found.arg_true(), [mask_cards(text) for text in cells.filter(found)])


def mask_cards(text: str) -> str:
    """The text with every whole card number reduced to its last four digits."""
    return _CARD.sub(lambda hit: _masked(hit[0]), text)


def _masked(candidate: str) -> str:
    digits = re.sub(r"\D", "", candidate)
    if _ISSUED.match(digits) and _is_luhn(digits):
        return "*" * (len(digits) - 4) + digits[-4:]
    return candidate


def _is_luhn(digits: str) -> bool:
    """True if the check digit of a card number fits."""
    doubled = (int(digit) * (1 + n % 2) for n, digit in enumerate(reversed(digits)))
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
