"""`recon backtest` over a month that was closed twice: before a person decided, and after."""

from __future__ import annotations

import contextlib
import csv
import datetime as dt
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import typer
from openpyxl import load_workbook
from typer.testing import CliRunner

from recon.backtest.past import past_runs
from recon.cli.backtesting import backtest
from recon.cli.faults import exit_code_of
from recon.compute import CloseRequest, compute, plan_close
from recon.decisions import Wish, open_decisions
from recon.digests import digest_file
from recon.errors import DigestDiffers
from recon.reporting.manifest import MANIFEST, write_manifest
from recon.reporting.runs import mark_latest, read_record, save_evidence
from recon.signoff.carried import company_of
from recon.signoff.stamp import stamp
from recon.state.periods import SIGNED, SignOffRow, keep_sign_off
from recon.state.store import open_state

WORKSPACE = Path(__file__).parents[1] / "workspaces" / "restaurant"
# One deposit: its entry stands eight days later and without a document.
DEPOSIT = "DEP10-0909-amex"
BANK = f"deposits:{DEPOSIT}:110::1010"
WIDE = ("--set", "tolerances.window_days=10")


@dataclass(frozen=True)
class Month:
    """A company whose September was closed twice; `late` are the ledger lines of the entry that came late."""

    workspace: Path
    reports: Path
    late: tuple[str, ...]
    runs: tuple[Path, ...]


