"""A run on disk and in hand: what is written is read back whole, and a loss is noticed."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest
from unit.reporting.records import empty_record, run_record

import recon
from recon.conserved import check_bridge_closes, check_entries_balance, check_lines_conserved
from recon.digests import digest_file
from recon.errors import DataError, DigestDiffers, InvariantBroken
from recon.money import MONEY
from recon.reporting.model import RunRecord
from recon.reporting.runs import (
    find_run,
    is_intact,
    latest_run_id,
    list_runs,
    mark_latest,
    read_record,
    save_evidence,
    unreadable_runs,
)
from recon.run import Run, open_run


def saved(record: RunRecord, reports: Path) -> Path:
    """The folder of the record's run as a close leaves it, without the pack."""
    folder = reports / record.found.period.name / record.run_id
    (folder / "data").mkdir(parents=True)
    for name, frame in record.found.frames.items():
        frame.write_parquet(folder / "data" / f"{name}.parquet")
    save_evidence(record, folder)
    outputs = [
        {"name": path.relative_to(folder).as_posix(), "sha256": digest_file(path)}
        for path in folder.rglob("*")
        if path.is_file()
    ]
    (folder / "manifest.json").write_text(json.dumps({"outputs": outputs}), encoding="utf-8")
    mark_latest(folder.parent, record.run_id)
    return folder


def with_frame(record: RunRecord, name: str, frame: pl.DataFrame) -> RunRecord:
    found = dataclasses.replace(record.found, frames={**record.found.frames, name: frame})
    return dataclasses.replace(record, found=found)


@pytest.mark.parametrize("make", [run_record, empty_record])
def test_a_run_that_was_written_is_read_back_whole(tmp_path: Path, make: object) -> None:
    record = make()  # type: ignore[operator]

    again = read_record(saved(record, tmp_path))

    for name, frame in record.found.frames.items():
        assert again.found.frames[name].equals(frame), name
    assert again.found.ledger.equals(record.found.ledger)
    assert again.accounts.equals(record.accounts)
    assert again.locations.equals(record.locations)
    for name in (
        "period",
        "checks",
        "headlines",
        "statuses",
        "entries_debits",
        "pretax_effect",
        "asked",
        "unexplained",
    ):
        assert getattr(again.found, name) == getattr(record.found, name), name
    for name in ("run_id", "policy", "files", "policy_digest", "parameters", "version", "prepared_by", "prepared_at"):
        assert getattr(again, name) == getattr(record, name), name


def test_a_run_is_opened_by_its_period_alone_and_by_its_id(tmp_path: Path) -> None:
    record = run_record()
    saved(record, tmp_path)

    assert open_run("2026-09", reports=tmp_path).run_id == record.run_id
    assert open_run("2026-09", reports=tmp_path, run_id=record.run_id).folder == tmp_path / "2026-09" / record.run_id


def test_a_period_without_a_run_is_a_fault_that_names_the_runs_there_are(tmp_path: Path) -> None:
    record = run_record()
    saved(record, tmp_path)

    with pytest.raises(DataError, match="no run of 2026-08"):
        open_run("2026-08", reports=tmp_path)
    with pytest.raises(DataError, match=record.run_id):
        open_run("2026-09", reports=tmp_path, run_id="000000000000")


@pytest.mark.parametrize("name", ["data/variances.parquet", "evidence/ledger.parquet"])
def test_a_table_that_was_changed_after_the_run_is_noticed(tmp_path: Path, name: str) -> None:
    folder = saved(run_record(), tmp_path)
    assert is_intact(folder)

    (folder / name).write_bytes((folder / "data" / "matches.parquet").read_bytes())

    assert not is_intact(folder)
    with pytest.raises(DigestDiffers, match=name):
        read_record(folder)


def test_a_table_that_is_gone_is_noticed(tmp_path: Path) -> None:
    folder = saved(run_record(), tmp_path)
    (folder / "data" / "bridge.parquet").unlink()

    with pytest.raises(DigestDiffers, match=r"bridge\.parquet"):
        read_record(folder)


