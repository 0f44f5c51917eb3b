"""The README's walk through review, approval, posting and signing: three people type it, and read what it says."""

from __future__ import annotations

import os
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import groupby
from pathlib import Path

import pytest
from hub import hub_of
from persons import IS_ROOT, NUMBERS, People, login_of, settle_in
from postgres import Server

from recon.pulled_demo import SECRETS
from recon.sandbox import DEFAULT_PORT
from recon.sandbox.app import make_app
from recon.sandbox.serve import serving
from recon.sandbox.world import DEMO_ACCESS, World

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
WALK = README.split("## Review, approve, post, sign\n")[1].split("\n## ")[0]
PROMPT = re.compile(rf"({'|'.join(NUMBERS)})\$ (.*)")
LEFT_OUT = "…"
# What is another one each time: runs, times, heads, and the port of a sandbox.
CHANGING = (
    (re.compile(r"\b[0-9a-f]{12}\b"), "RUN"),
    (re.compile(r"\b\d{4}-\d\d-\d\d \d\d:\d\d(:\d\d)?"), "WHEN"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "HASH"),
    (re.compile(r"127\.0\.0\.1:\d+"), "SANDBOX"),
)


def typed_and_shown() -> Iterator[tuple[str, str, list[str]]]:
    """Who types what in the walk, and the lines that the README shows below."""
    blocks = re.findall(r"^```console\n(.*?)^```$", WALK, re.S | re.M)
    lines = [line for block in blocks for line in block.splitlines()]
    starts = [number for number, line in enumerate(lines) if PROMPT.fullmatch(line)]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        prompt = PROMPT.fullmatch(lines[start])
        assert prompt is not None
        yield prompt[1], prompt[2], lines[start + 1 : end]


def plain(text: str) -> list[str]:
    """The lines without what is another one each time, and without blanks at their end."""
    for changing, name in CHANGING:
        text = changing.sub(name, text)
    return [line.rstrip() for line in text.strip("\n").splitlines()]


def first_of(part: list[str], said: list[str], start: int) -> int | None:
    """Where the lines stand together in what was said, from there on."""
    places = range(start, len(said) - len(part) + 1)
    return next((at for at in places if said[at : at + len(part)] == part), None)


def not_said(shown: list[str], said: list[str]) -> list[str]:
    """The shown lines that were not said in their place; lines between two marks of omission stand together."""
    parts = [list(part) for is_mark, part in groupby(shown, lambda line: line == LEFT_OUT) if not is_mark]
    place = 0
    for number, part in enumerate(parts):
        found = first_of(part, said, place)
        stands_first = number > 0 or shown[0] == LEFT_OUT or found == 0
        if found is None or not stands_first:
            return part
        place = found + len(part)
    goes_on = bool(shown) and shown[-1] == LEFT_OUT
    return [] if goes_on else said[place:]


@pytest.fixture
def people(pulled_demo: Path, tmp_path: Path, postgres: Server, program: Callable[[str, str], str]) -> People:
    """Three people in a folder in which the demo was closed before."""
    shutil.copytree(pulled_demo, tmp_path / "reports/.demo/0.1.0/2026-09")
    if IS_ROOT:
        program("setpriv", "util-linux")
        postgres.folder.chmod(0o755)  # its socket is for all three
    settle_in(tmp_path, owner="ann")
    secrets = {name: DEMO_ACCESS[key] for name, key in SECRETS.items()}
    commands = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    database = postgres.address(postgres.make("state1"))
    environ = {**os.environ, **secrets, "RECON_DATABASE_URL": database, "PATH": commands, "COLUMNS": "120"}
    return People(tmp_path, environ)


def prepare(company: Path, url: str, hub: str) -> None:
    """What the walk tells in words: who may do what, under the logins of this machine, and where the sandbox is."""
    (rows,) = re.findall(r"^```csv\n.*?\n(.*?)^```$", WALK, re.S | re.M)
    named = [row.split(",") for row in rows.splitlines()]
    users = "".join(",".join([person, roles, login_of(person), *rest]) + "\n" for person, roles, _, *rest in named)
    with (company / "users.csv").open("a", encoding="utf-8") as stream:
        stream.write(users)
    supply = company / "sources.toml"
    text = supply.read_text(encoding="utf-8")
    supply.write_text(text.replace(f"http://127.0.0.1:{DEFAULT_PORT}", url), encoding="utf-8")
    if not IS_ROOT:
        policy = company / "policy.toml"
        text = policy.read_text(encoding="utf-8")
        policy.write_text(text.replace('# hub = "https://hub.example.com/hub/api"', f'hub = "{hub}"'), encoding="utf-8")


def test_three_people_type_the_walk_and_read_what_the_readme_shows(people: People) -> None:
    company = people.folder / "juniper"
    with closing(World.of_demo()) as world, serving(make_app(world)) as url, hub_of(*NUMBERS) as hub:
        for who, command, shown in typed_and_shown():
            done = people.types(who, "bash", "-c", command)
            said = plain(done.stdout + done.stderr)
            assert not not_said(plain("\n".join(shown)), said), f"{who}$ {command}\n" + "\n".join(said)
            if command.startswith("sed"):
                prepare(company, url, hub)
