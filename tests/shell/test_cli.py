"""The command line: words, exit codes and documents, run in this process without a close."""

from __future__ import annotations

import contextlib
import errno
import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner
from unit.reporting.records import run_record

from recon import __version__
from recon.cli import main
from recon.cli.app import app
from recon.cli.faults import Commands, exit_code_of, interruptible
from recon.cli.show import close_json, close_summary
from recon.close import Closed, outcome
from recon.errors import InvariantBroken, LockHeld
from recon.reporting.pack import write_data
from recon.reporting.runs import mark_latest, save_evidence


@dataclass(frozen=True)
class Said:
    """What one command answered."""

    code: int
    out: str
    err: str


@pytest.fixture
def recon(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """Type one command in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def typed(*words: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["recon", *words])
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Said(int(ended.value.code or 0), said.out, said.err)

    return typed


def test_version_and_help_are_answered_at_once(recon) -> None:
    assert recon("--version") == Said(0, f"recon {__version__}\n", "")
    shown = recon("--help")
    assert shown.code == 0
    for command in ("init", "profile", "close", "status"):
        assert command in shown.out


def test_the_module_is_the_program() -> None:
    typed = subprocess.run([sys.executable, "-m", "recon", "--version"], capture_output=True, text=True, check=True)
    assert typed.stdout == f"recon {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ("close",),
        ("close", "2026-09", "--only", "guests"),
        ("close", "2026-09", "--as-of", "09/30/2026"),
        ("close", "2026-09", "--post"),
        ("profile",),
        ("guess",),
    ],
)
def test_words_that_make_no_command_end_with_2(recon, words: tuple[str, ...]) -> None:
    assert recon(*words).code == 2


def test_a_workspace_that_is_not_there_is_a_sentence_and_2(recon) -> None:
    said = recon("close", "2026-09", "--workspace", "nowhere")

    assert said.code == 2
    assert said.err.startswith("recon: the workspace is not there; make one with: recon init DIR")
    assert "Traceback" not in said.err
    assert not Path("reports").exists()


def test_a_fault_is_one_json_document_if_json_was_asked_for(recon) -> None:
    said = recon("close", "2026-09", "--workspace", "nowhere", "--json")

    document = json.loads(said.out)
    assert (said.code, document["exit_code"], document["error"]["kind"]) == (2, 2, "ConfigError")


def test_init_writes_a_workspace_once_and_never_over_another(recon) -> None:
    first, second = recon("init", "mine"), recon("init", "mine")

    assert first.code == 0
    assert Path("mine/policy.toml").is_file()
    assert "recon close" in first.out
    assert second.code == 2


def test_a_new_workspace_without_downloads_is_a_fault_of_data(recon) -> None:
    recon("init", "mine")

    said = recon("close", "2026-09", "--workspace", "mine")

    assert said.code == 4
    assert "sources" in said.err


def test_a_period_that_is_none_is_a_fault_of_configuration(recon) -> None:
    recon("init", "mine")

    assert recon("close", "2026-13", "--workspace", "mine").code == 2
    assert recon("close", "../2026-09", "--workspace", "mine").code == 2


def test_a_profile_is_drafted_to_the_terminal_or_to_a_new_file(recon, demo_month) -> None:
    download = str(demo_month.folder / "processor_deposits.csv")

    shown = recon("profile", download, "--as", "deposits")
    written = recon("profile", download, "--as", "deposits", "--out", "deposits.toml")
    again = recon("profile", download, "--as", "deposits", "--out", "deposits.toml")

    assert (shown.code, written.code, again.code) == (0, 0, 2)
    assert shown.out == Path("deposits.toml").read_text(encoding="utf-8")


def test_status_of_an_empty_folder_says_what_to_do(recon) -> None:
    said = recon("status")

    assert said.code == 0
    assert "recon close --demo" in said.out
    assert json.loads(recon("status", "--json").out) == {"runs": []}


def test_status_lists_runs_with_how_each_reconciliation_stands(recon, tmp_path: Path) -> None:
    record = run_record()
    folder = tmp_path / "reports" / "2026-09" / record.run_id
    write_data(record, folder / "data")
    save_evidence(record, folder)
    mark_latest(folder.parent, record.run_id)

    listed = json.loads(recon("status", "--json").out)["runs"]
    table = recon("status").out

    assert [one["run_id"] for one in listed] == [record.run_id]
    assert listed[0]["latest"] is True
    assert record.run_id in table
    assert all(f"{one.name} {one.status}" in " ".join(table.split()) for one in record.found.statuses)


def test_the_summary_names_statuses_entries_and_what_to_open(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    record = run_record()
    (tmp_path / "index.html").touch()

    close_summary(Closed(record, tmp_path, fresh=True), 12.3)

    shown = capsys.readouterr().out
    assert record.policy.company.name in shown
    assert f"Entries to book: {record.found.entries_count} with debits of {record.found.entries_debits:,}" in shown
    assert "index.html" in shown
    assert "…" not in shown


@pytest.mark.parametrize(
    ("words", "told"),
    [("nothing was published", "recon: interrupted; nothing was published\n"), ("", "recon: interrupted\n")],
)
def test_every_command_that_is_interrupted_ends_with_130_and_says_what_became_of_it(words: str, told: str) -> None:
    commands = typer.Typer(cls=Commands)

    @commands.callback()
    def before() -> None: ...

    @commands.command()
    def work() -> None:
        with interruptible(words) if words else contextlib.nullcontext():
            raise KeyboardInterrupt

    said = CliRunner().invoke(commands, ["work"])

    assert (said.exit_code, said.stderr) == (130, told)
    assert isinstance(get_command(app), Commands)


def test_an_interrupt_while_the_words_are_read_is_told_too() -> None:
    commands = typer.Typer(cls=Commands)

    def interrupted(given: str) -> str:
        raise KeyboardInterrupt

    @commands.callback()
    def before(log: str = typer.Option("", callback=interrupted)) -> None: ...

    @commands.command()
    def work() -> None: ...

    said = CliRunner().invoke(commands, ["work"])

    assert (said.exit_code, said.stderr) == (130, "recon: interrupted\n")


def test_the_document_of_a_close_carries_money_as_exact_text(tmp_path: Path) -> None:
    record = run_record()

    document = json.loads(close_json(Closed(record, tmp_path, fresh=True), outcome(record)))

    assert document["entries"]["debits"] == f"{record.found.entries_debits:.2f}"
    assert document["exit_code"] == 1
    assert document["run_id"] == record.run_id


def test_our_bug_ends_with_70_and_shows_no_data(capsys: pytest.CaptureFixture[str]) -> None:
    try:
        raise ValueError("4111111111111111 of Jane Doe")
    except ValueError as fault:
        code = exit_code_of(fault, as_json=False)

    said = capsys.readouterr().err
    assert code == 70
    assert "our bug" in said
    assert "Jane" not in said
    assert exit_code_of(InvariantBroken("a cent was lost", cents=1), as_json=False) == 70
    assert exit_code_of(LockHeld("wait"), as_json=False) == 75


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "recon: the system refused: No space left on device\n"),
        (PermissionError(errno.EACCES, "Denied", "a.csv"), "recon: the system refused: Denied (a.csv)\n"),
    ],
)
def test_what_the_system_refuses_is_told_with_the_file_where_it_names_one(
    fault: OSError, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert exit_code_of(fault, as_json=False) == 4
    assert capsys.readouterr().err == told
