"""What a process told the system, as strace wrote it down, and the disk that a power cut would have left behind."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

ON_FILES = (
    "write", "writev", "pwrite64", "fsync", "fdatasync", "ftruncate", "rename", "renameat", "renameat2", "unlink",
    "unlinkat",
)  # fmt: skip
ON_SOCKETS = ("connect", "sendto", "sendmsg", "recvfrom")  # recvfrom: the answer is there and was not read
CALLS = (*ON_FILES, *ON_SOCKETS)

_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)(.*)$")
_FILE = re.compile(r"^\d+<([^>]*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')
_WRITE = re.compile(rb"<create>|<update>|^(?:POST|PATCH) \S*/objects/")


@dataclass(frozen=True)
class Call:
    """One system call that came back."""

    name: str
    path: str  # of the file that it is about; of a socket its kind
    data: bytes
    at: int  # offset or length, the last number of a call
    result: int
    is_injected: bool

    @property
    def is_request(self) -> bool:
        """True where the first bytes of a request that changes the ledger leave this machine."""
        return self.name in ("sendto", "sendmsg", "write", "writev") and _WRITE.search(self.data) is not None


def read_trace(file: Path) -> Iterator[Call]:
    """The calls of a trace that `strace -f -y -xx` wrote; what never came back is left out."""
    for line in file.read_text(encoding="ascii").splitlines():
        found = _LINE.match(line)
        if found is not None:
            name, told, result, after = found.groups()
            texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(told)]
            held = _FILE.match(told)
            by_name = name.startswith(("rename", "unlink"))
            path = texts[-1].decode() if by_name else _plain(held[1] if held else "")
            last = told.rpartition(" ")[2]
            at = int(last) if last.isdecimal() else 0
            yield Call(name, path, b"".join(texts), at, int(result), "INJECTED" in after)


def _plain(text: str) -> str:
    return bytes.fromhex(text.replace("\\x", "")).decode() if text.startswith("\\x") else text


class Disk:
    """Files of one folder as a power cut would leave them: what was not forced onto the disk may be gone."""

    def __init__(self, folder: Path, names: Iterable[str]) -> None:
        self._paths = {str(folder / name): name for name in names}
        self._safe: dict[str, bytearray] = {}
        self._loose: list[tuple[str, int, bytes]] = []
        for path in self._paths:
            if Path(path).is_file():
                self._safe[path] = bytearray(Path(path).read_bytes())

    def do(self, call: Call) -> None:
        """Follow one call. Cutting and removing files counts at once: that is the worse case for who relies on it."""
        path = call.path
        if path not in self._paths or call.result < 0 or call.is_injected:
            return
        if call.name == "pwrite64":
            self._loose.append((path, call.at, call.data[: call.result]))
        elif call.name in ("fsync", "fdatasync"):
            for one in [one for one in self._loose if one[0] == path]:
                _put(self._safe, one)
            self._loose = [one for one in self._loose if one[0] != path]
        elif call.name == "ftruncate":
            cut = self._safe.setdefault(path, bytearray())
            self._safe[path] = cut[: call.at] + bytes(max(call.at - len(cut), 0))
        elif call.name.startswith("unlink"):
            self._safe.pop(path, None)
            self._loose = [one for one in self._loose if one[0] != path]

    def leave(self, folder: Path, keeps: Random | None = None) -> None:
        """Write into the folder what was safe; with `keeps`, of the rest what happened to get there as well."""
        files = {path: bytearray(content) for path, content in self._safe.items()}
        for one in self._loose:
            if keeps is not None and keeps.random() < 0.5:
                _put(files, one)
        for path, name in self._paths.items():
            (folder / name).unlink(missing_ok=True)
            if path in files:
                (folder / name).write_bytes(files[path])


def _put(files: dict[str, bytearray], one: tuple[str, int, bytes]) -> None:
    path, at, data = one
    content = files.setdefault(path, bytearray())
    content.extend(bytes(max(at - len(content), 0)))
    content[at : at + len(data)] = data
