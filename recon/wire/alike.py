"""Records of XML that are all written alike, taken out as columns; all else is left to the parser.

A page of ledger lines is 70,000 elements, and any parser that hands them to Python one by one takes longer for them
than all the rest of a pull. But a program wrote them, so the markup of each record repeats that of the first. Here it
is compared, not parsed: where it differs by more than white space between elements and another way to write an empty
one, or a text holds what only a parser may judge, nothing is taken out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import polars as pl

STAND_IN = "recon-records"  # the empty element that stands where the records were, OF their elements' name
OF = "of"
_WORTH_IT = 50_000  # bytes; fewer are parsed as quickly
_NAME = r"[A-Za-z_][A-Za-z0-9_.-]*"
_EMPTY = re.compile(rf"<({_NAME})[ \t\n]*/>".encode())
_FIELD = re.compile(rf"<({_NAME})>[^<]*</\1>")
_ENCODED = re.compile(rb"""<\?xml[^>]*\sencoding\s*=\s*["'](?!utf-8["'])""", re.I)
# What XML forbids or reads as something else: control characters, carriage returns, two last points of the plane.
_STRANGE = bytes({*range(32)} - {*b"\t\n"})
_STRANGE_WORDS = (b"]]>", b"\xef\xbf\xbe", b"\xef\xbf\xbf")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_ENTITY = re.compile("|".join(_ENTITIES).encode())


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
    if end <= start or not _is_plain(written):
        return None
    records = _columns(written, name)
    if records is None:
        return None
    return Apart(body[:start] + f'<{STAND_IN} {OF}="{name}"/>'.encode() + body[end:], name, records)


def _is_plain(written: bytes) -> bool:
    """True where each letter stands for itself, but for the five entities that XML knows without a declaration."""
    if any(word in written for word in _STRANGE_WORDS) or len(written.translate(None, _STRANGE)) < len(written):
        return False
    return written.count(b"&") == len(_ENTITY.findall(written))


def _columns(written: bytes, name: str) -> pl.DataFrame | None:
    """The fields of the records; None where one is not written like the first."""
    try:
        text = _EMPTY.sub(rb"<\1></\1>", written).decode() if b"/>" in written else written.decode()
    except UnicodeDecodeError:
        return None
    fields = _FIELD.findall(text, 0, text.index(f"</{name}>"))
    if not fields or len({one.lower() for one in fields}) < len(fields):
        return None  # nothing to compare; one name twice, at least for those who do not mind the case
    # Between two "<" stands a tag and the text behind it; there are as many in each record.
    tags = [f"{name}>", *(tag for field in fields for tag in (f"{field}>", f"/{field}>")), f"/{name}>"]
    pieces = pl.Series([text]).str.split("<").explode().slice(1)
    if pieces.len() % len(tags):
        return None
    by_tag = pieces.to_frame().select(pl.first().gather_every(len(tags), at).alias(tag) for at, tag in enumerate(tags))
    if not by_tag.select(pl.all_horizontal(_is_kept_to(tag, tag[:-1] in fields) for tag in tags)).item():
        return None
    texts = by_tag.select(pl.col(f"{field}>").str.slice(len(field) + 1).alias(field) for field in fields)
    return texts.with_columns(pl.all().str.replace_many(_ENTITIES)) if "&" in text else texts


def _is_kept_to(tag: str, has_text: bool) -> pl.Expr:
    """True where the tag stands at its place in each record, with only white space or a field's text behind it."""
    return (pl.col(tag).str.starts_with(tag) if has_text else pl.col(tag).str.strip_chars_end(" \t\n") == tag).all()
