"""What a downloaded file looks like before anybody said so: encoding, delimiter, headings, footers, number style."""

from __future__ import annotations

import codecs
import csv
import re
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.connectors.cells import moment_formats, read_amounts, read_moments
from recon.connectors.profiles import FileStyle, NumberStyle, RowRule
from recon.connectors.tables import EXCEL, open_table
from recon.connectors.vocabulary import NAMES, plain_heading
from recon.errors import DataError

_SAMPLE_BYTES = 1 << 20
_SAMPLE_ROWS = 20_000
_SPREAD = 400
_FOOTER = re.compile(
    r"^\W*(?:(?:grand|sub|report|overall|batch|page|store)[\s-]*)?totals?\b"
    r"|^\W*(?:end of|report end|sum(?:me)?\b|generated|printed|exported|run (?:on|date)|page \d|\d+ (?:rows|records))",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Sight:
    """A file as it was seen: its style, headings, data rows as text, and what could not be decided."""

    style: FileStyle
    headings: tuple[str, ...]
    rows: pl.DataFrame  # one text column per heading, named by its position

    def column(self, n: int) -> pl.Series:
        """The filled cells of one column."""
        cells = self.rows[str(n)].str.strip_chars()
        return cells.filter(cells.is_not_null() & (cells != ""))


def look_at(path: Path, frame: str) -> Sight:
    """The file's style and a sample of its rows. Raises: DataError if it is missing or empty."""
    if not path.is_file():
        raise DataError(f"{path.name}: there is no such file", folder=str(path.parent))
    if path.stat().st_size == 0:
        raise DataError(f"{path.name}: the file is empty: download it again")
    is_sheet = path.suffix.lower() in EXCEL
    encoding = "utf-8" if is_sheet else _encoding(path)
    style = FileStyle(encoding=encoding)
    if not is_sheet:
        style = style.model_copy(update={"delimiter": _delimiter(path, encoding)})
        head = _head(path, style)
    else:
        head = _sheet_head(path)
    at = _heading_at(head, frame)
    style = style.model_copy(update={"heading_row": at + 1})
    headings, rows = _sample(path, style)
    skip = _footers(headings, rows)
    if skip:
        style = style.model_copy(update={"skip": skip})
        headings, rows = _sample(path, style)
    style = style.model_copy(update={"heading_row": None if at == 0 else at + 1})
    return Sight(style, headings, rows)


def _encoding(path: Path) -> str:
    """utf-8 if every byte is; else by its mark; else what Western Windows machines write."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    with path.open("rb") as stream:
        first = stream.read(_SAMPLE_BYTES)
        if first[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "utf-16"
        try:
            chunk = first
            while chunk:
                decoder.decode(chunk)
                chunk = stream.read(_SAMPLE_BYTES)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return "cp1252" if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", first) else "latin-1"
    return "utf-8"


def _text_lines(path: Path, encoding: str) -> list[str]:
    with path.open(encoding="utf-8-sig" if encoding == "utf-8" else encoding, errors="replace", newline="") as stream:
        return stream.read(_SAMPLE_BYTES).splitlines()[:400]


def _delimiter(path: Path, encoding: str) -> str:
    """The delimiter that splits most lines into the same number of fields."""
    lines = _text_lines(path, encoding)
    best, best_score = ",", 0.0
    for delimiter in (",", ";", "\t", "|"):
        widths = Counter(len(cells) for cells in csv.reader(lines, delimiter=delimiter) if cells)
        width, count = max(widths.items(), key=lambda item: (item[1], item[0]), default=(1, 0))
        score = count / max(1, sum(widths.values())) * min(width, 8) if width > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _head(path: Path, style: FileStyle) -> list[list[str]]:
    return [list(cells) for cells in csv.reader(_text_lines(path, style.encoding), delimiter=style.delimiter)]


def _sheet_head(path: Path) -> list[list[str]]:
    table = open_table(path, FileStyle(heading_row=1), (), path.parent)
    rows = table.rows.head(200).collect()
    body = [["" if cell is None else cell for cell in row[1:]] for row in rows.iter_rows()]
    gaps = rows.rows()
    lines: list[list[str]] = [list(table.headings)]
    for row, cells in zip(gaps, body, strict=True):
        lines += [[]] * (row[0] - 1 - len(lines))
        lines.append(cells)
    return lines


def _heading_at(head: Sequence[Sequence[str]], frame: str) -> int:
    """The row that reads most like headings: filled, distinct words, most of them known names."""
    width = Counter(sum(bool(cell.strip()) for cell in cells) for cells in head[:200]).most_common(1)[0][0]
    known = {plain_heading(name) for names in NAMES[frame].values() for name in names}
    best, best_score = 0, -1.0
    for n, cells in enumerate(head[:60]):
        filled = [cell.strip() for cell in cells if cell.strip()]
        if len(filled) < max(2, 0.6 * width):
            continue
        wordy = [cell for cell in filled if re.search(r"[A-Za-z]", cell) and not re.match(r"^[\d$(.,-]+", cell)]
        hits = sum(plain_heading(cell) in known for cell in filled)
        score = (len(set(wordy)) + 2 * hits) / len(filled) - 0.001 * n
        if score > best_score:
            best, best_score = n, score
    return best


def _sample(path: Path, style: FileStyle) -> tuple[tuple[str, ...], pl.DataFrame]:
    """The headings and the text rows under them: the first rows and, for a large file, no more."""
    with tempfile.TemporaryDirectory() as scratch:
        table = open_table(path, style, (), Path(scratch))
        names = [str(n) for n in range(len(table.headings))]
        return table.headings, table.rows.select(names).head(_SAMPLE_ROWS).collect()


def _footers(headings: Sequence[str], rows: pl.DataFrame) -> tuple[RowRule, ...]:
    """Rules for rows that sum up or end the report: their first filled cell says so."""
    rules = []
    for n, heading in enumerate(headings[:4]):
        cells = rows[str(n)].str.strip_chars().fill_null("")
        hits = [cell for cell in cells.unique(maintain_order=True) if _FOOTER.match(cell)]
        if 0 < len(hits) < max(2, 0.2 * rows.height) and heading:
            words = sorted({re.sub(r"\d+", r"\\d+", re.escape(hit)) for hit in hits})
            is_total = all(re.match(r"(?i)^\W*\w*\W*totals?\b", hit) for hit in hits)
            rules.append(
                RowRule(column=(heading,), matches=r"^\W*(\w+\W+)?totals?\b" if is_total else f"^({'|'.join(words)})")
            )
    return tuple(rules)


def number_style(columns: Sequence[pl.Series]) -> NumberStyle:
    """Decimal point or decimal comma, by what stands before the last digits."""
    comma = dot = 0
    for cells in columns:
        sample = cells.head(500)
        comma += int(sample.str.contains(r"^[^A-Za-z]*\d,\d{1,2}\D{0,3}$").sum())
        dot += int(sample.str.contains(r"^[^A-Za-z]*\d\.\d{1,2}\D{0,3}$").sum())
    return NumberStyle(decimal="," if comma > dot else ".")


def share(flags: pl.Series) -> float:
    """The share of true values; 0 if there are none at all."""
    return int(flags.sum() or 0) / len(flags) if len(flags) else 0.0


def date_share(cells: pl.Series, order: str) -> float:
    """The share of cells that read as dates in that order."""
    if cells.is_empty():
        return 0.0
    cells = cells.gather_every(max(1, len(cells) // _SPREAD))  # evenly spread: the first days of a month prove nothing
    likely = cells.str.contains(r"^\D{0,4}\d{1,4}[-/. ][\dA-Za-z]{1,9}[-/., ]+\d{1,4}|^\d{8}$|^[A-Z][a-z]{2,8} \d")
    if not likely.all():
        return share(likely) * 0.5
    return share(read_moments(cells, moment_formats(order)).is_not_null())


def date_order(columns: Sequence[pl.Series]) -> tuple[str, str]:
    """The order that reads most dates, and the reason for doubt where another reads as many."""
    ambiguous = [cells for cells in columns if not cells.head(50).str.contains(r"^\d{4}[-/.]?\d{2}[-/.]?\d{2}").all()]
    if not ambiguous:
        return "ymd", ""
    shares = {order: sum(date_share(cells, order) for cells in ambiguous) for order in ("mdy", "dmy", "ymd")}
    best = max(shares, key=lambda order: shares[order])
    if shares["mdy"] == shares["dmy"] == shares[best]:
        return "mdy", "no day is above 12, so day and month could be swapped"
    return best, ""


def amount_share(cells: pl.Series, style: NumberStyle) -> float:
    """The share of cells that read as amounts."""
    return share(read_amounts(cells, style).is_not_null())
