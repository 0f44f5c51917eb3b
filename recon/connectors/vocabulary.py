"""The words by which downloads of many systems name the same column, for drafting profiles."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from importlib.resources import files

_WORDS = tomllib.loads(files("recon.connectors").joinpath("vocabulary.toml").read_text(encoding="utf-8"))
_SHORT: dict[str, str] = _WORDS["short"]
_FOREIGN: dict[str, str] = _WORDS["foreign"]

BRANDS: dict[str, str] = _WORDS["brands"]
# Canonical column, per frame: the names it goes by, best first.
NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    frame: {column: tuple(names) for column, names in columns.items()} for frame, columns in _WORDS["names"].items()
}
# Pattern, component and category of an amount column of a wide ticket.
COMPONENTS: tuple[tuple[str, str, str | None], ...] = tuple(
    (one["pattern"], one["component"], one.get("category")) for one in _WORDS["components"]
)
# Pattern, tender and brand of an amount column that says how a ticket was paid.
TENDER_COLUMNS: tuple[tuple[str, str, str | None], ...] = tuple(
    (one["pattern"], one["tender"], one.get("brand")) for one in _WORDS["tenders"]
)
# Amount columns that repeat what others say, or that are no money.
SUBTOTAL = re.compile(
    r"\b(sub ?total|net sale|gross sale|net total|before tax|taxable|items|quantity|count|covers|guests)\b"
)
MEANINGS: dict[str, list[tuple[str, str]]] = {
    column: [(pattern, meaning) for pattern, meaning in pairs] for column, pairs in _WORDS["meanings"].items()
}


def plain_heading(heading: str) -> str:
    """A heading as English words in lower case with the usual short forms written out."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", _folded(heading)).replace("_", " ").lower().replace("#", " # ")
    words = re.findall(r"#|a/c|[bc]/f|m/c|[^\W_]+", spaced)
    plain = (_FOREIGN.get(word, _SHORT.get(word, word)) for word in words)
    return " ".join(word for word in plain if word)


def _folded(text: str) -> str:
    """The text without accents."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def meaning_of(word: str, column: str) -> str | None:
    """What a word found in a column most likely means in canonical words; None if nothing is known."""
    plain = " ".join(_FOREIGN.get(one, one) for one in _folded(word).strip().lower().replace("_", " ").split())
    return next((meaning for pattern, meaning in MEANINGS[column] if re.search(pattern, plain)), None)
