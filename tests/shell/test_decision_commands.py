"""Decisions on disk and at the terminal: kept one a line, never lost, and part of what names a run."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl
import pytest
import typer
from hub import at_the_hub, hub_of, token_of
from make import decisions
from typer.testing import CliRunner
from unit.reporting.records import run_record

from recon.cli import deciding
from recon.compute import CloseRequest, compute, plan_close
from recon.decisions import FILE, DecisionFile, Wish, person, read_decisions
from recon.errors import ConfigError, DataError, NotAllowed, ReconError
from recon.reporting.explained import explain_line
from recon.reporting.pack import write_data
from recon.reporting.runs import mark_latest, save_evidence

WORKSPACE = Path(__file__).parents[1] / "workspaces" / "restaurant"
MORNING = dt.datetime(2026, 10, 2, 9, tzinfo=dt.UTC)
MATCH = Wish("match", ("E1",), ("A1",), "same transfer")
ROW = '{"decision_id": "D-9", "decided_at": "2026-10-03T08:00:00+00:00", "decided_by": "bob", "action": "note", %s}\n'


@pytest.fixture
def store(tmp_path: Path) -> DecisionFile:
    """The decisions of an empty workspace, made by ann with a clock that stands still."""
    return DecisionFile(tmp_path / FILE, lambda: "ann", lambda: MORNING)


def faults(store: DecisionFile, line: str) -> tuple[str, ...]:
    """What is said of a file with one line added, which stays as it is."""
    store.path.write_text(line, encoding="utf-8")
    with pytest.raises(ConfigError) as refused:
        store.read()
    with pytest.raises(ConfigError):
        store.record(MATCH)
    assert store.path.read_text(encoding="utf-8") == line
    return refused.value.problems


def test_a_decision_is_one_line_with_an_id_a_time_and_the_name_of_who_made_it(store: DecisionFile) -> None:
    made = store.record(MATCH)

    (line,) = store.path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "decision_id": made, "decided_at": "2026-10-02T09:00:00.000000+00:00", "decided_by": "ann", "action": "match",
        "expected_line_ids": ["E1"], "actual_line_ids": ["A1"], "note": "same transfer", "undoes": None,
    }  # fmt: skip
    assert store.read().select("decision_id", "decided_by", "action").rows() == [(made, "ann", "match")]


def test_later_decisions_are_added_and_follow_each_other_even_when_the_clock_stands_still(store: DecisionFile) -> None:
    first = store.record(MATCH)
    before = store.path.read_bytes()

    second = store.record(Wish("note", undoes=first))

    assert store.path.read_bytes().startswith(before)
    times = store.read()["decided_at"].to_list()
    assert times[0] < times[1]
    # What takes a decision back repeats what that one said, so that a reader of the file sees it.
    undone = store.read().row(1, named=True)
    assert (undone["action"], undone["expected_line_ids"], undone["undoes"]) == ("match", ["E1"], first)
    with pytest.raises(ConfigError, match=f"taken back already; to restore it: recon decide undo {second}"):
        store.record(Wish("note", undoes=first))


def test_a_workspace_without_decisions_has_none(store: DecisionFile) -> None:
    assert store.read().is_empty()


@pytest.mark.parametrize(
    ("wish", "words"),
    [
        (Wish("match", ("E1",)), "actual_line_ids is empty; match names lines of both sides"),
        (Wish("reject", (), ("A1",)), "expected_line_ids is empty; reject names lines of both sides"),
        (Wish("accept", ("E1",)), "note is empty; accept says why in it"),
        (Wish("assign", ("E1",), note="  "), "note is empty; assign says to whom in it"),
        (Wish("note", note="why"), "note names no line"),
        (Wish("guess", ("E1",)), "action 'guess' is none of match, unmatch, reject, accept, note, assign"),
        (Wish("note", undoes="D-0"), "undoes 'D-0', which is no decision before it"),
    ],
)
def test_a_decision_that_says_nothing_is_not_kept(store: DecisionFile, wish: Wish, words: str) -> None:
    with pytest.raises(ConfigError, match="nothing was decided") as refused:
        store.record(wish)

    assert words in refused.value.problems[0]
    assert not store.path.exists()


def test_a_line_that_was_cut_off_is_named_and_nothing_is_lost(store: DecisionFile) -> None:
    store.record(MATCH)
    whole = store.path.read_text(encoding="utf-8")
    torn = whole + ROW[:40]

    (problem,) = faults(store, torn)

    assert problem.startswith("decisions.jsonl, row 2: the line was cut off while it was written")
    store.path.write_text(whole, encoding="utf-8")
    assert store.read().height == 1


def test_every_cut_of_a_line_is_either_whole_or_named(store: DecisionFile) -> None:
    store.record(MATCH)
    store.record(Wish("note", ("E1",), note="año"))
    whole = store.path.read_bytes()
    first = whole.index(b"\n") + 1

    for end in range(first, len(whole)):
        store.path.write_bytes(whole[:end])
        if end in (first, len(whole) - 1):
            assert store.read().height == (1 if end == first else 2)
        else:
            with pytest.raises(ConfigError, match="row 2: the line was cut off"):
                store.read()


def test_a_last_line_without_its_end_is_completed_before_the_next(store: DecisionFile) -> None:
    store.record(MATCH)
    store.path.write_bytes(store.path.read_bytes().rstrip(b"\n"))

    store.record(Wish("note", ("E1",), note="why"))

    assert store.read().height == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (ROW % '"note": "x", "expected_line_ids": ["E1"], "colour": "red"', "row 1: unknown field 'colour'; known are"),
        (ROW % '"note": "x", "expected_line_ids": "E1"', "row 1: expected_line_ids 'E1' is no list of line ids"),
        (ROW % '"note": 7, "expected_line_ids": ["E1"]', "row 1: note 7 is no text"),
        (ROW.replace('"note", %s', '"mtach"'), "row 1: action 'mtach' is none of match,"),
        (ROW.replace("+00:00", "") % '"note": "x", "expected_line_ids": ["E"]', "has no time zone; write it as 2026-"),
        (
            ROW.replace("2026-10-03T", "3 Oct ") % '"note": "x", "expected_line_ids": ["E"]',
            "'3 Oct 08:00:00+00:00' is no",
        ),
        (ROW.replace('"decided_by": "bob", ', "") % '"note": "x"', "row 1: the field 'decided_by' is missing"),
        ("[]\n", "row 1: '[]' is no JSON object: remove it"),
        ("match E1 A1\n" + "\n", "row 1: no JSON object in UTF-8"),
        (2 * (ROW % '"note": "x", "expected_line_ids": ["E1"]'), "row 2: decision_id 'D-9' stands twice"),
    ],
)
def test_a_line_that_cannot_be_understood_is_named_with_its_mend(store: DecisionFile, line: str, words: str) -> None:
    assert words in "\n".join(faults(store, line))


def test_every_fault_of_a_file_is_told_at_once(store: DecisionFile) -> None:
    lines = ROW % '"note": "x"' + "{\n" + ROW % '"note": "", "expected_line_ids": ["E1"]'

    assert [problem.split(":")[0] for problem in faults(store, lines)] == [
        "decisions.jsonl, row 1",
        "decisions.jsonl, row 2",
        "decisions.jsonl, row 3",
    ]


def test_a_workspace_that_cannot_be_written_keeps_the_file_as_it_was(store: DecisionFile) -> None:
    store.path.mkdir()

    with pytest.raises(ConfigError, match="the decision was not written"):
        store.record(MATCH)


def _record_many(path: Path, who: str) -> None:
    store = DecisionFile(path, lambda: who, lambda: MORNING)
    for number in range(20):
        store.record(Wish("note", (f"{who}{number}",), note="why"))


def test_two_people_deciding_at_once_lose_no_line(store: DecisionFile) -> None:
    start = multiprocessing.get_context("spawn")
    people = [start.Process(target=_record_many, args=(store.path, who)) for who in ("ann", "bob")]
    for one in people:
        one.start()
    for one in people:
        one.join()

    kept = store.read()
    assert kept["decided_by"].value_counts().sort("decided_by").rows() == [("ann", 20), ("bob", 20)]
    assert kept["decision_id"].n_unique() == 40
    assert kept["decided_at"].is_sorted()


def test_no_variable_of_the_environment_says_who_somebody_is(monkeypatch: pytest.MonkeyPatch) -> None:
    at_home = person()
    with hub_of("carla") as hub:
        for name, value in at_the_hub("carla").items():
            monkeypatch.setenv(name, value)
        for name in ("USER", "LOGNAME", "USERNAME", "SUDO_USER"):
            monkeypatch.setenv(name, "carla")
        monkeypatch.setenv("JUPYTERHUB_API_URL", hub)  # anybody can start a hub of their own, and name it here
        assert person() == at_home != "carla"
        assert person(hub) == "carla"  # this one the policy names

        monkeypatch.setenv("JUPYTERHUB_USER", "bob")
        with pytest.raises(NotAllowed, match="JUPYTERHUB_USER says 'bob', the JupyterHub says 'carla'"):
            person(hub)
        monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token_of("bob"))
        with pytest.raises(NotAllowed, match="does not know the token"):
            person(hub)
        monkeypatch.delenv("JUPYTERHUB_API_TOKEN")
        assert person(hub) == at_home


def test_a_service_of_the_hub_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", token_of("cull-idle"))
    with hub_of("carla", services=("cull-idle",)) as hub, pytest.raises(NotAllowed, match="no person's"):
        person(hub)


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_a_canonical_file_of_decisions_is_read_like_the_workspaces_own(ending: str, tmp_path: Path) -> None:
    said = decisions("match E1,E2 A1 note:why", "match E1,E2 A1 undoes:D1", "note - A1 note:x")
    path = tmp_path / f"decisions.{ending}"
    if ending == "parquet":
        said.write_parquet(path)
    elif ending == "csv":
        when = pl.col("decided_at").dt.strftime("%Y-%m-%dT%H:%M:%S+00:00")
        said.with_columns(when, pl.col("expected_line_ids", "actual_line_ids").list.join("|")).write_csv(path)
    else:
        rows = [{**row, "decided_at": row["decided_at"].isoformat()} for row in said.to_dicts()]
        path.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")

    read = read_decisions(tmp_path / "workspace", tmp_path)

    assert read.frame is not None
    assert read.frame.equals(said)
    assert [(one.name, one.frame, one.rows) for one in read.files] == [(path.name, "decisions", 3)]


def test_a_decision_in_two_files_is_refused(tmp_path: Path) -> None:
    for name in ("decisions.jsonl", "decisions.parquet"):
        said = decisions("note E1 - note:x")
        if name.endswith("parquet"):
            said.write_parquet(tmp_path / name)
        else:
            row = {**said.row(0, named=True), "decided_at": "2026-10-02T09:01:00+00:00"}
            (tmp_path / name).write_text(json.dumps(row), encoding="utf-8")

    with pytest.raises(ConfigError, match="stand in two files"):
        read_decisions(tmp_path, tmp_path)


@pytest.fixture
def company(tmp_path: Path, rehearsal: Callable[[str], Path]) -> CloseRequest:
    """A company of its own, with the payroll of a rehearsal month: the quickest close."""
    home = shutil.copytree(WORKSPACE, tmp_path / "company")
    return CloseRequest("2026-09", home, rehearsal("rehearsal-2026-09"), only=("payroll",))


def test_a_decision_makes_another_run_equal_decisions_the_same_and_the_record_names_the_file(
    company: CloseRequest, tmp_path: Path
) -> None:
    before = plan_close(company)
    frames = compute(before, tmp_path / "first").found.frames
    pair = frames["matches"].filter(pl.col("match_id") == frames["matches"]["match_id"][0])
    expected, actual = (pair.filter(pl.col("side") == side)["line_id"][0] for side in ("expected", "actual"))
    store = DecisionFile(company.workspace / FILE, lambda: "ann", lambda: MORNING)

    made = store.record(Wish("reject", (expected,), (actual,)))
    after = plan_close(company)
    record = compute(after, tmp_path / "second")

    assert after.run_id not in (before.run_id, "")
    assert plan_close(company).run_id == after.run_id
    assert (record.files[-1].name, record.files[-1].frame, record.files[-1].rows) == (FILE, "decisions", 1)
    assert not record.found.frames["variances"].equals(frames["variances"])
    store.record(Wish("reject", undoes=made))
    undone = compute(plan_close(company), tmp_path / "third")
    for name, frame in frames.items():
        assert undone.found.frames[name].equals(frame), name
    words = explain_line(record, expected)
    assert "It is part of V-" in words


def test_a_close_refuses_a_file_of_decisions_that_it_does_not_understand(company: CloseRequest) -> None:
    (company.workspace / FILE).write_text("{", encoding="utf-8")

    with pytest.raises(ConfigError, match=r"decisions\.jsonl, row 1"):
        plan_close(company)


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    out: str
    fault: ReconError | None
    code: int


@pytest.fixture
def recon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Said]:
    """Type one command in a folder with a workspace."""
    app = typer.Typer()
    app.add_typer(deciding.decide, name="decide")
    app.command()(deciding.explain)
    (tmp_path / "policy.toml").touch()
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> Said:
        ended = CliRunner().invoke(app, list(words))
        fault = ended.exception if isinstance(ended.exception, ReconError) else None
        return Said(ended.output, fault, ended.exit_code)

    return typed


@pytest.fixture
def published(tmp_path: Path) -> pl.DataFrame:
    """A finished run in the reports folder; its matches."""
    record = run_record()
    folder = tmp_path / "reports" / "2026-09" / record.run_id
    write_data(record, folder / "data")
    save_evidence(record, folder)
    mark_latest(folder.parent, record.run_id)
    return record.found.frames["matches"]


def one_of(matches: pl.DataFrame, side: str) -> str:
    return str(matches.filter(pl.col("side") == side)["line_id"][0])


def test_a_decision_at_the_terminal_is_kept_listed_and_taken_back(recon: Callable[..., Said]) -> None:
    said = recon("decide", "match", "--expected", "E1", "--actual", "A1", "--note", "same transfer")
    (kept,) = json.loads(recon("decide", "list", "--json").out)["decisions"]
    shown = recon("decide", "list").out
    undone = recon("decide", "undo", kept["decision_id"])

    assert (said.code, undone.code) == (0, 0)
    assert "the ids were not looked up" in said.out
    assert (kept["decided_by"], kept["expected_line_ids"], kept["holds"]) == (person(), ["E1"], True)
    assert "match  E1, A1: same transfer" in shown
    assert [one["holds"] for one in json.loads(recon("decide", "list", "--json").out)["decisions"]] == [False, False]
    assert "(does not hold)" in recon("decide", "list").out


def test_nobody_decides_under_another_name(recon: Callable[..., Said]) -> None:
    words = ("decide", "note", "--expected", "E1", "--note", "x")

    for option in ("--decided-by", "--by", "--user"):
        assert recon(*words, option, "somebody").code == 2


def test_lines_are_looked_up_in_the_newest_run(recon: Callable[..., Said], published: pl.DataFrame) -> None:
    expected, actual = one_of(published, "expected"), one_of(published, "actual")

    unknown = recon("decide", "match", "--expected", expected + "x", "--actual", actual)
    turned = recon("decide", "match", "--expected", actual, "--actual", expected)
    agreeing = recon("decide", "accept", "--expected", expected, "--note", "fine")
    right = recon("decide", "match", "--expected", expected, "--actual", actual)

    assert isinstance(unknown.fault, ConfigError)
    assert unknown.fault.problems[0].startswith(f"--expected {expected}x: there is no such line; alike are {expected}")
    assert isinstance(turned.fault, ConfigError)
    assert turned.fault.problems[0] == f"--expected {actual}: this is an actual line; give it as --actual"
    assert isinstance(agreeing.fault, ConfigError)
    assert "there is nothing to accept" in agreeing.fault.problems[0]
    assert right.code == 0
    assert len(json.loads(recon("decide", "list", "--json").out)["decisions"]) == 1


def test_a_folder_that_is_no_workspace_keeps_no_decision(recon: Callable[..., Said], tmp_path: Path) -> None:
    said = recon("decide", "note", "--expected", "E1", "--note", "x", "--workspace", str(tmp_path / "elsewhere"))

    assert isinstance(said.fault, ConfigError)
    assert not (tmp_path / "elsewhere").exists()


def test_a_line_is_explained_at_the_terminal(recon: Callable[..., Said], published: pl.DataFrame) -> None:
    line = one_of(published, "expected")

    words, document = recon("explain", line).out, json.loads(recon("explain", line, "--json").out)

    assert words.startswith(f"{line} ought to stand: ")
    assert "It agrees. Matched by" in words
    assert document["explanation"] == words.splitlines()
    assert isinstance(recon("explain", "no such line").fault, DataError)
    assert isinstance(recon("explain", line, "--period", "2020-01").fault, DataError)


def test_without_a_run_there_is_nothing_to_explain(recon: Callable[..., Said]) -> None:
    assert isinstance(recon("explain", "E1").fault, DataError)