@pytest.fixture(scope="module")
def month(rehearsal: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Month:
    """September's deposits: closed, then a person says that the late entry is another matter, then closed again."""
    home = tmp_path_factory.mktemp("backtest")
    workspace, reports = home / "company", home / "reports"
    shutil.copytree(WORKSPACE, workspace)
    shutil.copytree(rehearsal("rehearsal-2026-09"), workspace / "sources", ignore=shutil.ignore_patterns("truth"))
    _post_late(workspace / "sources" / "intacct_gl_detail.csv")
    first = publish(workspace, reports)
    ledger = pl.read_parquet(first / "evidence" / "ledger.parquet")
    late = ledger.filter(pl.col("memo") == "late")
    bank = late.filter(pl.col("account") == "1010")["line_id"].to_list()
    open_decisions(workspace).record(Wish("reject", (BANK,), tuple(bank), note="a transfer between own accounts"))
    second = publish(workspace, reports)
    return Month(workspace, reports, tuple(sorted(late["line_id"])), (first, second))


def _post_late(path: Path) -> None:
    with path.open(newline="") as stream:
        heads, *rows = csv.reader(stream)
    document, memo, day = (heads.index(name) for name in ("DOCUMENT", "DESCRIPTION", "ENTRY_DATE"))
    changed = [row for row in rows if row[document] == DEPOSIT]
    for row in changed:
        row[document], row[memo], row[day] = "", "late", "09/19/2026"
    assert changed
    with path.open("w", newline="") as stream:
        csv.writer(stream).writerows([heads, *rows])


def publish(workspace: Path, reports: Path) -> Path:
    """The folder of a close's tables, evidence and manifest, as `recon close` writes them, without its pack."""
    plan = plan_close(CloseRequest("2026-09", workspace, workspace / "sources", only=("deposits",)))
    folder = reports / "2026-09" / plan.run_id
    record = compute(plan, folder.with_name("scratch"))
    shutil.rmtree(folder.with_name("scratch"))
    (folder / "data").mkdir(parents=True)
    for name, frame in record.found.frames.items():
        frame.write_parquet(folder / "data" / f"{name}.parquet")
    save_evidence(record, folder)
    write_manifest(record, folder)
    mark_latest(folder.parent, plan.run_id)
    return folder


def run(*words: str | Path) -> tuple[int, str]:
    """Exit code and what was printed, of the command as the command line runs it."""
    app = typer.Typer()
    app.command()(backtest)
    done = CliRunner().invoke(app, [str(word) for word in words])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        return exit_code_of(done.exception, as_json=False), str(done.exception)
    return done.exit_code, done.output


def facts(*words: str | Path) -> dict[str, Any]:
    code, text = run(*words, "--json")
    told: dict[str, Any] = json.loads(text)
    assert told["exit_code"] == code
    return told


def test_a_wider_window_that_captures_what_a_person_rejected_is_found_and_every_row_listed(month: Month) -> None:
    told = facts("--runs", month.reports, "--workspace", month.workspace, *WIDE)

    assert told["exit_code"] == 1
    assert sorted(row["right"] for row in told["wrong"]) == list(month.late)
    bank = next(row for row in told["wrong"] if row["left"] == BANK)
    assert bank["left_amount"] == bank["right_amount"] == "372.46"
    assert (bank["left_posting_date"], bank["right_posting_date"]) == ("2026-09-11", "2026-09-19")
    assert bank["left_document"] == DEPOSIT
    assert (bank["pass"], bank["was_too"]) == ("window", False)
    assert "a transfer between own accounts" in bank["said"]
    assert told["total"]["was"]["wrong"] == 0
    assert told["total"]["changed"]["precision"] == 0.0
    # The month was closed twice and is weighed once; its downloads are those it read.
    assert told["replayed"] == [f"2026-09 {month.runs[1].name}"]
    assert told["notes"] == []


def test_a_window_that_does_not_reach_the_rejected_entry_is_safe(month: Month) -> None:
    told = facts("--runs", month.reports, "--workspace", month.workspace, "--set", "tolerances.window_days=7")

    assert (told["exit_code"], told["wrong"]) == (0, [])
    assert told["total"]["changed"]["recall"] is None  # nobody put anything together: no share of nothing


def test_the_terminal_names_the_lines_the_amounts_and_the_person(month: Month) -> None:
    code, text = run("--runs", month.reports, "--workspace", month.workspace, *WIDE)

    assert code == 1
    for words in ("tolerances.window_days", "5 → 10", "372.46", DEPOSIT, "2026-09-19", "Rejected by", "pass window"):
        assert words in text


def test_without_any_decision_the_answer_is_no_figure_but_a_sentence_and_exit_code_1(month: Month) -> None:
    code, text = run("--runs", month.reports, *WIDE)

    assert code == 1
    assert "nobody decided anything" in text
    assert "rejected is known only with --workspace" in text
    assert "100.00 %" not in text


def test_every_row_goes_to_a_csv_file_or_a_workbook(month: Month, tmp_path: Path) -> None:
    asked = ("--runs", month.reports, "--workspace", month.workspace, *WIDE)

    run(*asked, "--out", tmp_path / "rows.csv")
    run(*asked, "--out", tmp_path / "rows.xlsx")

    rows = pl.read_csv(tmp_path / "rows.csv", infer_schema=False)
    assert sorted(rows.filter(found="wrong")["right"]) == list(month.late)
    book = load_workbook(tmp_path / "rows.xlsx", read_only=True)
    assert book.sheetnames == ["figures", "wrong", "gained", "lost"]
    assert book["wrong"].max_row == len(month.late) + 1


def test_a_rule_that_makes_other_lines_reads_the_downloads_again_and_says_where_they_are_absent(
    month: Month,
) -> None:
    settings = ("--set", "reconciliations.deposits.document=NO-{deposit_id}")

    told = facts("--runs", month.reports, "--workspace", month.workspace, *settings)
    code, text = run("--runs", month.reports, *settings)

    assert told["replayed"] == [f"2026-09 {month.runs[1].name}"]
    assert told["lost"]
    assert code == 2
    assert "a change of reconciliations needs the downloads again; no workspace was named" in text


def test_a_run_whose_downloads_changed_is_replayed_from_its_own_evidence_with_the_same_rows(
    month: Month, tmp_path: Path
) -> None:
    moved = tmp_path / "company"
    shutil.copytree(month.workspace, moved)
    with (moved / "sources" / "processor_deposits.csv").open("a") as stream:
        stream.write("\n")

    told = facts("--runs", month.reports, "--workspace", moved, *WIDE)

    assert sorted(row["right"] for row in told["wrong"]) == list(month.late)
    assert len(told["notes"]) == 1
    assert "processor_deposits.csv" in told["notes"][0]["note"]


def signed_by_bob(folder: Path, workspace: Path) -> None:
    """Put Bob's signature under every reconciliation of the run, on record and beside its manifest."""
    record = read_record(folder)
    digest, moment = digest_file(folder / MANIFEST), dt.datetime(2026, 10, 5, 9, tzinfo=dt.UTC)
    with contextlib.closing(open_state(workspace)) as store:
        for one in record.found.statuses:
            said = ("reconciliation", one.name, SIGNED, "bob", moment, record.run_id, digest)
            keep_sign_off(store, SignOffRow(company_of(record.policy), record.found.period.name, *said))
        stamp(store, folder, record)


def test_a_signed_run_is_truth_as_a_whole_and_counts_before_a_newer_one(month: Month, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    shutil.copytree(month.reports, reports)
    first = reports / "2026-09" / month.runs[0].name
    signed_by_bob(first, tmp_path)

    told = facts("--runs", reports, *WIDE)

    assert told["replayed"] == [f"2026-09 {first.name}"]
    # Who signed saw the late entry named as what the deposit was corrected by: to capture it is right.
    was, changed = told["total"]["was"], told["total"]["changed"]
    assert (changed["precision"], changed["recall"], was["precision"]) == (1.0, 1.0, 1.0)
    assert changed["right"] - was["right"] == len(month.late)
    assert was["truth"] == changed["truth"] > 1000
    assert [(row["right"], row["verdict"]) for row in told["gained"]] == [(line, "right") for line in month.late]
    assert told["exit_code"] == 0


def test_a_sign_off_of_a_run_that_was_changed_since_is_refused(month: Month, tmp_path: Path) -> None:
    reports = tmp_path / "reports"
    shutil.copytree(month.reports, reports)
    first = reports / "2026-09" / month.runs[0].name
    signed_by_bob(first, tmp_path)
    (first / "data" / "matches.parquet").unlink()

    with pytest.raises(DigestDiffers, match="was changed since"):
        past_runs(reports)


def test_wrong_words_end_with_2_and_runs_that_cannot_be_read_with_4(month: Month, tmp_path: Path) -> None:
    spoilt = tmp_path / "reports" / "2026-09" / month.runs[0].name
    shutil.copytree(month.runs[0], spoilt)
    (spoilt / "evidence" / "record.json").write_text("{}")

    assert run("--runs", month.reports, "--set", "tolerances.window=7")[0] == 2
    assert run("--runs", month.reports)[0] == 2
    assert run("--runs", month.reports, *WIDE, "--sources", tmp_path)[0] == 2
    assert run("--left", "a.csv", "--right", "b.csv")[0] == 2
    assert run("--runs", month.reports, *WIDE, "--out", "rows.pdf")[0] == 2
    assert run("--runs", tmp_path / "none", *WIDE)[0] == 4
    code, text = run("--runs", tmp_path / "reports", *WIDE)
    assert (code, str(spoilt) in text) == (4, True)
