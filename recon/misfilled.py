"""Faults of settings files in words for somebody who fills them in: no parser's and no programmer's terms."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

_PLACE = re.compile(r"\(at (?:(line \d+, column \d+)|end of document)\)$")
# What a TOML parser missed, by how its message begins; the file's own text is never repeated.
_MISSED = (
    ("Invalid value", "what stands behind = is no value; put a text in quotation marks"),
    ("Expected '=' after a key", "a line reads name = value, and a section [name]"),
    ("Invalid statement", "a name belongs here; a line reads name = value, and a section [name]"),
    ("Invalid initial character", "a name belongs here; a line reads name = value, and a section [name]"),
    ("Unterminated string", "a quotation mark is missing"),
    ("Expected '\"", "a quotation mark is missing"),
    ("Illegal character", "a quotation mark is missing, or a letter stands here that no text may hold"),
    ("Expected newline", "something stands behind the value that does not belong to it; one line holds one value"),
    ("Unclosed", "a bracket is not closed"),
    ("Expected ']", "a bracket is not closed"),
    ("Cannot ", "this name or section stands in the file twice; leave it once"),
    ("Duplicate", "this name stands here twice; leave it once"),
    ("Unescaped '\\'", "a backslash in a text is written twice, or the text in single quotation marks"),
    ("Invalid hex value", "a backslash in a text is written twice, or the text in single quotation marks"),
)
_UNKNOWN = "this cannot be read; a line reads name = value, and a section [name]"
_MESSAGES: Mapping[str, str] = {
    "missing": "this field is missing",
    "extra_forbidden": "there is no such field",
    "literal_error": "must be {expected}",
    "enum": "must be {expected}",
    "string_type": "must be a text in quotation marks",
    "model_type": "must be a section with fields of its own",
    "model_attributes_type": "must be a section with fields of its own",
    "dict_type": "must be a section with fields of its own",
    "list_type": "must be a list in square brackets",
    "tuple_type": "must be a list in square brackets",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "decimal_type": "must be a number",
    "decimal_parsing": "must be a number",
    "date_type": "must be a date such as 2026-09-30",
    "date_parsing": "must be a date such as 2026-09-30",
    "date_from_datetime_parsing": "must be a date such as 2026-09-30",
}
_EXPECTED = "{expected}"
_KEY = "[key]"  # how pydantic marks that not the value but its name is wrong
# How it names the choices of a union that it tried: no places in the file.
_TRIED = re.compile(rf"str|Credential|[a-z]+-[a-z]+\[.*\]|{re.escape(_KEY)}")


def unreadable(cause: tomllib.TOMLDecodeError | UnicodeDecodeError) -> str:
    """Where a settings file cannot be read, and what is missing there, without the text itself."""
    if isinstance(cause, UnicodeDecodeError):
        return "the file is not in UTF-8; save it as UTF-8"
    said = str(cause)
    found = _PLACE.search(said)
    place = (found[1] if found else "") or "at its end"
    return f"{place}: {next((words for begin, words in _MISSED if said.startswith(begin)), _UNKNOWN)}"


def field_problems(cause: ValidationError, *, shows_values: bool = True) -> Iterator[str]:
    """One sentence for each wrong field, which begins with its place; a value is shown where that is wanted."""
    told = dict.fromkeys(_sentence(dict(error), shows_values=shows_values) for error in cause.errors(include_url=False))
    yield from told


def _sentence(error: Mapping[str, Any], *, shows_values: bool) -> str:
    steps = [str(one) for one in error["loc"]]
    place = ".".join(one for one in steps if not _TRIED.fullmatch(one))
    expected = str(error.get("ctx", {}).get("expected", "")).replace("'", "")
    if _KEY in steps:
        return f"{place}: there is no such name; it must be {expected}"
    usual = str(error["msg"]).removeprefix("Value error, ").replace("Input should be", "must be")
    message = _MESSAGES.get(str(error["type"]), usual).replace(_EXPECTED, expected)
    is_shown = shows_values and not isinstance(error["input"], dict | list) and error["type"] != "extra_forbidden"
    given = f", not {error['input']!r}" if is_shown else ""
    return f"{place or 'file'}: {message}{given}"
