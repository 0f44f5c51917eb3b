"""The months that tests run on: packed rehearsal months, unpacked where a test wants them."""

from __future__ import annotations

import io
import lzma
import tarfile
from pathlib import Path

PACKED = Path(__file__).parent / "data"
REHEARSALS = tuple(sorted(path.name.removesuffix(".tar.xz") for path in PACKED.glob("*.tar.xz")))


def unpack(name: str, folder: Path, *, packed: Path = PACKED) -> Path:
    """The folder that holds the files of one packed month, made inside another folder."""
    target = folder / name
    with tarfile.open(packed / f"{name}.tar.xz", "r:xz") as archive:
        archive.extractall(target, filter="data")
    return target


def pack(month: Path, packed: Path) -> None:
    """One archive of a month's files; equal files make equal bytes, whoever packs them and when."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path in sorted(month.rglob("*.csv")):
            member = tarfile.TarInfo(path.relative_to(month).as_posix())
            member.size = path.stat().st_size
            with path.open("rb") as source:
                archive.addfile(member, source)
    packed.write_bytes(lzma.compress(stream.getvalue(), preset=9 | lzma.PRESET_EXTREME))
