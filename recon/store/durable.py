"""Files that stand whole or not at all, whenever the machine or the process dies."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from recon.errors import DataError

UNFINISHED = ".unfinished"  # ending of a file that was never put in its place


def write_whole(path: Path, data: bytes) -> None:
    """Put the bytes under the name in one step, after they have reached the disk.

    Raises: DataError if the disk refuses.
    """
    unfinished = path.with_name(f"{path.name}{UNFINISHED}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with unfinished.open("wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
        unfinished.replace(path)
        sync_folder(path.parent)
    except OSError as cause:
        raise DataError(f"{path} cannot be written: {cause.strerror}; make room or allow it") from cause


def write_json(path: Path, value: Mapping[str, Any]) -> None:
    """Put the value under the name as JSON; equal values are equal bytes."""
    write_whole(path, (json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any] | None:
    """What `write_json` wrote; None if nothing stands there.

    Raises: DataError if somebody changed it so that it cannot be read.
    """
    try:
        value = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as cause:
        raise DataError(f"{path} is not what recon wrote: restore it from a backup, or remove it") from cause
    if not isinstance(value, dict):
        raise DataError(f"{path} is not what recon wrote: restore it from a backup, or remove it")
    return value


def remove_folder(folder: Path) -> None:
    """Take the folder away in one step, so that no half of it is ever mistaken for the whole."""
    if not folder.exists():
        return
    leaving = folder.with_name(f"{folder.name}{UNFINISHED}")
    shutil.rmtree(leaving, ignore_errors=True)
    folder.replace(leaving)
    sync_folder(folder.parent)
    shutil.rmtree(leaving, ignore_errors=True)


def remove_unfinished(folder: Path) -> None:
    """Sweep out what a killed process left half-written directly in the folder."""
    for path in folder.glob(f"*{UNFINISHED}") if folder.is_dir() else ():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """See the folder's names to the disk, where the system can do that."""
    if os.name == "nt":  # Windows cannot open folders
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
