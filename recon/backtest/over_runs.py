"""A changed policy replayed over past runs: read, match as it was and as changed, judge."""

from __future__ import annotations

import tempfile
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from recon.backtest.change import changes, lay_over, needs_sources, set_fields
from recon.backtest.judge import Backtest, join_backtests, judge, with_facts
from recon.backtest.past import PastRun, carried_items, from_evidence, from_sources, other_downloads, past_runs
from recon.backtest.replay import Case, claimed, pairs_of
from recon.backtest.truth import truth_of
from recon.canonical import Canonical
from recon.connectors import read_sources
from recon.decisions import read_decisions
from recon.errors import ConfigError
from recon.policy import Policy
from recon.reporting.model import RunRecord
from recon.reporting.runs import read_record
from recon.workspace import Workspace, load_workspace
from recon.workspace.load import RULES_FILE
from recon.workspace.problems import workspace_problems
from recon.workspace.rules import read_rules

_READING = ("company", "period", "rules")  # sections that say which rows are read, and are checked there
_DECISIONS = "decisions"
_SHOWN = 3
_FACTS = ("account", "location", "posting_date", "document", "amount")


@dataclass(frozen=True)
class Ask:
    """Which rule is tried on which past runs."""

    runs: Path
    settings: tuple[str, ...] = ()
    policy: Path | None = None
    workspace: Path | None = None
    sources: Path | None = None  # None: the folder `sources` of the workspace


@dataclass(frozen=True)
class Answer:
    """What the back-test found; pairs of `backtest` carry what both lines say of themselves, left_* and right_*."""

    backtest: Backtest
    changes: tuple[tuple[str, str, str], ...]  # path, value as it was, value as changed
    decided: int  # pairs and lines that people decided about
    replayed: tuple[str, ...]  # runs, in order
    left_out: tuple[tuple[str, str], ...]  # runs that could not be replayed, and why
    notes: tuple[tuple[str, str], ...]  # run, what is to be known of its replay


@dataclass(frozen=True)
class _Replayed:
    backtest: Backtest
    decided: int
    notes: tuple[str, ...]


@dataclass(frozen=True)
class _Cases:
    """What a run compared, under its own policy and under the changed one."""

    was: Case
    changed: Case
    notes: tuple[str, ...]


def over_runs(ask: Ask) -> Answer:
    """The changed rule and the rule as it was over every past run that counts, run by run.

    Raises: ConfigError for a wrong setting or workspace; DataError and DigestDiffers for runs that cannot be read.
    """
    past = past_runs(ask.runs)
    company = load_workspace(ask.workspace) if ask.workspace else None
    differ: dict[tuple[str, str, str], None] = {}
    done: list[_Replayed] = []
    replayed, left_out, notes = [], [], []
    for one in past:
        changed = _changed(one.policy, ask)
        differ |= dict.fromkeys(changes(one.policy, changed))
        record = read_record(one.folder)
        others = [other for other in past if other is not one]
        around = _Around(ask, company, others)
        cases = _cases(one, record, changed, around)
        if isinstance(cases, str):
            left_out.append((one.label, cases))
            continue
        found = _replay(one, record, changed, cases, around)
        done.append(found)
        replayed.append(one.label)
        notes += [(one.label, note) for note in found.notes]
    if not done:
        raise ConfigError("no run can be replayed under this change", tuple(f"{run}: {why}" for run, why in left_out))
    return Answer(
        join_backtests([one.backtest for one in done]),
        tuple(differ),
        sum(one.decided for one in done),
        tuple(replayed),
        tuple(left_out),
        tuple(notes),
    )


def _changed(policy: Policy, ask: Ask) -> Policy:
    """The policy of a run with the asked changes: the other policy's sections first, then single fields."""
    if ask.policy is not None:
        policy = _laid_over(policy, ask.policy)
    return set_fields(policy, ask.settings)


def _laid_over(policy: Policy, file: Path) -> Policy:
    try:
        sections = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise ConfigError("the other policy cannot be read", file=file, reason=str(cause)) from cause
    problems: list[str] = []
    rules = file.parent / RULES_FILE
    if rules.is_file():  # a whole workspace: its rules belong to it
        sections["rules"] = tuple(read_rules(rules, RULES_FILE, problems))
    if problems:
        raise ConfigError("the other policy cannot be used", tuple(problems))
    return lay_over(policy, sections, file=file.name)


@dataclass(frozen=True)
class _Around:
    """What replaying a run needs beside the run itself."""

    ask: Ask
    company: Workspace | None
    others: Sequence[PastRun]

    @property
    def sources(self) -> Path | None:
        """Where downloads are looked for."""
        return self.ask.sources or (self.company.sources if self.company else None)


