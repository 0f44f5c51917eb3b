"""Records of XML that are all written alike, taken out as columns; all else is left to the parser.

A page of ledger lines is 70,000 elements, and any parser that hands them to Python one by one takes longer for them
than all the rest of a pull. But a program wrote them, so the markup of each record repeats that of the first. Here it
is compared, not parsed: where it differs by more than white space between elements and another way to write an empty
one, or a text holds what only a parser may judge, nothing is taken out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import polars as pl

STAND_IN = "recon-records"  # the empty element that stands where the records were, OF their elements' name
OF = "of"
_WORTH_IT = 50_000  # bytes; fewer are parsed as quickly
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_GAP = r"[ \t\n]*+"
_FIELD = re.compile(rf"<({_NAME})(?:>[^<]*</\1>|{_GAP}/>)")
_ENCODED = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["'](?!utf-8["'])""", re.I)
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_ENTITY = "|".join(_ENTITIES)
_FIRST_PLAIN = 32  # control characters stand below; of them only these two are what they look like
_KNOWN_CONTROLS = b"\t\n"
# The end of a section of characters, and the last two points of the plane, which are none in XML; each is looked for
# where its first byte is found at all, which takes a tenth of the time.
_STRANGE_WORDS = (b"]]>", b"\xef\xbf\xbe", b"\xef\xbf\xbf")


@dataclass(frozen=True)
class Apart:
    """A document whose records were taken out: what is left, with one stand-in for all, and their columns of text.

    One row per record, one column per field in the order of the document; "" where an element is empty.
    """

    rest: bytes
    name: str  # of the records' elements
    records: pl.DataFrame


def taken_apart(body: bytes, opening: re.Pattern[bytes]) -> Apart | None:
    """The document without its records, of which the first is where the pattern's group 1 names an element.

    None unless all of the element's name follow each other, and have the same fields in the same order, one at least,
    without attributes, elements below them, or comments between them; and where the document itself writes the
    stand-in's name. So whoever parses the rest and finds a stand-in knows that the records stood where it stands. Of
    the element's name some may be left if they are written otherwise, as `<name/>` is. O(bytes).
    """
    found = opening.search(body, 0, _WORTH_IT) if len(body) >= _WORTH_IT else None
    if found is None or _ENCODED.search(body, 0, found.start()) or STAND_IN.encode() in body:
        return None
    name, start = found[1].decode(), found.start(1) - 1
    end = body.rfind(f"</{name}>".encode()) + len(name) + 3
    written = body[start:end]
    records = _columns(written, name) if end > start and _is_plain(written) else None
    if records is None:
        return None
    return Apart(body[:start] + f'<{STAND_IN} {OF}="{name}"/>'.encode() + body[end:], name, records)


def _is_plain(written: bytes) -> bool:
    """True where each letter stands for itself, but for entities: none that XML forbids or reads as something else."""
    letters = np.frombuffer(written, np.uint8)
    if letters[letters < _FIRST_PLAIN].tobytes().strip(_KNOWN_CONTROLS):
        return False
    return not any(one[:1] in written and one in written for one in _STRANGE_WORDS)


def _columns(written: bytes, name: str) -> pl.DataFrame | None:
    """The fields of the records; None where one is not written like the first."""
    try:
        text = written.decode()
    except UnicodeDecodeError:
        return None
    fields = tuple(_FIELD.findall(text, 0, text.index(f"</{name}>")))
    if not fields or len({one.lower() for one in fields}) < len(fields):
        return None  # nothing to compare; one name twice, at least for those who do not mind the case
    found = _record(name, fields).findall(text)
    # Each record that was found ends where another begins, or all of them end; so none was passed over.
    if len(found) < text.count(f"<{name}>"):
        return None
    has_entities = "&" in text
    columns: list[pl.Series] = []
    for field, values in zip(fields, zip(*found, strict=True) if len(fields) > 1 else [found], strict=True):
        column = pl.Series(field, values, pl.String)
        if has_entities and "&" in "".join(values):
            if not _has_known_entities(column):
                return None
            column = column.str.replace_many(_ENTITIES)
        columns.append(column)
    return pl.DataFrame(columns)


@lru_cache(maxsize=64)
def _record(name: str, fields: tuple[str, ...]) -> re.Pattern[str]:
    """What each record must look like, a group for the text of each field; nothing is tried twice."""
    inner = "".join(f"<{one}(?:>([^<]*+)</{one}>|{_GAP}/>){_GAP}" for one in map(re.escape, fields))
    return re.compile(rf"<{re.escape(name)}>{_GAP}{inner}</{re.escape(name)}>{_GAP}(?=<{re.escape(name)}>|\Z)")


def _has_known_entities(texts: pl.Series) -> bool:
    """True where each entity is one that XML knows by itself."""
    return bool((texts.str.count_matches(_ENTITY) == texts.str.count_matches("&", literal=True)).all())
