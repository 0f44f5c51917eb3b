"""The two frames that are matched: what columns they have, and the form in which passes see them."""

from __future__ import annotations

import polars as pl

from recon.errors import DataError
from recon.matching.repeated import repeated

OPTIONAL: dict[str, pl.DataType] = {
    "date": pl.Date(),
    "text": pl.String(),
    "reference": pl.String(),
    "currency": pl.String(),
}
KEY_PREFIX = "key_"
_OTHER_SIDE = "_right"  # how the columns of the right side end while both are compared
_LISTED = 5
_CENTS = 2  # decimal places that whole amounts have in words
_LARGEST = 2**54  # units: sums of a hundred and more must fit into 64 bits
_MOST_PLACES = 14  # decimal places: units of a cent, and a rate of them, must fit too
_PLACEHOLDERS = ("NA", "NONE", "NULL", "NIL", "TBD", "UNKNOWN", "0")  # words for no reference


ALL_KEYS = "key_*"
REFERENCE_MARK = "\x1f"  # the separator of units: no text of a line holds it


def with_all_keys(names: tuple[str, ...], lines: pl.DataFrame) -> tuple[str, ...]:
    """The columns with `key_*` spelled out as every key column of the lines."""
    keys = tuple(name for name in lines.columns if name.startswith(KEY_PREFIX))
    return tuple(dict.fromkeys(one for name in names for one in (keys if name == ALL_KEYS else (name,))))


def number_in(text: str) -> pl.Expr:
    """The last word of a text with four digits or more: a batch, check or invoice number; null without one."""
    return pl.col(text).str.extract(r"([\p{L}\d-]*\d{4}[\p{L}\d-]*)[^\d]*$").str.strip_prefix("-").str.to_uppercase()


def is_known(column: str) -> bool:
    """True for the columns of a side that matching looks at."""
    return column in ("id", "amount", *OPTIONAL) or column.startswith(KEY_PREFIX)


def spoken(lines: pl.DataFrame) -> pl.Series:
    """What each line says in words: its text, then its reference, since one side's text often names the other's.

    REFERENCE_MARK stands before the reference: its first number has no word before it that says of what it is.
    """
    said = pl.concat_str("text", pl.lit(REFERENCE_MARK) + pl.col("reference"), separator=" ", ignore_nulls=True)
    spoken = lines.select(text=said).to_series()
    empty = spoken == ""
    return spoken.set(empty, None) if empty.any() else spoken


def key_columns(left: pl.DataFrame, right: pl.DataFrame) -> tuple[str, ...]:
    """The key columns that both sides have, in order.

    Raises: DataError for a key whose name or type would not be compared as it stands.
    """
    for side, frame in (("left", left), ("right", right)):
        for name in frame.columns:
            if name.startswith(KEY_PREFIX):
                _check_key(side, name, frame.schema[name])
    return tuple(name for name in left.columns if name.startswith(KEY_PREFIX) and name in right.columns)


def _check_key(side: str, name: str, kind: pl.DataType) -> None:
    if name.endswith(_OTHER_SIDE):
        raise DataError(f"a key may not end in {_OTHER_SIDE}: rename the column on both sides", side=side, column=name)
    if kind.is_float():
        raise DataError(
            "a key is text or whole numbers, never a float: cast the column", side=side, column=name, type=kind
        )
    if kind.is_nested():
        raise DataError("a key is one value a line: split the column into several", side=side, column=name, type=kind)


def working_lines(frame: pl.DataFrame, side: str, *, scale: int) -> pl.DataFrame:
    """Lines as passes see them: row, id, units, date, text, reference, currency, key columns.

    One row per line of `frame`, in its order; `row` is its position and `units` its amount in whole units
    of the last decimal place (cents, where `scale` is 2). Columns that the frame lacks are null; columns
    that matching does not know are left behind.

    Raises: DataError naming side, column and rows for a missing column, a null or repeated id, a null or
    inexact amount, or a column of another type.
    """
    for name in ("id", "amount"):
        if name not in frame.columns:
            raise DataError("a side lacks a column that matching needs", side=side, column=name)
    _check_ids(frame, side)
    lines = frame.select(
        row=pl.int_range(pl.len(), dtype=pl.UInt32),
        id=pl.col("id"),
        units=_units(frame["amount"], side, scale),
        **{name: _optional(frame, side, name, kind) for name, kind in OPTIONAL.items()},
        **{name: pl.col(name) for name in frame.columns if name.startswith(KEY_PREFIX)},
    )
    return lines.with_columns(
        reference=normal_references(lines["reference"]), currency=_normal_currencies(lines["currency"])
    )


