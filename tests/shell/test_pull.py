"""A pull as a process: what stands on disk afterwards, however often it ran and wherever it was killed."""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import polars as pl
import pull_rig
import pytest
from filelock import FileLock
from pull_rig import (
    PERIOD,
    START,
    Books,
    Lines,
    MadeService,
    Numbered,
    fingerprint,
    make_rows,
    make_workspace,
    pull_made,
)

from recon.compute import CloseRequest, compute, plan_close
from recon.errors import ConfigError, DataError, DigestDiffers, LockHeld, RemoteError
from recon.period import parse_period
from recon.pulling import PullRequest, pull, sources_of
from recon.store import SourceStore
from recon.workspace import load_workspace
from recon.workspace.supply import Supply

RIG = Path(__file__).parents[1] / "pull_rig.py"
DAY = dt.timedelta(days=1)
Job = Callable[..., str]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return make_workspace(tmp_path / "company")


@pytest.fixture(scope="module")
def job(forks: None) -> Iterator[Job]:
    """Run a pull in a process of its own and say how it ended; the processes are forked from one that is warm."""
    rig = subprocess.Popen([sys.executable, str(RIG)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert rig.stdin is not None
    assert rig.stdout is not None

    def ask(workspace: Path, books: Path, **more: Any) -> str:
        usual = {"die_at": 0, "churn": None, "size": 9, "numbered": False, "write_back": False}
        wanted = {**usual, "workspace": str(workspace), "books": str(books), **more}
        rig.stdin.write(json.dumps(wanted) + "\n")
        rig.stdin.flush()
        return rig.stdout.readline().strip()

    yield ask
    rig.stdin.close()
    rig.wait(timeout=30)


def ledger(workspace: Path) -> pl.DataFrame:
    return pl.read_parquet(workspace / "sources" / PERIOD / "ledger.parquet")


def close_reads(workspace: Path, period: str = PERIOD) -> Path:
    return sources_of(load_workspace(workspace), Supply.model_validate(pull_rig.SUPPLY), period)


def record_numbers(workspace: Path) -> list[int]:
    return sorted(int(one.removeprefix("made:")) for one in ledger(workspace)["line_id"])


def in_windows(rows: list[dict[str, Any]]) -> list[int]:
    return sorted(row["RECORDNO"] for row in rows if "2026-08-21" <= row["ENTRY_DATE"] <= "2026-10-10")


def test_a_pull_writes_the_folder_that_a_close_of_the_period_reads(workspace: Path) -> None:
    rows = make_rows(1, 100)

    pulled = pull_made(workspace, Lines(Books(rows), 9))

    assert record_numbers(workspace) == in_windows(rows)
    assert pulled.rows == {"accounts": 3, "ledger": len(in_windows(rows))}
    assert close_reads(workspace) == pulled.folder
    assert close_reads(workspace, "2026-08") == workspace / "sources"


def test_a_pull_twice_changes_no_byte(workspace: Path) -> None:
    books = Books(make_rows(2, 100))
    pull_made(workspace, Lines(books, 9))
    before = fingerprint(workspace)

    pulled = pull_made(workspace, Lines(books, 25), at=START + DAY)

    assert not any(one.any for one in pulled.added.values())
    assert fingerprint(workspace) == before


def test_late_edited_and_deleted_lines_are_taken_over_and_stay_visible(workspace: Path) -> None:
    rows = make_rows(3, 100)
    pull_made(workspace, Lines(Books(rows), 9))
    first, second, *rest = [row for row in rows if row["RECORDNO"] in in_windows(rows)]
    late = {**first, "RECORDNO": 500, "DOCUMENT": "D500"}

    pulled = pull_made(workspace, Lines(Books([{**second, "AMOUNT": "0.07"}, *rest, late]), 9), at=START + DAY)

    added = pulled.added["made.lines"]
    assert (added.new, added.changed, added.deleted) == (1, 1, 1)
    assert record_numbers(workspace) == in_windows([second, *rest, late])
    versions = SourceStore(workspace / "pulled" / "made.lines").history().collect()
    assert versions.filter(pl.col("row_id") == str(second["RECORDNO"])).height == 2
    assert versions.filter(pl.col("row_id") == str(first["RECORDNO"]))["deleted"].to_list() == [False, True]


def test_a_change_in_closed_books_is_a_finding(workspace: Path) -> None:
    rows = make_rows(4, 60)
    august = next(row for row in rows if "2026-08-21" <= row["ENTRY_DATE"] <= "2026-08-31")
    september = next(row for row in rows if "2026-09-01" <= row["ENTRY_DATE"] <= "2026-09-30")
    pull_made(workspace, Lines(Books(rows), 9), closed=dt.date(2026, 8, 31))
    changed = [{**row, "AMOUNT": "1.23"} if row in (august, september) else row for row in rows]

    pulled = pull_made(workspace, Lines(Books(changed), 9), at=START + DAY, closed=dt.date(2026, 8, 31))

    assert pulled.changes.select("row_id", "change").rows() == [(str(august["RECORDNO"]), "changed")]
    assert "1.23" in pulled.changes["explanation"][0]
    assert pl.read_parquet(pulled.folder / "source_changes.parquet").equals(pulled.changes)


def test_a_pull_that_failed_goes_on_behind_the_last_page_it_kept(workspace: Path) -> None:
    books = Books(make_rows(5, 100))
    failing = Lines(books, 9, fail_after=4)
    with pytest.raises(RemoteError, match="try again later"):
        pull_made(workspace, failing)

    again = Lines(books, 9)
    pulled = pull_made(workspace, again, at=START + dt.timedelta(hours=1))

    assert pulled.resumed
    assert again.asked[0] == failing.asked[4]
    assert record_numbers(workspace) == in_windows(books.rows)


def test_an_interrupted_pull_of_yesterday_begins_anew(workspace: Path) -> None:
    books = Books(make_rows(5, 100))
    with pytest.raises(RemoteError):
        pull_made(workspace, Lines(books, 9, fail_after=4))

    again = Lines(books, 9)
    pulled = pull_made(workspace, again, at=START + 2 * DAY)

    assert not pulled.resumed
    assert again.asked[0] is None


def test_an_interrupted_pull_is_forgotten_on_wish(workspace: Path) -> None:
    books = Books(make_rows(5, 100))
    with pytest.raises(RemoteError):
        pull_made(workspace, Lines(books, 9, fail_after=4))

    again = Lines(books, 9)
    pull_made(workspace, again, fresh=True)

    assert again.asked[0] is None


def test_what_stopped_a_pull_behind_its_reading_may_be_mended_at_the_source(workspace: Path) -> None:
    closed = dt.date(2026, 9, 30)
    known = make_rows(5, 20)
    late = known[0] | {"RECORDNO": 99, "ENTRY_DATE": "2026-09-05"}
    pull_made(workspace, Lines(Books(known), 9), closed=closed)
    with pytest.raises(pl.exceptions.PolarsError):
        pull_made(workspace, Lines(Books([*known, late | {"AMOUNT": "a dozen"}]), 9), at=START + DAY, closed=closed)

    pulled = pull_made(workspace, Lines(Books([*known, late]), 9), at=START + 1.5 * DAY, closed=closed)

    assert 99 in record_numbers(workspace)
    assert pulled.new_changes["row_id"].to_list() == ["99", "99"]  # what the pull that stopped saw first is still new


def test_a_resumed_pull_ends_in_the_bytes_of_an_undisturbed_one(tmp_path: Path) -> None:
    books = Books(make_rows(6, 100))
    smooth, rough = make_workspace(tmp_path / "smooth"), make_workspace(tmp_path / "rough")
    pull_made(smooth, Lines(books, 9))

    for after in (1, 2, 5):
        with pytest.raises(RemoteError):
            pull_made(rough, Lines(books, 9, fail_after=after), at=START + dt.timedelta(minutes=after - 1))
    pull_made(rough, Lines(books, 9), at=START + DAY)

    assert fingerprint(rough) == fingerprint(smooth)


def test_a_known_line_that_one_reading_missed_is_looked_for_again(workspace: Path) -> None:
    class Skipping(Lines):
        readings = 0

        async def pages(self, window, cursor):  # type: ignore[no-untyped-def]
            async for page in super().pages(window, cursor):
                if window.start == dt.date(2026, 9, 1):
                    Skipping.readings += 1
                    if Skipping.readings == 1:
                        yield type(page)(page.rows[1:], page.cursor)
                        continue
                yield page

    books = Books(make_rows(7, 60))
    pull_made(workspace, Lines(books, 90))
    before = fingerprint(workspace)

    pull_made(workspace, Skipping(books, 90), at=START + DAY)

    assert fingerprint(workspace) == before


def test_rows_of_another_company_are_refused(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    books = Books(make_rows(8, 20))
    pull_made(workspace, Lines(books, 9))
    monkeypatch.setattr(MadeService, "account", "loopback OTHER")
    monkeypatch.setattr(MadeService.__init__, "__defaults__", ("intacct_rest", "loopback OTHER"))

    with pytest.raises(ConfigError, match="holds rows of loopback ACME"):
        pull_made(workspace, Lines(books, 9))


def test_a_store_that_somebody_changed_is_refused(workspace: Path) -> None:
    books = Books(make_rows(8, 20))
    pull_made(workspace, Lines(books, 9))
    segment = next((workspace / "pulled" / "made.lines" / "versions").glob("*.parquet"))
    segment.write_bytes(segment.read_bytes()[:-1])

    with pytest.raises(DigestDiffers, match="restore it from a backup"):
        pull_made(workspace, Lines(books, 9))


def test_two_pulls_of_a_workspace_do_not_run_at_once(workspace: Path) -> None:
    (workspace / "pulled").mkdir()
    with FileLock(workspace / "pulled" / ".lock"), pytest.raises(LockHeld, match="wait for it"):
        pull_made(workspace, Lines(Books([]), 9))


def test_downloads_of_the_other_kinds_are_taken_over_beside_what_was_pulled(workspace: Path) -> None:
    (workspace / "sources" / "payroll_register_2026-09.csv").write_text("Payroll Run\n1\n")
    (workspace / "sources" / "intacct_gl_detail.csv").write_text("RECORDNO\n1\n")

    pulled = pull_made(workspace, Lines(Books(make_rows(9, 20)), 9))

    assert pulled.copied == ("payroll_register_2026-09.csv",)
    assert sorted(path.name for path in pulled.folder.iterdir()) == [
        "accounts.parquet", "ledger.parquet", "payroll_register_2026-09.csv", "pull.json",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("corrected", "said"),
    [
        ({"payroll_register_2026-09.csv": "Payroll Run\n2\n"}, "payroll_register_2026-09.csv was changed"),
        ({"payroll_register_2026-09b.csv": "Payroll Run\n2\n"}, "payroll_register_2026-09b.csv is new"),
        ({"payroll_register_2026-09.csv": None}, "payroll_register_2026-09.csv was taken away"),
    ],
)
def test_a_download_that_was_corrected_after_the_pull_is_not_passed_over(
    workspace: Path, corrected: dict[str, str | None], said: str
) -> None:
    (workspace / "sources" / "payroll_register_2026-09.csv").write_text("Payroll Run\n1\n")
    lines = Lines(Books(make_rows(9, 20)), 9)
    pull_made(workspace, lines)
    for name, text in corrected.items():
        if text is None:
            (workspace / "sources" / name).unlink()
        else:
            (workspace / "sources" / name).write_text(text)

    with pytest.raises(DataError, match=f"{said}.* run: recon pull 2026-09"):
        close_reads(workspace)
    pulled = pull_made(workspace, lines)

    assert close_reads(workspace) == pulled.folder


def test_a_folder_that_was_pulled_from_elsewhere_is_not_closed(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pull_made(workspace, Lines(Books(make_rows(9, 20)), 9))
    monkeypatch.setitem(pull_rig.SUPPLY["sources"], "accounts", {"from": "files"})

    with pytest.raises(DataError, match="accounts come from files now, and were taken from api: intacct_rest"):
        close_reads(workspace)


def test_a_pull_that_would_ask_nobody_says_so_and_leaves_the_downloads_to_the_close(workspace: Path) -> None:
    (workspace / "sources" / "payroll_register_2026-09.csv").write_text("Payroll Run\n1\n")
    company = load_workspace(workspace)

    with pytest.raises(ConfigError, match="names no service and no folder"):
        pull(PullRequest(company, Supply(), parse_period(PERIOD), [], lambda: START))

    assert not (workspace / "sources" / PERIOD).exists()
    assert sources_of(company, Supply(), PERIOD) == workspace / "sources"


def test_a_workspace_without_downloads_needs_no_folder_for_them(workspace: Path) -> None:
    (workspace / "sources").rmdir()

    assert pull_made(workspace, Lines(Books(make_rows(9, 20)), 9)).copied == ()


def test_a_file_that_somebody_put_into_the_folder_of_a_pull_is_never_removed(workspace: Path) -> None:
    books = Books(make_rows(9, 20))
    strange = pull_made(workspace, Lines(books, 9)).folder / "locations.csv"
    strange.write_text("location\n100\n")

    with pytest.raises(DataError, match=r"no pull put locations\.csv there: move what you downloaded to .*sources,"):
        pull_made(workspace, Lines(books, 9), at=START + DAY)
    with pytest.raises(DataError, match=r"no pull put locations\.csv there"):
        close_reads(workspace)

    strange.rename(workspace / "sources" / "locations.csv")
    assert pull_made(workspace, Lines(books, 9), at=START + DAY).copied == ("locations.csv",)


def test_a_folder_of_downloads_that_has_the_periods_name_is_never_replaced(workspace: Path) -> None:
    mine = workspace / "sources" / PERIOD / "intacct_gl_detail.csv"
    mine.parent.mkdir(parents=True)
    mine.write_text("RECORDNO\n1\n")

    with pytest.raises(DataError, match="no pull put"):
        pull_made(workspace, Lines(Books(make_rows(9, 20)), 9))

    assert mine.exists()


def test_a_pull_says_which_files_are_to_be_downloaded_before_a_close(workspace: Path) -> None:
    absent = pull_made(workspace, Lines(Books(make_rows(9, 20)), 9)).absent
    (workspace / "sources" / "payroll_register_2026-09.csv").write_text("Payroll Run\n1\n")
    there = pull_made(workspace, Lines(Books(make_rows(9, 20)), 9), at=START + DAY).absent

    assert [one.split(" come ")[0] for one in absent if one not in there] == ["payroll"]
    with pytest.raises(DataError, match=f"download it into {workspace / 'sources'} and pull again"):
        compute(plan_close(CloseRequest(PERIOD, workspace, close_reads(workspace))), workspace)


def test_a_folder_source_that_is_empty_is_named(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources = {**pull_rig.SUPPLY["sources"], "balances": {"from": "folder", "folder": str(tmp_path)}}
    monkeypatch.setitem(pull_rig.SUPPLY, "sources", sources)

    with pytest.raises(DataError, match=r"has no balances\.parquet"):
        pull_made(workspace, Lines(Books(make_rows(9, 20)), 9))


def undisturbed(job: Job, folder: Path, books: Path, **more: Any) -> dict[str, str]:
    workspace = make_workspace(folder)
    assert job(workspace, books, **more) == "exit 0"
    return fingerprint(workspace)


@pytest.mark.parametrize("seed", range(10))
def test_killed_at_a_random_point_and_started_again_it_ends_in_the_same_bytes(
    job: Job, tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    books = tmp_path / "books.json"
    books.write_text(json.dumps(make_rows(seed, 70)))
    smooth = undisturbed(job, tmp_path / "smooth", books)
    rough = make_workspace(tmp_path / "rough")

    endings = [job(rough, books, die_at=chance.randrange(1, 90)) for _ in range(2)]
    assert "signal 9" in endings
    assert job(rough, books) == "exit 0"

    assert fingerprint(rough) == smooth


@pytest.mark.parametrize("numbered", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_killed_while_the_books_change_it_comes_to_what_an_undisturbed_pull_sees(
    job: Job, tmp_path: Path, seed: int, numbered: bool
) -> None:
    chance = random.Random(1000 + seed)
    books = tmp_path / "books.json"
    books.write_text(json.dumps(make_rows(seed, 70)))
    rough = make_workspace(tmp_path / "rough")

    job(rough, books, churn=seed, numbered=numbered, write_back=True)  # a whole pull, under churn
    ending = job(rough, books, churn=seed + 1, numbered=numbered, die_at=chance.randrange(1, 70))
    assert job(rough, books, numbered=numbered) == "exit 0"  # takes up the killed pull
    assert job(rough, books, numbered=numbered) == "exit 0"  # and once more, when nothing changes any longer

    smooth = make_workspace(tmp_path / "smooth")
    assert job(smooth, books, numbered=numbered) == "exit 0"
    assert ending in ("signal 9", "exit 0")
    assert fingerprint(rough / "sources") == fingerprint(smooth / "sources")
    assert record_numbers(rough) == in_windows(json.loads(books.read_text()))


@pytest.mark.heavy
def test_killed_at_every_single_point_it_ends_in_the_same_bytes(job: Job, tmp_path: Path) -> None:
    books = tmp_path / "books.json"
    books.write_text(json.dumps(make_rows(1, 40)))
    smooth = undisturbed(job, tmp_path / "smooth", books)
    point, ending = 0, "signal 9"
    while ending == "signal 9":
        point += 1
        rough = make_workspace(tmp_path / "rough")
        ending = job(rough, books, die_at=point)
        assert job(rough, books) == "exit 0"
        assert fingerprint(rough) == smooth, f"killed at point {point}"
        shutil.rmtree(rough)
    assert point > 60


def test_numbered_pages_give_every_line_once(workspace: Path) -> None:
    rows = make_rows(11, 90)

    pull_made(workspace, Numbered(Books(rows), 10))

    assert record_numbers(workspace) == in_windows(rows)
