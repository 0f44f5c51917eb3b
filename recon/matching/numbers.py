"""Document numbers wherever they stand: in the reference, or in the words of the text."""

from __future__ import annotations

import polars as pl

from recon.matching.lines import bare_references

_SHORTEST = 4


def numbers_of(frame: pl.DataFrame) -> pl.DataFrame:
    """The lines with `number`: their reference, and the number in it that has letters before (INV15910, 15910).

    One row per line and number; lines without a reference that holds a digit have none.
    """
    names = [pl.col("reference"), pl.col("reference").str.extract(r"^\p{L}+0*([1-9]\d{3,})$")]
    found = frame.with_columns(number=pl.concat_list(names)).explode("number")
    return _long(found.filter(pl.col("number").str.contains(r"\d")))


def numbers_in_text(frame: pl.DataFrame) -> pl.DataFrame:
    """The lines with `number`: the words of their text that hold digits, and its numbers of four digits or more.

    One row per line and number, written as references are: CHECK # 00007178 names 7178.
    """
    words = pl.col("text").str.to_uppercase().str.extract_all(r"\S*\d\S*")
    numbers = pl.col("text").str.extract_all(r"\d{4,}")
    found = frame.with_columns(number=pl.concat_list(words, numbers)).explode("number")
    return _long(found.with_columns(bare_references(found["number"])))


def _long(found: pl.DataFrame) -> pl.DataFrame:
    return found.filter(pl.col("number").str.len_chars() >= _SHORTEST)
