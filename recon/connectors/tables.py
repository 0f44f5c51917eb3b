"""A downloaded file opened as a table of text: encoding, sheet, heading row and footer rows settled."""

from __future__ import annotations

import codecs
import csv
import hashlib
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import fastexcel
import polars as pl

from recon.connectors.profiles import FileStyle, RowRule
from recon.errors import DataError

ROW = "__row"  # as a spreadsheet counts
EXTRA = "__extra"  # what stands to the right of the last heading
_CHUNK = 1 << 22
_LOOK = 200  # rows among which the headings are looked for
EXCEL = (".xlsx", ".xlsm", ".xlsb", ".xls")


@dataclass(frozen=True)
class Table:
    """The rows of one file as text, still unread, with the headings as they stand in it."""

    path: Path
    headings: tuple[str, ...]
    rows: pl.LazyFrame  # ROW, EXTRA and one text column for each heading, named by its position
    sha256: str

    def find(self, alternatives: Sequence[str]) -> str | None:
        """The column of `rows` under the first of these headings that the file has."""
        places = {normal_heading(heading): n for n, heading in reversed(list(enumerate(self.headings)))}
        return next((str(places[key]) for key in map(normal_heading, alternatives) if key in places), None)


def normal_heading(heading: str) -> str:
    """A heading as it is compared: case and white space do not count."""
    return " ".join(heading.replace("\ufeff", "").replace("\u00a0", " ").casefold().split())


def open_table(path: Path, style: FileStyle, wanted: Sequence[tuple[str, ...]], staging: Path) -> Table:
    """The file as text rows below the heading row that has most of the wanted headings.

    Raises: DataError if the file is missing, empty, or not in the encoding that the profile states.
    """
    if not path.is_file():
        raise DataError(f"{path.name}: there is no such file", folder=str(path.parent))
    if path.stat().st_size == 0:
        raise DataError(f"{path.name}: the file is empty: download it again")
    if path.suffix.lower() in EXCEL:
        return _open_sheet(path, style, wanted)
    source, sha256 = _as_utf8(path, style.encoding, staging)
    head = list(_first_rows(source, style))
    at = _heading_row(path, [cells for _, cells in head], style, wanted)
    headings = _trimmed(head[at][1])
    rows = pl.scan_csv(
        source,
        separator=style.delimiter,
        quote_char=style.quote or None,
        has_header=False,
        skip_lines=head[at][0],
        infer_schema=False,
        schema={**{str(n): pl.String() for n in range(len(headings))}, EXTRA: pl.String()},
        extra_columns="ignore",
        missing_columns="insert",
        row_index_name=ROW,
        row_index_offset=at + 2,
        glob=False,
    )
    return Table(path, headings, _data_rows(path, rows, headings, style.skip), sha256)


def _as_utf8(path: Path, encoding: str, staging: Path) -> tuple[Path, str]:
    """A file that Polars can scan (the same one, or a copy in UTF-8) and the digest of the original."""
    plain = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
    digest, line = hashlib.sha256(), 1
    decoder = codecs.getincrementaldecoder("utf-8" if plain else encoding)()
    copy = staging / f"{hashlib.sha256(str(path).encode()).hexdigest()[:8]}-{path.name}"
    with path.open("rb") as stream, io.BytesIO() if plain else copy.open("wb") as out:
        done, chunk = 0, b"-"
        while chunk:
            chunk = stream.read(_CHUNK)
            digest.update(chunk)
            try:
                if not (plain and chunk.isascii() and decoder.getstate()[0] == b""):
                    text = decoder.decode(chunk, final=not chunk)
                    if not plain:
                        out.write(text.encode())
            except UnicodeDecodeError as cause:
                raise _undecodable(path, encoding, cause, done, line) from cause
            done += len(chunk)
            line += chunk.count(b"\n")
    return (path if plain else copy), digest.hexdigest()


def _undecodable(path: Path, encoding: str, cause: UnicodeDecodeError, done: int, line: int) -> DataError:
    """The fault that says which byte of which row is not in the stated encoding, and what to do."""
    other = "cp1252" if encoding.lower().startswith("utf") else "utf-8"
    row = line + cause.object[: cause.start].count(b"\n")
    return DataError(
        f"{path.name}: row {row} holds byte 0x{cause.object[cause.start]:02X}, which is not {encoding}: if the file "
        f'comes from Windows or an older system, say encoding = "{other}" under [file] in its profile',
        byte=done + cause.start,
        row=row,
    )


def _first_rows(source: Path, style: FileStyle) -> Iterator[tuple[int, list[str]]]:
    """The first records with the number of lines that end with each."""
    with source.open(encoding="utf-8-sig", newline="") as stream:
        if style.quote:
            reader = csv.reader(stream, delimiter=style.delimiter, quotechar=style.quote)
        else:
            reader = csv.reader(stream, delimiter=style.delimiter, quoting=csv.QUOTE_NONE)
        try:
            for n, cells in enumerate(reader):
                yield reader.line_num, cells
                if n >= max(_LOOK, style.heading_row or 0):
                    return
        except csv.Error as cause:
            raise DataError(f"{source.name}: line {reader.line_num} cannot be read as CSV: {cause}") from cause


