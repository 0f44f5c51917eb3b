"""Lines in files as other countries and other programs write them."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from recon.errors import DataError
from recon.linefiles import read_lines, shipped
from recon.matching import match


def read(path: Path, text: str, **order: str) -> pl.DataFrame:
    """The lines of a file with this text."""
    path.write_text(text, encoding="utf-8")
    return read_lines(path, **order).lazy().collect()  # type: ignore[arg-type]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_the_one_that_splits_the_headings(tmp_path, delimiter):
    text = "\ufeffid,Amount,date,text\nb1,5.10,2026-09-03,a; b | c\nb2,(7),2026-09-04,\n".replace(",", delimiter)
    quoted = text.replace("a; b | c", '"a; b | c"')
    found = read(tmp_path / "x.csv", quoted)
    assert found.columns == ["id", "amount", "date", "text"]
    assert found["amount"].to_list() == [Decimal("5.10"), Decimal(-7)]
    assert found["text"].to_list() == ["a; b | c", None]


def test_a_semicolon_file_with_decimal_commas_matches_one_with_points(tmp_path):
    text = "Account 1010\nid;amount;date;reference\nb1;1.234,50;03.09.2026;K1\nb2;-5,00;04.09.2026;K2\n"
    left = read(tmp_path / "eu.csv", text, dates="dmy")
    right = read(tmp_path / "us.csv", 'id,amount,date,reference\ng1,"1,234.50",9/3/2026,K1\ng2,-5.00,9/4/2026,K2\n')
    assert left["amount"].to_list() == [Decimal("1234.50"), Decimal("-5.00")]
    assert match(left, right, shipped("bank")).matches["id"].to_list() == ["b1", "g1", "b2", "g2"]


def test_a_cell_that_is_neither_is_named_with_the_mend_in_the_style_of_the_file(tmp_path):
    with pytest.raises(DataError, match=r"eu.csv row 4: `amount` is '7.5': write it as 1234,50"):
        read(tmp_path / "eu.csv", "id;amount\nb1;1.234,50\nb2;5,00\nb3;7.5\n")
    with pytest.raises(DataError, match=r"us.csv row 4: `amount` is '7,5': write it as 1234.50"):
        read(tmp_path / "us.csv", "id;amount\nb1;1,234.50\nb2;5.00\nb3;7,5\n")


def test_a_text_full_of_semicolons_does_not_make_them_the_delimiter(tmp_path):
    found = read(tmp_path / "x.csv", "amount,text\n5,a;b;c;d\n6,e;f;g;h\n")
    assert found["text"].to_list() == ["a;b;c;d", "e;f;g;h"]
