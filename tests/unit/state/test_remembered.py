"""A workspace remembers which records it has: a forgotten address begins no second set of them."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest
from postgres import Server

from recon.errors import ConfigError
from recon.state.audit import audit
from recon.state.place import FILE, RECORDS, has_state
from recon.state.store import open_state
from recon.trail import Anchor


@pytest.fixture
def team(postgres: Server) -> dict[str, str]:
    """The environment that names a team's database."""
    return {"RECON_DATABASE_URL": postgres.address(postgres.make("state1"))}


def recorded(workspace: Path, environ: dict[str, str]) -> None:
    """One act on record, and the workspace opened again after it."""
    for _ in range(2):
        with closing(open_state(workspace, environ=environ)) as store:
            store.record("looked", "x", actor="ann")


@pytest.mark.parametrize("acts", [0, 1])
def test_a_team_s_workspace_without_the_address_is_refused_and_gets_no_file_of_its_own(
    tmp_path: Path, team: dict[str, str], acts: int
) -> None:
    open_state(tmp_path, environ=team).close()
    if acts:
        recorded(tmp_path, team)

    assert has_state(tmp_path, {})  # so that whoever closes without the address is told, too
    with pytest.raises(
        ConfigError, match=r"are kept in this machine/state\d+, .*: let RECON_DATABASE_URL name that database"
    ):
        open_state(tmp_path, environ={})

    assert not (tmp_path / FILE).exists()
    open_state(tmp_path, environ=team).close()


def test_another_database_and_another_file_are_refused_and_the_mend_is_named(
    tmp_path: Path, team: dict[str, str], postgres: Server
) -> None:
    recorded(tmp_path, {})
    with pytest.raises(ConfigError, match=r"kept in its own file state\.sqlite, .*: leave RECON_DATABASE_URL unset"):
        open_state(tmp_path, environ=team)

    recorded(tmp_path / "other", {})
    for path in tmp_path.glob(f"{FILE}*"):
        path.unlink()
    (tmp_path / "other" / FILE).rename(tmp_path / FILE)
    with pytest.raises(ConfigError, match="holds other records than this workspace has: put back the database"):
        open_state(tmp_path, environ={})

    (tmp_path / RECORDS).unlink()  # on purpose
    open_state(tmp_path, environ={}).close()


def test_the_same_records_under_another_name_are_the_same(tmp_path: Path, team: dict[str, str]) -> None:
    recorded(tmp_path, team)
    told = json.loads((tmp_path / RECORDS).read_text(encoding="utf-8"))
    (tmp_path / RECORDS).write_text(json.dumps({**told, "place": "db.example/recon"}), encoding="utf-8")

    open_state(tmp_path, environ=team).close()

    (tmp_path / RECORDS).write_text("{", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"cannot be read: put back .* \(file=.*records\.json\)"):
        open_state(tmp_path, environ=team)


def test_an_audit_looks_at_whatever_there_is_and_tells_another_trail_from_a_cut_one(tmp_path: Path) -> None:
    for name in ("ours", "theirs"):
        recorded(tmp_path / name, {})
    with closing(open_state(tmp_path / "ours", environ={})) as store:
        first, whole = store.links()[0], store.head()
    heads = [Anchor(type(whole)(first.sequence, first.hash), "manifest 1"), Anchor(whole, "manifest 2")]

    with closing(open_state(tmp_path / "theirs", environ={}, whatever=True)) as store:
        (another,) = audit(store, heads)
    beyond = Anchor(type(whole)(9, "f" * 64), "manifest 3")
    with closing(open_state(tmp_path / "ours", environ={}, whatever=True)) as store:
        (cut,) = audit(store, [*heads, beyond])

    assert "no head written elsewhere stands in it, it may be another trail: look at RECON_DATABASE_URL" in another
    assert cut.endswith("manifest 3 names row 9: the rows after it are gone.")