def _normal_currencies(currencies: pl.Series) -> pl.Series:
    """Currencies in capitals; a side has few of them, so that they are looked at once each."""
    few = currencies.unique().drop_nulls()
    normal = few.str.strip_chars().str.to_uppercase()
    return currencies if (few == normal).all() else currencies.replace(few, normal)


def normal_references(references: pl.Series) -> pl.Series:
    """References as matching compares them: as `bare_references`, null where a word stands for none."""
    text = bare_references(references)
    empty = text.is_in(["", *_PLACEHOLDERS])
    return text.set(empty, None) if empty.any() else text


def bare_references(references: pl.Series) -> pl.Series:
    """In upper case, letters and digits only, numbers without leading zeros."""
    text = references.str.to_uppercase().str.replace_all("-", "", literal=True)  # mostly there is nothing else
    other = text.str.contains(r"[^0-9A-Z]")
    if other.any():
        text = text.scatter(other.arg_true(), text.filter(other).str.replace_all(r"[^\p{L}\p{N}]", ""))
    padded = text.str.starts_with("0")
    if padded.any():
        text = text.scatter(padded.arg_true(), text.filter(padded).str.replace(r"^0+(\d+)$", "$1"))
    return text


def scale_of(*frames: pl.DataFrame) -> int:
    """Decimal places of the amounts; 0 where they are whole units (integer cents).

    A side without rows may have amounts of no type. Beside it whole units are told as the cents that they are.

    Raises: DataError where an amount is neither Decimal nor integer, where one side has Decimals and the other
    integers (nobody can say whether those are dollars or cents), or where there are more than 14 decimal places.
    """
    empty = [not frame.height and frame.schema.get("amount") == pl.Null for frame in frames]
    kinds = [None if none else frame.schema.get("amount") for frame, none in zip(frames, empty, strict=True)]
    for kind in kinds:
        if kind is not None and not (kind.is_integer() or kind.is_decimal()):
            raise DataError(
                "amounts are Decimal or integer cents, never another type: cast the column", column="amount", type=kind
            )
    known = [kind for kind in kinds if kind is not None]
    if len({kind.is_decimal() for kind in known}) > 1:
        raise DataError("one side has Decimal amounts and the other integers: give both the same type", types=known)
    if any(empty) and any(kind.is_integer() for kind in known):
        return _CENTS
    scale = max((kind.scale for kind in known if isinstance(kind, pl.Decimal)), default=0)
    if scale > _MOST_PLACES:
        raise DataError("amounts have too many decimal places: round them", places=scale, most=_MOST_PLACES)
    return scale


def _units(amount: pl.Series, side: str, scale: int) -> pl.Series:
    if amount.null_count():
        rows = amount.is_null().arg_true().head(_LISTED).to_list()
        raise DataError("an amount is missing", side=side, rows=rows)
    whole = amount.to_physical() if isinstance(amount.dtype, pl.Decimal) else amount
    places = amount.dtype.scale if isinstance(amount.dtype, pl.Decimal) else scale
    largest = int(whole.cast(pl.Int128).abs().max() or 0) * 10 ** (scale - places)  # type: ignore[arg-type]
    if largest >= _LARGEST:
        raise DataError(
            "an amount is too large to be added safely: round the amounts to fewer decimal places, or leave it out",
            side=side,
            decimal_places=scale,
            largest=amount.abs().max(),
        )
    return whole.cast(pl.Int64) * pl.Series([10 ** (scale - places)], dtype=pl.Int64)


def _check_ids(frame: pl.DataFrame, side: str) -> None:
    ids = frame["id"]
    if ids.null_count():
        raise DataError("a line has no id", side=side, rows=ids.is_null().arg_true().head(_LISTED).to_list())
    # Digests are compared first: they are found unique in a fraction of the time.
    if repeated(ids.to_frame().hash_rows(seed=8)).len() and ids.n_unique() != ids.len():
        twice = ids.filter(ids.is_duplicated()).unique().sort().head(_LISTED).to_list()
        raise DataError("an id stands on two lines of one side: number the lines", side=side, ids=twice)


def _optional(frame: pl.DataFrame, side: str, name: str, kind: pl.DataType) -> pl.Expr:
    if name not in frame.columns:
        return pl.lit(None, kind)
    found = frame.schema[name]
    if found == pl.Null:
        return pl.col(name).cast(kind)
    fits = found in (pl.String, pl.Categorical, pl.Enum) if kind == pl.String else found == kind
    if not fits:
        raise DataError("a column has another type than matching needs", side=side, column=name, type=found, want=kind)
    if kind == pl.Date:
        return pl.col(name)
    text = pl.col(name).cast(pl.String)
    return pl.when(text != "").then(text) if (frame[name].cast(pl.String) == "").any() else text
