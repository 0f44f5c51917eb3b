"""The decisions that a close reads: the workspace's own, and canonical files."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from recon.canonical import SourceFileFact
from recon.decisions.file import FILE
from recon.decisions.kept import open_decisions
from recon.decisions.rows import LISTS, SCHEMA, content_digest, framed, refuse, row_problems, rows_of
from recon.errors import ConfigError
from recon.frames import complete


@dataclass(frozen=True)
class DecisionsRead:
    """The decisions of a run's inputs and what gave them; None if nothing was decided."""

    frame: pl.DataFrame | None
    files: tuple[SourceFileFact, ...]


def read_decisions(workspace: Path, sources: Path) -> DecisionsRead:
    """DECISIONS of the workspace itself and of a canonical file (`decisions.parquet`, `.csv` or `.jsonl`).

    The workspace's own are named `decisions.jsonl` with the digest of their lines, whether they stand in the file or
    in the state database: a run is the same before and after they moved. In a CSV file the ids of a list are
    separated by `|`. Raises: ConfigError for what cannot be understood, and for a decision that stands in two files.
    """
    own = workspace / FILE
    # Read once: a decision that is made meanwhile belongs to the next run, in the digest and in the rows.
    rows = open_decisions(workspace).rows()
    frames, facts = [], []
    if rows:
        frames.append(framed(rows))
        facts.append(SourceFileFact(FILE, "decisions", len(rows), content_digest(rows)))
    paths = [sources / f"decisions.{ending}" for ending in ("csv", "jsonl", "parquet")]
    for path in dict.fromkeys(path.resolve() for path in paths if path.is_file()):
        if path == own.resolve():
            continue
        data = path.read_bytes()
        frame = framed(rows_of(data, path)) if path.suffix == ".jsonl" else _from_table(data, path)
        frames.append(frame)
        facts.append(SourceFileFact(path.name, "decisions", frame.height, hashlib.sha256(data).hexdigest()))
    if not frames:
        return DecisionsRead(None, ())
    every = pl.concat(frames)
    twice = every.filter(pl.col("decision_id").is_duplicated())["decision_id"].unique().sort().to_list()
    if twice:
        names = ", ".join(fact.name for fact in facts)
        raise ConfigError("decisions stand in two files: leave each in one", files=names, decisions=", ".join(twice))
    return DecisionsRead(every, tuple(facts))


def _from_table(data: bytes, path: Path) -> pl.DataFrame:
    """DECISIONS of a Parquet or CSV file, checked like the lines of the workspace's own."""
    try:
        if path.suffix == ".csv":
            table = pl.read_csv(data, infer_schema=False)
            lists = [name for name in LISTS if name in table.columns]
            table = table.with_columns(
                pl.when(pl.col(name).str.strip_chars() != "").then(pl.col(name).str.split("|")) for name in lists
            )
        else:
            table = complete(pl.read_parquet(io.BytesIO(data)).lazy(), SCHEMA).collect()
    except pl.exceptions.PolarsError as cause:
        reason = str(cause).splitlines()[0]
        raise ConfigError(f"{path.name} gives no decisions: write it again", file=path, reason=reason) from cause
    first = 2 if path.suffix == ".csv" else 1
    rows = table.to_dicts()
    if "decided_at" in table.columns and path.suffix == ".parquet":
        rows.sort(key=lambda row: (row["decided_at"] is None, row["decided_at"], row["decision_id"] or ""))
    problems: list[str] = []
    before: dict[str, dict[str, Any]] = {}
    for n, row in enumerate(rows, first):
        found = row_problems(row, f"{path.name}, row {n}", before)
        problems += found
        if not found:
            before[row["decision_id"]] = row
    refuse(problems, path)
    return framed(before.values())
