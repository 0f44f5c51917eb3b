"""The folder that a close of one period reads: canonical files that were pulled beside files that were taken over."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl

from recon.connectors.beside import MANIFEST
from recon.digests import digest_file
from recon.errors import ConfigError, DataError
from recon.frames import CANONICAL_FRAMES
from recon.period import Period
from recon.store.durable import (
    UNFINISHED,
    read_json,
    remove_folder,
    remove_unfinished,
    sync_folder,
    write_json,
    write_whole,
)
from recon.workspace import Workspace
from recon.workspace.downloads import canonical_files, downloads_of
from recon.workspace.supply import FRAMES_OF, KINDS, Supply

_DECISIONS = ("decisions.csv", "decisions.jsonl", "decisions.parquet")


def period_folder(workspace: Path, period: str) -> Path:
    """Where `recon pull` puts what a close of the period reads."""
    return workspace / "sources" / period


def sources_of(company: Workspace, supply: Supply, period: str) -> Path:
    """The folder of sources of a period: what was pulled for it, or else the workspace's downloads.

    Raises: DataError where the pulled folder holds other downloads than stand in the workspace now, comes from
    elsewhere than `sources.toml` says now, or holds a file that no pull put there: nobody should close the books over
    files that were corrected since.
    """
    folder = period_folder(company.root, period)
    manifest = read_json(folder / MANIFEST) if supply.is_pulled else None
    if manifest is None:
        return company.sources
    refuse_files_of_others(company, period)
    changed = sorted(_changed_since(manifest, _taken_over(company, supply), _origins(supply)))
    if changed:
        raise DataError(
            f"{folder} is no longer what the workspace says: {'; '.join(changed)}; "
            f"run: recon pull {period} --workspace {company.root}"
        )
    return folder


def refuse_files_of_others(company: Workspace, period: str) -> None:
    """Raise DataError where the period's folder holds a file that no pull put there: the next one would remove it."""
    folder = period_folder(company.root, period)
    manifest = read_json(folder / MANIFEST) or {"files": {}}
    found = (path.relative_to(folder) for path in sorted(folder.rglob("*")) if path.is_file())
    mine = {MANIFEST, *manifest["files"]}
    others = [path.as_posix() for path in found if path.as_posix() not in mine and path.name[0] != "."]
    if others:
        raise DataError(
            f"{folder} is written by pulls, and no pull put {', '.join(others)} there: move what you downloaded to "
            f"{company.sources}, and run: recon pull {period} --workspace {company.root}"
        )


def _changed_since(manifest: Mapping[str, Any], files: Mapping[str, Path], origins: Mapping[str, str]) -> Iterator[str]:
    """What differs between a pulled folder and what a pull would take over now, a few words each."""
    taken: Mapping[str, str] = manifest["taken_over"]
    for name in {*taken, *files}:
        if name not in files:
            yield f"{name} was taken away since it was pulled"
        elif name not in taken:
            yield f"{files[name]} is new since it was pulled"
        elif digest_file(files[name]) != taken[name]:
            yield f"{files[name]} was changed since it was pulled"
    for kind, origin in origins.items():
        if manifest["sources"].get(kind) != origin:
            yield f"{kind} come from {origin} now, and were taken from {manifest['sources'].get(kind)}"


def write_folder(
    company: Workspace,
    supply: Supply,
    period: Period,
    frames: Mapping[str, pl.DataFrame],
    beside: Mapping[str, pl.DataFrame],
) -> tuple[str, ...]:
    """Write the period's folder in one step and say which files were taken over; equal content is equal bytes.

    `beside` has further files by name; one without rows is not written.

    Raises: DataError if a file or folder that was named is not there, or the period's folder has a file of others.
    """
    folder = period_folder(company.root, period.name)
    if Path(period.name).name != period.name or period.name.startswith("."):
        raise ConfigError("a period's name is also the name of a folder; this one cannot be", period=period.name)
    refuse_files_of_others(company, period.name)
    made = folder.with_name(f"{folder.name}{UNFINISHED}")
    remove_unfinished(folder.parent)
    made.mkdir(parents=True)
    for name, frame in sorted(frames.items()):
        write_whole(made / f"{name}.parquet", parquet_bytes(frame))
    for name, frame in beside.items():
        if not frame.is_empty():
            write_whole(made / name, parquet_bytes(frame))
    copied = _taken_over(company, supply)
    for name, path in copied.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, made / name)
    files = {path.relative_to(made).as_posix(): digest_file(path) for path in sorted(made.rglob("*")) if path.is_file()}
    taken = {name: files[name] for name in copied}
    facts = {"period": period.name, "files": files, "taken_over": taken, "sources": _origins(supply)}
    write_json(made / MANIFEST, facts)
    _publish(made, folder)
    return tuple(copied)


def parquet_bytes(frame: pl.DataFrame) -> bytes:
    """The frame as a Parquet file; equal frames are equal bytes."""
    buffer = io.BytesIO()
    frame.rechunk().write_parquet(buffer, compression="zstd", compression_level=3, row_group_size=1 << 20)
    return buffer.getvalue()


def _origins(supply: Supply) -> dict[str, str]:
    """For each kind of record where it comes from, in words."""
    every = {kind: supply.of(kind) for kind in KINDS}
    return {kind: f"{one.from_}: {one.service}" if one.service else one.from_ for kind, one in every.items()}


def _taken_over(company: Workspace, supply: Supply) -> dict[str, Path]:
    """What comes from files and folders: where each stands, by the name that it gets, in order of name.

    Raises: DataError if a file or folder that was named is not there.
    """
    found: dict[str, Path] = {}
    for kind in KINDS:
        one = supply.of(kind)
        if one.from_ == "api":
            continue
        home = company.root / one.folder if one.folder else company.sources
        if not one.folder and not home.is_dir():
            continue  # a workspace without downloads
        if not home.is_dir():
            raise DataError(f"sources.{kind} names the folder {home}, which is not there: mend sources.toml")
        files = (
            canonical_files(home, kind)
            if one.from_ == "folder"
            else [*canonical_files(home, kind), *downloads_of(company, kind, home)]
        )
        if one.from_ == "folder" and not files:
            names = " or ".join(f"{name}.parquet" for name in FRAMES_OF[kind])
            raise DataError(f"the folder {home} has no {names}: write it there, or mend sources.{kind}")
        found |= {path.relative_to(home).as_posix(): path for path in files}
    found |= {name: path for name in _DECISIONS if (path := company.sources / name).is_file()}
    return dict(sorted(found.items()))


def _publish(made: Path, folder: Path) -> None:
    """Put the folder in its place; one that stands there already with the same bytes stays."""
    if folder.is_dir() and _fingerprint(folder) == _fingerprint(made):
        remove_folder(made)
        return
    if folder.is_dir():
        folder.replace(folder.with_name(f"{folder.name}.replaced{UNFINISHED}"))
    made.replace(folder)
    sync_folder(folder.parent)
    remove_unfinished(folder.parent)


def _fingerprint(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()} {digest_file(path)}\n".encode())
    return digest.hexdigest()


def canonical(name: str, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame as its schema says it. Raises: DataError with the first row that does not fit."""
    schema = CANONICAL_FRAMES[name]
    try:
        return schema.validate(frame, cast=True)
    except Exception as cause:
        raise DataError(f"what was pulled makes no {name}: {str(cause).splitlines()[0]}", frame=name) from cause
