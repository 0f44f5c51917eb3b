"""Whether a file lies on a disk of this machine: elsewhere SQLite's locks cannot be trusted."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path

# Kinds that are known as disks, or memory, of one machine. What is not listed may be anybody's, with locks that only
# look like locks: network and cluster file systems, FUSE, folders that a host shares with a virtual machine.
_LOCAL = frozenset(
    """apfs aufs bcachefs btrfs exfat ext2 ext3 ext4 f2fs fuseblk hfs hfsplus jfs msdos nilfs2 ntfs ntfs3 overlay ramfs
    reiserfs rootfs tmpfs ubifs ufs vfat xfs zfs""".split()  # noqa: SIM905
)
_ON_MAC = re.compile(r"^.+ on (?P<folder>/.*) \((?P<kind>\w+)[,)]")
_OCTAL = re.compile(r"\\([0-7]{3})")
_NETWORK_DRIVE = 4  # DRIVE_REMOTE of GetDriveTypeW


def remote_kind(path: Path) -> str | None:
    """The kind of file system that holds the file, or will, such as nfs4; None for a disk of this machine.

    Links are followed: the file itself may be one that leads elsewhere.
    """
    path = path.resolve()
    if sys.platform == "win32":
        return _windows_kind(path)
    return remote_of(path, _mount_table())


def remote_of(path: Path, table: str) -> str | None:
    """The kind of file system that holds the path, by a table of mounts as Linux or macOS writes it; None if local."""
    mounts = [found for line in table.splitlines() if (found := _mount(line)) is not None]
    # Of two mounts on one place the later one hides the earlier.
    holding = [(len(place.parts), at, kind) for at, (place, kind) in enumerate(mounts) if path.is_relative_to(place)]
    kind = max(holding)[2] if holding else "unknown"
    return None if kind in _LOCAL else kind


def _mount(line: str) -> tuple[Path, str] | None:
    on_mac = _ON_MAC.match(line)
    if on_mac is not None:
        return Path(on_mac["folder"]), on_mac["kind"]
    words = line.split(" ")
    if len(words) < 3:
        return None
    return Path(_OCTAL.sub(lambda found: chr(int(found[1], 8)), words[1])), words[2]


def _mount_table() -> str:
    """The mounts of this machine; empty where it does not say."""
    try:
        if sys.platform == "darwin":
            return subprocess.run(["/sbin/mount"], capture_output=True, text=True, check=True).stdout
        return Path("/proc/self/mounts").read_text(encoding="utf-8", errors="surrogateescape")
    except (OSError, subprocess.CalledProcessError):
        return ""


def _windows_kind(folder: Path) -> str | None:
    if folder.drive.startswith("\\\\"):
        return "a share"
    windows = getattr(ctypes, "windll", None)
    drive = windows.kernel32.GetDriveTypeW(f"{folder.drive}\\") if windows is not None else 0
    return "a network drive" if drive == _NETWORK_DRIVE else None
