"""Bodies read whole: unpacked, never above a size, and never silently cut short."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Mapping

from recon.wire.errors import Broken, Misunderstood
from recon.wire.redaction import redacted

_GZIP = 31  # window bits of zlib for a gzip stream
_ENDS = {"json": (b'{["', b'}]"'), "xml": (b"<", b">")}
_NEVER_JSON = b"<"
_PAGE = (b"<!doctype html", b"<html", b"<head", b"<body", b"<meta", b"<center")
_MARKS = b" \t\r\n\xef\xbb\xbf"  # white space, and the mark that some servers put before UTF-8


async def whole_body(parts: AsyncIterator[bytes], headers: Mapping[str, str], *, most: int) -> bytes:
    """The body as its sender meant it, at most so many bytes after unpacking.

    Raises: Broken where the body is shorter or longer than its header says, or its packing is damaged or unknown;
    Misunderstood where it is larger than allowed.
    """
    packing = headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip", "x-gzip"):
        raise Broken(f"The answer is packed in a way that was not asked for: {redacted(packing)[:40]}")
    declared = _declared(headers)
    if declared is not None and declared > most:
        raise _too_large(most)
    kept: list[bytes] = []
    length = 0
    async for part in parts:
        kept.append(part)
        length += len(part)
        if length > most:
            raise _too_large(most)
    if declared is not None and length != declared:
        raise Broken("The answer was cut off on its way", bytes=length, bytes_declared=declared)
    received = b"".join(kept)
    return _unpacked(received, most) if "gzip" in packing and received else received


def is_page(body: bytes) -> bool:
    """True for a web page, which is for people and never an answer of an interface."""
    start = body[:512].lstrip(_MARKS).lower()
    if start.startswith(b"<?xml"):
        start = start.partition(b"?>")[2].lstrip(_MARKS)
    return start.startswith(_PAGE)


def is_whole(body: bytes, wants: str) -> bool:
    """True where both ends of the body are those of JSON or XML. The middle is for the reader to judge."""
    first, last = _ENDS[wants]
    stripped = body.strip(_MARKS + b"\0")
    if stripped[:2] in (b"\xfe\xff", b"\xff\xfe"):  # UTF-16: left to the reader
        return True
    if wants == "json" and not stripped.startswith(_NEVER_JSON) and stripped[:1] not in first:
        return stripped in (b"null", b"true", b"false") or stripped.lstrip(b"-").replace(b".", b"", 1).isdigit()
    return stripped[:1] in first and stripped[-1:] in last if stripped else False


def _declared(headers: Mapping[str, str]) -> int | None:
    length = headers.get("content-length", "").strip()
    return int(length) if length.isascii() and length.isdigit() and "transfer-encoding" not in headers else None


def _unpacked(packed: bytes, most: int) -> bytes:
    """Every member of a gzip stream, each complete."""
    found = bytearray()
    rest = packed
    while rest:
        member = zlib.decompressobj(_GZIP)
        try:
            found += member.decompress(rest, most + 1 - len(found))
        except zlib.error as cause:
            raise Broken("The answer's packing is damaged") from cause
        if len(found) > most:
            raise _too_large(most)
        if not member.eof:
            raise Broken("The answer was cut off on its way", bytes=len(packed))
        rest = member.unused_data.lstrip(b"\0")
    return bytes(found)


def _too_large(most: int) -> Misunderstood:
    return Misunderstood(
        "The answer is larger than one answer may be; ask for smaller pages or a shorter window", bytes_allowed=most
    )
