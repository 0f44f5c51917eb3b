"""A sample of the campaign of pulls under churn and kills, and what its sandbox must hold to: ids never come again."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from make_books import small_world

from recon.sandbox import gp_tables
from recon.sandbox.app import make_app
from recon.sandbox.world import World

CAMPAIGN = Path(__file__).parents[1] / "bench" / "pull_campaign.py"


def test_the_number_of_a_deleted_entry_is_never_given_again() -> None:
    world = small_world(6)
    make_app(world)
    world.write("DELETE FROM intacct_line WHERE recordno = 6")
    world.write("DELETE FROM intacct_batch WHERE recordno = 3")

    world.churn("intacct_line", insert=1, seed=1)

    assert world.one("SELECT max(recordno) FROM intacct_batch") == (4,)
    assert world.query("SELECT recordno FROM intacct_line WHERE recordno = 6") == []


def test_the_number_of_a_deleted_entry_is_not_given_again_after_the_sandbox_was_started_anew(tmp_path: Path) -> None:
    first = World.of_rows({"intacct_customer": [{"recordno": 9, "customerid": "A"}]}, file=tmp_path / "state.db")
    make_app(first)
    first.write("DELETE FROM intacct_customer")
    first.close()
    second = World.of_rows({}, file=tmp_path / "state.db")
    make_app(second)

    assert second.next_id("intacct_customer", "recordno") == 10


def test_transactions_that_come_between_two_pages_have_names_of_their_own_that_a_seed_repeats() -> None:
    rows = [{"id": f"TRN_{n}", "time_created": "2026-09-02T10:00:00.000Z", "type": "SALE"} for n in range(3)]
    found = []
    for _ in range(2):
        world = World.of_rows({"gp_transactions": gp_tables.kept("gp_transactions", rows)})
        make_app(world)
        for seed in range(4):
            world.churn("gp_transactions", insert=2, delete=2, seed=seed)
        found.append(world.query("SELECT id FROM gp_transactions ORDER BY 1"))

    assert found[0] == found[1]
    assert len({name for (name,) in found[0]} - {row["id"] for row in rows}) > 0


def tried(seeds: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CAMPAIGN), "--seeds", seeds, "--folder", str(folder)],
        capture_output=True, text=True, timeout=3000, check=False,
    )  # fmt: skip


def test_pulls_killed_under_churn_miss_and_double_no_row(forks: None, tmp_path: Path) -> None:
    done = tried("1-6", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
    assert '"wrong": 0' in done.stdout
    assert '"killed"' in done.stdout


@pytest.mark.heavy
@pytest.mark.parametrize("first", range(1, 2001, 100))
def test_two_thousand_pulls_killed_under_churn_miss_and_double_no_row(forks: None, tmp_path: Path, first: int) -> None:
    done = tried(f"{first}-{first + 99}", tmp_path)

    assert done.returncode == 0, done.stdout + done.stderr
