"""The README is true: its commands run, its tables are the code's, its links and folders exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from recon import errors
from recon.frames import CANONICAL_FRAMES
from recon.reporting.runner import NOTEBOOKS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LARGEST_PICTURE = 300 * 1024


def section(title: str) -> str:
    """The text between a heading and the next one of its level or above."""
    found = re.search(rf"^(#+) {re.escape(title)}$\n(.*?)(?=^\1 |^#{{1,2}} |\Z)", README, re.S | re.M)
    assert found is not None, f"the README has no heading {title!r}"
    return found[2]


def table(title: str) -> list[list[str]]:
    """The cells of the last table below a heading, without its own heading row."""
    (*_, last) = re.findall(r"(?:^\|.*\|$\n)+", section(title), re.M)
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in last.splitlines()[2:]]


def in_backticks(text: str) -> list[str]:
    """What stands as code in running text; fenced blocks are not running text."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```$", "", text, flags=re.S | re.M))


def python_parts(folder: Path) -> set[str]:
    """The packages and modules directly below a folder, as paths of the clone."""
    packages = {f"{path.parent.relative_to(ROOT)}/" for path in folder.glob("*/__init__.py")}
    return packages | {str(path.relative_to(ROOT)) for path in folder.glob("*.py") if path.stem != "__init__"}


def test_the_map_names_every_package_and_module_of_the_program() -> None:
    mapped = {path for row in table("For contributors") for path in in_backticks(row[0])}

    assert {path for path in mapped if path.startswith("recon/")} == python_parts(ROOT / "recon")


def test_the_map_names_every_other_folder() -> None:
    mapped = {path for row in table("For contributors") for path in in_backticks(row[0])}
    tests = {f"tests/{path.name}/" for path in (ROOT / "tests").glob("[!_.]*") if any(path.glob("[!_.]*"))}

    assert {path for path in mapped if not path.startswith("recon/")} == tests | {"notebooks/", "reports/"}


def test_every_relative_link_leads_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)\)", README) if "://" not in link]

    assert links
    assert not [link for link in links if not (ROOT / link).is_file()]


def test_every_file_of_the_clone_that_is_named_exists() -> None:
    named = [text for text in in_backticks(README) if re.fullmatch(r"(recon|notebooks|tests)/[\w/.]+", text)]

    assert not [path for path in named if not (ROOT / path).exists()]


def test_the_picture_is_small_enough_for_a_slow_line() -> None:
    (picture,) = re.findall(r"!\[[^]]+\]\(([^)]+)\)", README)

    assert (ROOT / picture).stat().st_size <= LARGEST_PICTURE


@pytest.mark.parametrize("frame", sorted(CANONICAL_FRAMES))
def test_each_frame_is_described_with_its_columns(frame: str) -> None:
    (described,) = [row[2] for row in table("What it reads") if row[0] == f"`{frame}`"]

    columns = CANONICAL_FRAMES[frame].columns().items()

    assert described == ", ".join(f"{name}?" if column.nullable else name for name, column in columns)


def test_the_exit_codes_are_those_of_the_faults() -> None:
    described = {int(row[0]) for row in table("Exit codes")}
    faults = [one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ReconError)]

    assert described == {one.exit_code for one in faults} | {0, 1, 130}


def test_the_glossary_has_twenty_words_each_explained_once() -> None:
    words = [row[0] for row in table("Glossary")]

    assert len(words) == len(set(words)) == 20


def test_every_notebook_is_named() -> None:
    named = {Path(text).stem for text in in_backticks(README) if text.endswith(".ipynb")}

    shipped = {path.stem for path in (ROOT / "notebooks").glob("*.ipynb")}

    assert named == {*NOTEBOOKS, "adjustments", "matching"} == shipped


def test_the_changelog_knows_the_version() -> None:
    import recon

    assert f"**{recon.__version__}**" in section("Changelog")