def test_a_run_of_a_version_without_a_table_says_so_and_what_to_do(tmp_path: Path) -> None:
    folder = saved(run_record(), tmp_path)
    stored = folder / "evidence/record.json"
    record = json.loads(stored.read_text(encoding="utf-8"))
    del record["digests"]["data/uncorrected.parquet"]
    stored.write_text(json.dumps(record), encoding="utf-8")
    (folder / "data/uncorrected.parquet").unlink()

    with pytest.raises(DataError, match="lacks tables of this version; run the close again") as told:
        read_record(folder)

    assert told.value.context["tables"] == "uncorrected"


def test_latest_moves_in_one_step_and_survives_a_missing_run(tmp_path: Path) -> None:
    assert latest_run_id(tmp_path) is None
    mark_latest(tmp_path, "0123456789ab")
    mark_latest(tmp_path, "ba9876543210")

    assert latest_run_id(tmp_path) == "ba9876543210"
    assert [path.name for path in tmp_path.iterdir()] == ["latest"]
    with pytest.raises(DataError):
        find_run(tmp_path.parent, tmp_path.name)


def test_runs_are_listed_newest_first_and_hidden_folders_are_not_runs(tmp_path: Path) -> None:
    first = run_record()
    later = dataclasses.replace(
        first, run_id="ba9876543210", prepared_at=first.prepared_at.replace(year=first.prepared_at.year + 1)
    )
    saved(first, tmp_path)
    saved(later, tmp_path)
    saved(first, tmp_path / ".staging-2026-09")

    listed = list_runs(tmp_path)

    assert [one.run_id for one in listed] == [later.run_id, first.run_id]
    assert [one.is_latest for one in listed] == [True, False]


def test_a_run_that_cannot_be_read_hides_none_of_the_others(tmp_path: Path) -> None:
    record = run_record()
    saved(record, tmp_path)
    other = saved(dataclasses.replace(record, run_id="ba9876543210"), tmp_path)
    (other / "evidence" / "record.json").write_text("{}", encoding="utf-8")

    assert [one.run_id for one in list_runs(tmp_path)] == [record.run_id]
    assert unreadable_runs(tmp_path) == [other]


@pytest.mark.parametrize("side", ["expected", "actual"])
def test_a_line_that_stands_nowhere_or_twice_is_our_bug(side: str) -> None:
    record = run_record()
    check_lines_conserved(record)
    matches = record.found.frames["matches"]
    one = matches.filter(pl.col("side") == side).head(1)

    with pytest.raises(InvariantBroken, match="in no match"):
        check_lines_conserved(with_frame(record, "matches", matches.join(one, on=["side", "line_id"], how="anti")))
    with pytest.raises(InvariantBroken, match="in two places"):
        check_lines_conserved(with_frame(record, "matches", pl.concat([matches, one])))


def test_a_bridge_that_does_not_arrive_is_our_bug() -> None:
    bridge = Run(run_record()).bridge
    check_bridge_closes(bridge)
    nudged = bridge.with_columns(
        pl.when(pl.col("row") == "J").then(pl.col("amount") + 1).otherwise(pl.col("amount")).cast(MONEY).alias("amount")
    )

    with pytest.raises(InvariantBroken, match="does not arrive"):
        check_bridge_closes(nudged)


def test_an_entry_that_does_not_balance_is_our_bug() -> None:
    lines = Run(run_record()).adjustment_lines
    check_entries_balance(lines)

    with pytest.raises(InvariantBroken, match="do not balance"):
        check_entries_balance(lines.slice(1))


def test_a_run_shows_itself_without_running_what_its_data_say() -> None:
    shown = Run(run_record(company="<script>alert(1)</script>"))._repr_html_()

    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_the_package_promises_six_names_and_loads_them_when_they_are_used() -> None:
    code = "import recon, sys; print('polars' in sys.modules, sorted(recon.__all__) == dir(recon))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout

    assert shown.split() == ["False", "True"]
    assert len(recon.__all__) == 6
    for name in recon.__all__:
        assert getattr(recon, name) is not None
    with pytest.raises(AttributeError):
        recon.guess  # noqa: B018