def _replay(past: PastRun, record: RunRecord, changed: Policy, cases: _Cases, around: _Around) -> _Replayed:
    """One run judged."""
    was, now = cases.was, cases.changed
    decisions, notes = None, cases.notes
    if around.ask.workspace is not None and around.sources is not None:
        decisions = read_decisions(around.ask.workspace, around.sources).frame
    elif any(one.frame == _DECISIONS and one.rows for one in record.files):
        notes = (*notes, "people decided about this run; what they rejected is known only with --workspace")
    policy, frames = record.policy, record.found.frames
    truth = truth_of(was, policy, past.names, frames, decisions, signed=past.signed)
    before, after = claimed(was, policy, past.names), claimed(now, changed, past.names)
    notes = (*notes, *_unlike_published(record, before.pairs, past.names))
    left = pl.concat([was.expected, now.expected]).unique("line_id", keep="first", maintain_order=True)
    right = pl.concat([was.posted, now.posted]).unique("line_id", keep="first", maintain_order=True)
    run = pl.lit(past.label).alias("run")
    sides = [lines.select(run, pl.col("line_id").alias("id"), *_FACTS) for lines in (left, right)]
    found = judge(before, after, truth)
    told = (with_facts(frame, *sides) for frame in (found.wrong, found.gained, found.lost))
    decided = truth.together.height + truth.apart.height + truth.alone.height
    return _Replayed(Backtest(found.figures, *told), decided, notes)


def _cases(past: PastRun, record: RunRecord, changed: Policy, around: _Around) -> _Cases | str:
    """What the run compared, from its downloads or else from its evidence; in words why not, where it cannot be."""
    needed = needs_sources(record.policy, changed)
    carried, notes = carried_items(record, around.others)
    company, sources = around.company, around.sources
    why = "no workspace was named"
    if company is not None and sources is not None:
        absent = other_downloads(record, company, sources)
        if not absent:
            return _Cases(*_read_again(past, record, changed, (company, sources), carried), notes)
        more = f" and {len(absent) - _SHOWN} more" if absent[_SHOWN:] else ""
        why = f"not in {sources}, or not as the run read them: {', '.join(absent[:_SHOWN])}{more}"
    if needed:
        return f"a change of {', '.join(needed)} needs the downloads again; {why}"
    if company is not None:
        notes = (*notes, f"replayed from its own evidence; {why}")
    was, now = (from_evidence(past, record, one, around.others, carried) for one in (record.policy, changed))
    return _Cases(was, now, notes)


def _read_again(
    past: PastRun, record: RunRecord, changed: Policy, places: tuple[Workspace, Path], carried: pl.DataFrame | None
) -> tuple[Case, Case]:
    """The run from its downloads, which are read twice only where the change says what is read."""
    company, sources = places
    period, was = record.found.period, record.policy
    # Which downloads there are is no rule: a policy tried from elsewhere reads the same ones.
    changed = changed.model_copy(update={"sources": was.sources})
    problems = workspace_problems(changed, company.profiles)
    if problems:
        raise ConfigError("the rule cannot be changed", tuple(problems))
    with tempfile.TemporaryDirectory(prefix="recon-") as scratch:

        def read(policy: Policy, name: str) -> Canonical:
            staging = Path(scratch) / name
            return read_sources(
                policy, company.profiles, sources, period, staging, only=past.names, mappings=company.mappings
            )

        first = read(was, "was")
        is_same = not set(_READING).intersection(needs_sources(was, changed))
        second = first if is_same else read(changed, "changed")
        return from_sources(past, was, period, first, carried), from_sources(past, changed, period, second, carried)


def _unlike_published(record: RunRecord, pairs: pl.DataFrame, names: Sequence[str]) -> tuple[str, ...]:
    """A note where pairs that the run published, and nobody decided, do not come out of the replay."""
    frames = record.found.frames
    heads = frames["match_groups"].filter(
        pl.col("kind") == "match", pl.col("decided_by").is_null(), pl.col("reconciliation").is_in(names)
    )
    lines = pl.concat(
        [frames["expected"].select("line_id", "account"), record.found.ledger.select("line_id", "account")]
    )
    side = pl.when(pl.col("side") == "expected").then(pl.lit("left")).otherwise(pl.lit("right"))
    members = frames["matches"].join(heads.select("match_id"), on="match_id").join(lines, on="line_id")
    published = pairs_of(members.select(group="match_id", side=side, line="line_id", account="account"))
    lost = published.join(pairs, on=["left", "right"], how="anti").height
    if not lost:
        return ()
    return (f"{lost:,} of {published.height:,} pairs that the run published do not come out of its replay as it was",)
