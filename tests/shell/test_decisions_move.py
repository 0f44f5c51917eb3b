"""Decisions move from their file into the state database: once, exactly, and the close does not notice."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
from pathlib import Path

import pytest
from conftest import StatePlace
from sqlalchemy import text
from unit.state.test_store import bare

from recon.decisions import FILE, Decisions, DecisionTable, Wish, read_decisions
from recon.errors import ConfigError, NotAllowed, ReconError
from recon.state.audit import audit
from recon.state.store import open_state

MORNING = dt.datetime(2026, 10, 2, 9, tzinfo=dt.UTC)
MATCH = Wish("match", ("E1",), ("A1",), "same «transfer»")


def decisions(workspace: Path, who: str = "ann") -> Decisions:
    return Decisions(workspace, lambda: who, lambda: MORNING)


@pytest.fixture
def place(state_place: StatePlace, monkeypatch: pytest.MonkeyPatch) -> StatePlace:
    """A workspace whose state database everybody finds; on SQLite it is not there yet."""
    (state_place.workspace / "state.sqlite").unlink(missing_ok=True)
    for name, value in state_place.environ.items():
        monkeypatch.setenv(name, value)
    return state_place


def test_until_there_is_a_state_database_decisions_stand_in_their_file(tmp_path: Path) -> None:
    made = decisions(tmp_path).record(MATCH)

    assert json.loads((tmp_path / FILE).read_text(encoding="utf-8"))["decision_id"] == made
    assert not (tmp_path / "state.sqlite").exists()


def test_once_users_csv_names_people_deciding_takes_a_row_and_a_role(tmp_path: Path) -> None:
    head = "person,roles,aliases,service_accounts\n"
    (tmp_path / "users.csv").write_text(head, encoding="utf-8")
    decisions(tmp_path, "alone").record(MATCH)  # nobody is named: whoever works alone decides
    (tmp_path / "users.csv").write_text(f"{head}ann,preparer,,svc-close\neve,,,\n", encoding="utf-8")

    decisions(tmp_path, "ann").record(MATCH)
    for login, words in (("alone", "stands in no row"), ("eve", "eve may not decide"), ("svc-close", "in person")):
        with pytest.raises(NotAllowed, match=words):
            decisions(tmp_path, login).record(MATCH)

    assert len(decisions(tmp_path).rows()) == 2


def test_the_file_is_taken_over_exactly_and_kept_and_the_close_reads_the_same(
    place: StatePlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RECON_DATABASE_URL", raising=False)
    here = decisions(place.workspace)
    first = here.record(MATCH)
    here.record(Wish("note", undoes=first))
    here.record(Wish("accept", ("E2",), (), "cents"))
    written, rows = (place.workspace / FILE).read_bytes(), here.rows()
    read = read_decisions(place.workspace, place.workspace)
    for name, value in place.environ.items():
        monkeypatch.setenv(name, value)
    store = place.open()

    moved = read_decisions(place.workspace, place.workspace)

    assert here.rows() == rows
    assert moved.files == read.files
    assert moved.frame is not None
    assert moved.frame.equals(read.frame)
    assert not (place.workspace / FILE).exists()
    (kept,) = place.workspace.glob("decisions.taken-over-*.jsonl")
    assert kept.read_bytes() == written
    assert [event.act for event in store.events()] == ["taken over"] * 3 + ["file taken over"]
    assert store.events()[-1].details["rows"] == "3"
    assert audit(store) == ()


def test_what_is_decided_after_the_move_is_the_same_row_as_in_the_file(place: StatePlace, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    place.open()
    wishes = (MATCH, Wish("assign", (), ("A2",), "to bob"))

    in_database = [decisions(place.workspace).record(wish) for wish in wishes]

    store = place.open(now=lambda: MORNING)
    assert not (place.workspace / FILE).exists()
    assert [(event.act, event.actor, event.subject) for event in store.events()] == [
        ("decided", "ann", one) for one in in_database
    ]
    rows = decisions(place.workspace).rows()
    assert [(row["action"], row["note"]) for row in rows] == [("match", "same «transfer»"), ("assign", "to bob")]
    assert rows[0]["decided_at"] < rows[1]["decided_at"]
    with pytest.raises(ConfigError, match="nothing was decided"):
        decisions(place.workspace).record(Wish("match", ("E1",)))
    undone = decisions(place.workspace, "bob").record(Wish("note", undoes=in_database[0]))
    with pytest.raises(ConfigError, match=f"taken back already; to restore it: recon decide undo {undone}"):
        decisions(place.workspace).record(Wish("note", undoes=in_database[0]))
    assert audit(store) == ()


def test_a_file_that_comes_back_is_taken_for_what_it_is(place: StatePlace) -> None:
    place.open()
    decisions(place.workspace).record(MATCH)
    (row,) = read_decisions(place.workspace, place.workspace).frame.to_dicts()  # type: ignore[union-attr]
    same = json.dumps({**row, "decided_at": "2026-10-02T09:00:00+00:00"})
    (place.workspace / FILE).write_text(same, encoding="utf-8")

    assert len(decisions(place.workspace).rows()) == 1
    assert not (place.workspace / FILE).exists()
    (place.workspace / FILE).write_text(same.replace("transfer", "cheque"), encoding="utf-8")
    with pytest.raises(ConfigError, match=f"there again with others \\({row['decision_id']}\\): move the file"):
        decisions(place.workspace).rows()
    assert (place.workspace / FILE).exists()


def test_a_damaged_file_is_not_taken_over(place: StatePlace) -> None:
    place.open()
    (place.workspace / FILE).write_text("{", encoding="utf-8")

    with pytest.raises(ConfigError, match="nothing was changed"):
        decisions(place.workspace).record(MATCH)
    with pytest.raises(ConfigError):
        read_decisions(place.workspace, place.workspace)

    assert (place.workspace / FILE).read_text(encoding="utf-8") == "{"
    assert place.open().head().sequence == 0


def test_a_decision_is_never_changed_and_a_changed_one_shows(place: StatePlace) -> None:
    store = place.open()
    DecisionTable(store, lambda: "ann").record(MATCH)

    for sql in ("UPDATE decision SET note = 'x'", "DELETE FROM decision"):
        with pytest.raises(ReconError, match="rows of decision are never changed"):
            store.database.write(lambda connection, sql=sql: connection.execute(text(sql)))
    bare(store, "decision")
    store.database.write(lambda connection: connection.execute(text("UPDATE decision SET note = 'x'")))

    assert audit(store)[0] == "Row 1 of decision is not what was written: the trail does not know it."


def _decide(workspace: Path, who: str, environ: dict[str, str]) -> None:
    os.environ.update(environ)  # whoever serves the processes was begun under another one
    for number in range(5):
        decisions(workspace, who).record(Wish("note", (f"{who}{number}",), note="why"))


def test_people_who_decide_while_the_file_is_taken_over_lose_nothing(place: StatePlace) -> None:
    (place.workspace / FILE).write_text("", encoding="utf-8")
    start = multiprocessing.get_context("forkserver")
    start.set_forkserver_preload(["recon.decisions", "recon.state.store", "psycopg"])
    names = ("ann", "bob", "carla")
    people = [start.Process(target=_decide, args=(place.workspace, who, place.environ)) for who in names]
    for one in people:
        one.start()
    open_state(place.workspace).close()
    for one in people:
        one.join()

    rows = decisions(place.workspace).rows()
    assert [one.exitcode for one in people] == [0, 0, 0]
    assert sorted(row["expected_line_ids"][0] for row in rows) == sorted(f"{who}{n}" for who in names for n in range(5))
    assert len({row["decision_id"] for row in rows}) == 15
    assert audit(place.open()) == ()
