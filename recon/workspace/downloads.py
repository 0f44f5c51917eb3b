"""The downloads of a workspace: which files give a kind of record, and which are not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from recon.workspace.load import Workspace
from recon.workspace.supply import FRAMES_OF, KINDS, Kind, Supply


def canonical_files(home: Path, kind: Kind) -> list[Path]:
    """The canonical files of the kind that stand in the folder."""
    names = (home / f"{frame}{ending}" for frame in FRAMES_OF[kind] for ending in (".parquet", ".csv"))
    return [path for path in names if path.is_file()]


def downloads_of(company: Workspace, kind: Kind, home: Path) -> list[Path]:
    """The downloads in the folder that the policy's profiles read as this kind of record."""
    files = [files for files, _ in _read_as(company, kind)]
    return sorted({path for one in files for path in home.glob(one) if path.is_file()})


def absent_downloads(company: Workspace, supply: Supply) -> list[str]:
    """The files that a close needs beside what is pulled, as far as they are not there: a sentence each.

    None of a workspace that pulls nothing: there a close tells what is absent.
    """
    told = []
    for kind in KINDS if supply.is_pulled else ():
        home = company.sources
        if supply.of(kind).from_ != "files" or canonical_files(home, kind):
            continue
        told += [
            f"{kind} come from files, and no file {files!r} is in {home}: download it there"
            for files, required in _read_as(company, kind)
            if required and not any(path.is_file() for path in home.glob(files))
        ]
    return told


def _read_as(company: Workspace, kind: Kind) -> Iterator[tuple[str, bool]]:
    """The patterns of the files that the policy reads as this kind of record, and whether each must be there."""
    for one in company.policy.sources:
        if company.profiles[one.profile].frame in (kind, *FRAMES_OF[kind]):
            yield one.files, one.required
