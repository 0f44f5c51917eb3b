"""The demo judges the toolkit, so it may know nothing of it; packed months are the same everywhere."""

from __future__ import annotations

import re
from pathlib import Path

from months import pack, unpack

import recon.demo

IMPORT = re.compile(r"^\s*(?:from|import)\s+(recon(?:\.\w+)*)", re.MULTILINE)


def test_the_demo_imports_nothing_of_the_toolkit_but_errors_and_periods() -> None:
    sources = Path(recon.demo.__file__).parent.glob("*.py")
    imported = {name for path in sources for name in IMPORT.findall(path.read_text("utf-8"))}

    assert {name for name in imported if not name.startswith("recon.demo")} == {"recon.errors", "recon.period"}


def test_a_packed_month_comes_back_and_its_archive_never_changes(tmp_path: Path) -> None:
    month = tmp_path / "month"
    (month / "truth").mkdir(parents=True)
    (month / "retail_tickets.csv").write_text("Ticket #\n1\n")
    (month / "truth/entries.csv").write_text("key,label\n")
    pack(month, tmp_path / "tiny.tar.xz")
    first = (tmp_path / "tiny.tar.xz").read_bytes()
    (month / "retail_tickets.csv").touch()
    pack(month, tmp_path / "tiny.tar.xz")

    assert (tmp_path / "tiny.tar.xz").read_bytes() == first
    back = unpack("tiny", tmp_path / "out", packed=tmp_path)
    assert (back / "truth/entries.csv").read_text() == "key,label\n"
