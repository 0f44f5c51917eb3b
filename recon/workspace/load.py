"""A company's folder read and validated as a whole: policy, rules, profiles, mappings, periods."""

from __future__ import annotations

import csv
import datetime as dt
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from pydantic import ValidationError

from recon.connectors.profiles import Profile, frame_words, parse_profile
from recon.digests import digest_file
from recon.errors import ConfigError
from recon.frames import CANONICAL_FRAMES
from recon.identity import digest_fields
from recon.misfilled import field_problems, unreadable
from recon.period import Period
from recon.policy import Policy
from recon.workspace.people import author_problems
from recon.workspace.problems import workspace_problems
from recon.workspace.rules import read_rules
from recon.zones import zone_named

POLICY_FILE = "policy.toml"
RULES_FILE = "mappings/rules.csv"
PERIODS_FILE = "periods.csv"
_NO_FOLDER = re.compile(r'[\x00-\x1f/\\:*?"<>|]')  # on one system or another


@dataclass(frozen=True)
class Workspace:
    """Everything a company decided: its policy, how its files are read, what is laid over them."""

    root: Path
    policy: Policy
    profiles: Mapping[str, Profile]
    mappings: Mapping[str, pl.DataFrame]  # "locations" and "accounts", where the workspace has them
    digest: str  # over the names and bytes of every file that decides

    @property
    def sources(self) -> Path:
        """The folder in which downloads are looked for unless another is named."""
        return self.root / "sources"


def load_workspace(folder: Path) -> Workspace:
    """The workspace in the folder.

    Raises: ConfigError with every fault of every file at once.
    """
    if not (folder / POLICY_FILE).is_file():
        raise ConfigError(f"no {POLICY_FILE} in {folder}: make a workspace with `recon init {folder}`")
    problems: list[str] = []
    profiles = _profiles(folder, problems)
    mappings = {
        name: frame for name in ("locations", "accounts") if (frame := _mapping(folder, name, problems)) is not None
    }
    policy = _policy(folder, problems)
    if policy is not None:
        problems += [*workspace_problems(policy, profiles), *author_problems(folder, policy)]
    if problems or policy is None:
        raise ConfigError(f"the workspace {folder} cannot be used", tuple(problems))
    return Workspace(folder, policy, profiles, mappings, _digest(folder))


def _policy(folder: Path, problems: list[str]) -> Policy | None:
    """The policy with the rules and periods that can be read; None if its own sections are wrong."""
    sections = _toml(folder / POLICY_FILE, problems)
    for name, file in (("rules", RULES_FILE), ("periods", PERIODS_FILE)):
        if name in sections:
            problems.append(f"{POLICY_FILE}: {name} stand in {file}, not here")
    sections["rules"] = read_rules(folder / RULES_FILE, RULES_FILE, problems)
    sections["periods"] = tuple(_periods(folder / PERIODS_FILE, problems))
    try:
        return Policy.model_validate(sections)
    except ValidationError as cause:
        problems += [f"{POLICY_FILE}: {problem}" for problem in field_problems(cause)]
        return None


def _toml(path: Path, problems: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        problems.append(f"{path.name}: {unreadable(cause)}")
        return {}


def _profiles(folder: Path, problems: list[str]) -> dict[str, Profile]:
    """The profiles by the stem of their file."""
    profiles = {}
    for path in sorted((folder / "profiles").glob("*.toml")):
        try:
            profiles[path.stem] = parse_profile(path.read_text(encoding="utf-8-sig"), f"profiles/{path.name}")
        except ConfigError as fault:
            problems += fault.problems
        except UnicodeDecodeError as cause:
            problems.append(f"profiles/{path.name}: {unreadable(cause)}")
    return profiles


def _mapping(folder: Path, name: str, problems: list[str]) -> pl.DataFrame | None:
    """The columns that mappings/<name>.csv lays over the source; None if there is no such file."""
    path, file = folder / "mappings" / f"{name}.csv", f"mappings/{name}.csv"
    if not path.is_file():
        return None
    frame = pl.read_csv(path, infer_schema=False, encoding="utf8-lossy", comment_prefix="#")
    columns = CANONICAL_FRAMES[name].columns()
    key = name.removesuffix("s")
    unknown = [column for column in frame.columns if column not in columns]
    problems += [f"{file}: no such column {column!r}; known are {', '.join(columns)}" for column in unknown]
    if key not in frame.columns:
        problems.append(f"{file}: the column {key!r} is missing")
        return None
    twice = frame.filter(pl.col(key).is_duplicated())[key].unique(maintain_order=True)
    problems += [f"{file}: {key} {value!r} stands in two rows" for value in twice]
    for column in frame.columns:
        words = frame_words(name, column) if column in columns else ()
        wrong = frame.with_row_index("n", 2).filter(pl.col(column).is_not_null() & ~pl.col(column).is_in(words))
        for n, value in wrong.select("n", column).rows() if words else ():
            problems.append(f"{file}, row {n}: {column} {value!r} is none of {', '.join(words)}")
    for n, zone in enumerate(frame["timezone"] if "timezone" in frame.columns else (), 2):
        if zone is not None and zone_named(zone) != zone:
            problems.append(f"{file}, row {n}: {zone!r} is no time zone; write it as in America/Chicago")
    return frame.drop(unknown)


def _periods(path: Path, problems: list[str]) -> Iterator[Period]:
    """The company's own periods, one per row of periods.csv."""
    if not path.is_file():
        return
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = [
            (n, line) for n, line in enumerate(csv.reader(stream), 1) if line and not line[0].lstrip().startswith("#")
        ]
    seen: set[str] = set()
    for n, cells in lines[1:]:
        try:
            name, start, end = (cell.strip() for cell in cells[:3])
            period = Period(name, dt.date.fromisoformat(start), dt.date.fromisoformat(end))
        except ValueError as cause:
            problems.append(
                f"{PERIODS_FILE}, row {n}: name,start,end with dates as YYYY-MM-DD, not {','.join(cells)!r} ({cause})"
            )
            continue
        problems += (f"{PERIODS_FILE}, row {n}: {flaw}" for flaw in _period_flaws(period, seen))
        seen.add(name.casefold())
        yield period


def _period_flaws(period: Period, before: Collection[str]) -> Iterator[str]:
    """What is wrong with a period, given the names before it as folders are compared."""
    name = period.name
    if period.end < period.start:
        yield f"{name} ends before it starts"
    if not name or name.startswith(".") or name.endswith(".") or _NO_FOLDER.search(name):
        yield f"{name!r} cannot name a folder, and the runs of a period stand in one: use letters, digits, blanks and -"
    if name.casefold() in before:
        yield f"{name} is named twice: leave it in one row"


def _digest(folder: Path) -> str:
    """SHA-256 over the names and bytes of the files that decide how a run comes out."""
    files = [folder / POLICY_FILE, *(folder / "mappings").glob("*.csv"), *(folder / "profiles").glob("*.toml")]
    if (folder / PERIODS_FILE).is_file():
        files.append(folder / PERIODS_FILE)
    fields = [part for path in sorted(files) for part in (path.relative_to(folder).as_posix(), digest_file(path))]
    return digest_fields(fields).hex()
