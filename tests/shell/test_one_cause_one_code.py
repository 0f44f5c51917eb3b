"""One cause has one exit code, whichever command meets it, and the same words may be typed after all of them."""

from __future__ import annotations

from contextlib import closing

from desk_rig import Desk, Typed

from recon.state.store import open_state


def approved(typed: Typed, desk: Desk) -> str:
    """The key of one small entry, reviewed by Bob and approved by Carla, with the reports named each time."""
    typed("bob", "review", "--short", "--reports", "reports")
    with closing(open_state(desk.closed.workspace)) as store:
        key = min(store.all(), key=lambda one: one.content.gross).key
    assert typed("bob", "review", "--mark", key, "--reports", "reports").code == 0
    assert typed("carla", "approve", key, "--reports", "reports").code == 0
    return key


def test_a_ledger_that_cannot_be_read_has_one_code_and_one_that_another_works_on_has_another(
    typed: Typed, desk: Desk
) -> None:
    key = approved(typed, desk)
    with closing(open_state(desk.closed.workspace)) as store, store.database.lock(key):
        busy = typed("ann", "post")
    path = desk.closed.workspace / "sources.toml"
    text = path.read_text()
    path.write_text(text.replace(desk.url, "http://127.0.0.1:9"))

    away = [typed("ann", "post", "--json"), typed("ann", "settle")]

    assert busy.code == 75
    assert "Next: nothing is wrong; the other process brings them in." in busy.out
    assert [one.code for one in away] == [3, 3]
    assert away[0].facts["error"]["kind"] == "Unreachable"
    with closing(open_state(desk.closed.workspace)) as store:
        assert [one.state for one in store.all() if one.key == key] == ["approved"]


def test_the_folder_of_reports_may_be_named_after_every_command_of_the_walk(typed: Typed, desk: Desk) -> None:
    key = approved(typed, desk)
    path = desk.closed.reports
    assert typed("ann", "post", "--reports", str(path)).code == 0

    undone = typed("ann", "undo", key, "--note", "twice", "--reports", str(path), "--json")
    declined = typed("bob", "reject", undone.facts["key"], "--note", "it was right", "--reports", str(path))

    assert (undone.code, declined.code) == (0, 0)
