"""`.ci/run` and the README say the same, and the lock file is of this project and of no machine."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from recon.reporting.runner import notebooks_folder

ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / ".ci/run"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
LOCK = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
PUBLIC_HOSTS = {"pypi.org", "files.pythonhosted.org"}


def declared() -> list[tuple[str, Requirement]]:
    """Every requirement of pyproject.toml with its extra, "" for the plain ones."""
    plain = [("", Requirement(text)) for text in PROJECT["dependencies"]]
    extras = PROJECT["optional-dependencies"].items()
    return plain + [(extra, Requirement(text)) for extra, texts in extras for text in texts]


def test_ci_types_the_second_block_of_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    second = re.findall(r"^```sh\n(.*?)^```$", readme, re.S | re.M)[1]
    taken = re.search(r"^block=\$\((.*)\)$", SCRIPT.read_text(encoding="utf-8"), re.M)
    assert taken is not None

    typed = subprocess.run(["bash", "-c", taken[1]], cwd=ROOT, capture_output=True, text=True, check=True).stdout

    assert typed == second
    assert "pytest" in typed.splitlines()[-1], "pytest's closing line must be the last thing printed"


def test_ci_can_be_run_and_has_no_slip_in_its_shell() -> None:
    assert os.access(SCRIPT, os.X_OK)
    subprocess.run(["bash", "-n", str(SCRIPT)], check=True)


def test_ci_runs_every_test_and_every_notebook_by_itself() -> None:
    """Each notebook on the demo company, without a close, in a kernel of its own."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    command = re.findall(r"^```sh\n(.*?)^```$", readme, re.S | re.M)[1].splitlines()[-1].split()

    assert command[-2:] == ["tests", "notebooks"]
    assert {"--nbval-lax", "--nbval-current-env"} <= set(command)
    assert not [word for word in command if word.startswith(("--ignore", "--deselect", "-k"))]
    assert (ROOT / "notebooks").resolve() == notebooks_folder()


def test_heavy_campaigns_wait_until_they_are_asked_for() -> None:
    twice = "import pytest, sys; [pytest.main([*sys.argv[1:], *words]) for words in ([], ['-m', 'heavy'])]"
    command = [sys.executable, "-c", twice, "--collect-only", "-q", "tests/shell/test_campaign_pulls.py"]

    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    usual, heavy = re.findall(r"^.*?tests collected.*?$", said, re.S | re.M)

    assert "two_thousand" not in usual
    assert "two_thousand" in heavy


def test_ci_installs_every_debian_package_that_a_test_names() -> None:
    asked = re.compile(r'program\("[\w.-]+", "([\w.-]+)"\)')
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("*.py")]
    named = {package for text in texts for package in asked.findall(text)}

    script = SCRIPT.read_text(encoding="utf-8")

    assert not {package for package in named if f"absent+=({package})" not in script}


def test_the_lock_file_has_the_requirements_of_the_project() -> None:
    (locked,) = [package for package in LOCK["package"] if package["name"] == PROJECT["name"]]
    of_project = {(extra, canonicalize_name(one.name), str(one.specifier)) for extra, one in declared()}
    of_lock = {
        (
            (re.findall(r"extra == '(\w+)'", one.get("marker", "")) or [""])[0],
            one["name"],
            str(Requirement(f"x{one.get('specifier', '')}").specifier),
        )
        for one in locked["metadata"]["requires-dist"]
    }

    assert of_lock == of_project, "run `uv lock --default-index https://pypi.org/simple`"


def test_every_locked_version_satisfies_the_project() -> None:
    versions = {package["name"]: package["version"] for package in LOCK["package"]}

    wrong = [str(one) for _, one in declared() if versions[canonicalize_name(one.name)] not in one.specifier]

    assert not wrong


def test_the_lock_file_names_public_places_only() -> None:
    text = (ROOT / "uv.lock").read_text(encoding="utf-8")
    hosts = {urlsplit(url).hostname for url in re.findall(r'"(\w+://[^"]*)"', text)}

    assert hosts == PUBLIC_HOSTS
    assert not re.search(r'\b(path|directory) = "', text)