def _heading_row(path: Path, rows: list[list[str]], style: FileStyle, wanted: Sequence[tuple[str, ...]]) -> int:
    """The index of the heading row: the stated one, or the first with most of the wanted headings."""
    if style.heading_row is not None:
        if style.heading_row > len(rows):
            raise DataError(f"{path.name}: the file ends before heading_row = {style.heading_row}")
        return style.heading_row - 1
    scores = []
    for cells in rows:
        present = {normal_heading(cell) for cell in cells}
        scores.append(sum(any(normal_heading(one) in present for one in names) for names in wanted))
    best = max(scores, default=0)
    filled = (n for n, cells in enumerate(rows) if any(cell.strip() for cell in cells))
    found = scores.index(best) if best else next(filled, None)
    if found is None:
        raise DataError(f"{path.name}: the file has no rows: download it again")
    return found


def _trimmed(cells: Sequence[str]) -> tuple[str, ...]:
    """Headings without the blank ones that a trailing delimiter leaves."""
    kept = [" ".join(cell.replace("\ufeff", "").split()) for cell in cells]
    while kept and not kept[-1]:
        kept.pop()
    return tuple(kept)


def _open_sheet(path: Path, style: FileStyle, wanted: Sequence[tuple[str, ...]]) -> Table:
    """The sheet of a workbook as text rows; dates arrive as ISO text, numbers without noise digits."""
    try:
        book = fastexcel.read_excel(path)
        sheet = style.sheet if style.sheet is not None else 0
        if style.sheet is not None and style.sheet not in book.sheet_names:
            raise DataError(f"{path.name}: no sheet {style.sheet!r}", sheets=", ".join(book.sheet_names))
        cells = book.load_sheet(sheet, header_row=None, skip_rows=0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as cause:
        message = f"{path.name}: not a readable workbook: save it again as .xlsx, or as CSV"
        raise DataError(message, detail=str(cause)) from cause
    head = [["" if cell is None else str(cell) for cell in row] for row in cells.head(_LOOK).iter_rows()]
    at = _heading_row(path, head, style, wanted)
    headings = _trimmed(head[at])
    rows = cells.select(pl.nth(range(len(headings)))).slice(at + 1)
    rows.columns = [str(n) for n in range(len(headings))]
    rows = rows.with_columns(_without_noise(pl.all())).with_row_index(ROW, at + 2)
    lazy = rows.with_columns(pl.lit(None, pl.String).alias(EXTRA)).lazy()
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Table(path, headings, _data_rows(path, lazy, headings, style.skip), sha256)


def _without_noise(cell: pl.Expr) -> pl.Expr:
    """A number that a spreadsheet computed (0.30000000000000004) to ten decimals; other text as it is."""
    noisy = cell.str.contains(r"^-?\d+\.\d{11,}$")
    rounded = cell.cast(pl.Float64, strict=False).round(10).cast(pl.String)
    return pl.when(noisy).then(rounded).otherwise(cell)


def _data_rows(path: Path, rows: pl.LazyFrame, headings: Sequence[str], skip: Sequence[RowRule]) -> pl.LazyFrame:
    """The rows that hold data: not wholly blank, and not one of the profile's total or footer rows."""
    cells = [pl.col(str(n)) for n in range(len(headings))]
    kept = rows.filter(pl.any_horizontal([cell.str.strip_chars().fill_null("") != "" for cell in cells]))
    table = Table(path, tuple(headings), kept, "")
    for rule in skip:
        column = table.find(rule.column)
        if column is None:
            continue
        text = pl.col(column).str.strip_chars().fill_null("")
        hit = (text == "") if rule.blank else pl.lit(False)
        if rule.matches is not None:
            hit = hit | text.str.contains(f"(?i){rule.matches}")
        kept = kept.filter(~hit)
    return kept


def open_parquet(path: Path) -> Table:
    """A canonical Parquet file as text rows, so that it passes the same checks as a downloaded one.

    Raises: DataError if it is no Parquet file.
    """
    try:
        rows = pl.scan_parquet(path, glob=False)
        schema = rows.collect_schema()
    except (pl.exceptions.PolarsError, OSError) as cause:
        raise DataError(f"{path.name}: not a readable Parquet file: write it again", detail=str(cause)) from cause
    texts = [_as_text(name, dtype).alias(str(n)) for n, (name, dtype) in enumerate(schema.items())]
    numbered = rows.select(*texts, pl.lit(None, pl.String).alias(EXTRA)).with_row_index(ROW, 1)
    with path.open("rb") as stream:
        sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
    return Table(path, tuple(schema), numbered, sha256)


def _as_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if isinstance(dtype, pl.Datetime):
        instant = column.dt.convert_time_zone("UTC") if dtype.time_zone else column
        return instant.dt.strftime("%Y-%m-%dT%H:%M:%S%.6f")
    return column.cast(pl.String)
