"""What the README tells people to type works, in the order in which it tells them."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from typer.testing import CliRunner

from recon.cli.app import app
from recon.demo import DemoMonth, write_demo_month
from recon.workspace import init_workspace, load_workspace

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
INSTALLING = 2  # the first blocks make a virtual environment: newcomers and `.ci/run` type them
COMMANDS = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "200"}


def blocks(language: str) -> list[str]:
    """The fenced blocks of one language, in their order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.S | re.M)


def typed(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What came of a command, typed in the folder."""
    return subprocess.run(words, cwd=folder, env=COMMANDS, capture_output=True, text=True, check=False)


def test_what_the_readme_tells_to_type_works_in_its_order(tmp_path: Path, demo_month: DemoMonth) -> None:
    write_demo_month(tmp_path / "downloads/2026-10", period="2026-10")
    for block in blocks("sh")[INSTALLING:]:
        for line in block.splitlines():
            done = typed("bash", "-c", line, folder=tmp_path)
            may_end_in = (0, 1) if line.startswith(("recon close", "recon match")) else (0,)
            assert done.returncode in may_end_in, f"{line}\n{done.stdout}\n{done.stderr}"
            if line.startswith("recon init"):  # what the next sentence asks of the reader
                shutil.copytree(demo_month.folder, tmp_path / "my-company/sources", dirs_exist_ok=True)
    for block in blocks("python"):
        done = typed(sys.executable, "-c", block, folder=tmp_path)
        assert done.returncode == 0, f"{block}\n{done.stderr}"


def test_every_option_that_is_named_exists() -> None:
    spoken = README.split("## What the demo shows")[1]
    named = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", spoken)) - {"--extra", "--locked"}  # those are of uv
    commands = ("init", "profile", "close", "status", "match", "explain", "decide match", "backtest", "bench matching")
    commands += ("pull", "doctor", "sandbox", "review", "approve", "reject", "post", "settle", "undo", "signoff")
    commands += ("reopen", "correct", "audit verify", "audit export", "audit show")
    asked = [CliRunner().invoke(app, [*name.split(), "--help"], env={"COLUMNS": "200"}) for name in ("", *commands)]
    assert [one.exit_code for one in asked] == [0] * len(asked)

    assert named <= {option for one in asked for option in re.findall(r"--[a-z][a-z-]+", one.stdout)}


def test_the_worked_rule_is_a_rule_of_the_template(tmp_path: Path) -> None:
    init_workspace(tmp_path / "company")
    file = tmp_path / "company/mappings/rules.csv"
    (worked,) = csv.DictReader(blocks("csv")[0].splitlines())
    shipped = list(csv.DictReader(file.read_text(encoding="utf-8").splitlines()))
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, [*shipped[0], "location"])
        writer.writeheader()
        writer.writerows([worked, *shipped])

    first = load_workspace(tmp_path / "company").policy.rules[0]

    assert first.name == worked["rule"]
    assert first.match == {"component": ("delivery_fee",), "location": ("107",)}


def test_the_demo_has_the_size_that_the_readme_says(demo_month: DemoMonth) -> None:
    def rows(file: str) -> int:
        with (demo_month.folder / file).open(encoding="utf-8") as stream:
            return sum(1 for _ in csv.DictReader(stream))

    assert f"{rows('retail_tickets.csv'):,} tickets" in README
    assert f"{rows('processor_deposits.csv'):,} deposits" in README
