"""Whether a folder lies on a disk of another machine, where SQLite's locks cannot be trusted."""

from __future__ import annotations

import ctypes
import re
import subprocess
import sys
from pathlib import Path

_REMOTE = frozenset(
    """9p acfs afpfs afs beegfs ceph cifs coda davfs fuse.ceph fuse.cifs fuse.davfs2 fuse.gcsfuse fuse.glusterfs
    fuse.gvfsd-fuse fuse.mergerfs fuse.rclone fuse.s3fs fuse.smbnetfs fuse.sshfs fuse.vmhgfs-fuse gfs2 glusterfs gpfs
    lustre ncpfs nfs nfs3 nfs4 ocfs2 orangefs pvfs2 smb2 smb3 smbfs vboxsf vmhgfs webdav""".split()  # noqa: SIM905
)
_ON_MAC = re.compile(r"^.+ on (?P<folder>/.*) \((?P<kind>\w+)[,)]")
_OCTAL = re.compile(r"\\([0-7]{3})")
_NETWORK_DRIVE = 4  # DRIVE_REMOTE of GetDriveTypeW


def remote_kind(folder: Path) -> str | None:
    """The kind of network file system that the folder lies on, such as nfs4; None for a disk of this machine."""
    folder = folder.resolve()
    if sys.platform == "win32":
        return _windows_kind(folder)
    return remote_of(folder, _mount_table())


def remote_of(folder: Path, table: str) -> str | None:
    """The kind of network file system that holds the folder by a table of mounts, as Linux or macOS writes it."""
    mounts = [found for line in table.splitlines() if (found := _mount(line)) is not None]
    # Of two mounts on one place the later one hides the earlier.
    holding = [(len(place.parts), at, kind) for at, (place, kind) in enumerate(mounts) if folder.is_relative_to(place)]
    if not holding:
        return None
    kind = max(holding)[2]
    return kind if kind in _REMOTE else None


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
