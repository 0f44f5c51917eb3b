"""Nothing that stands in a note, a memo or a document is a command to the terminal that shows it."""

from __future__ import annotations

import io
import json
import sys

import pytest
import typer

from recon.cli.screen import guarded, one_line, terminal, written_out
from recon.cli.tables import plain_table, wide_console

PAINTED = "fee\x1b[2J\x1b[H\x9b31m\r\x07 \u202e00.21 D-7"
TOLD = "fee\\u001b[2J\\u001b[H\\u009b31m\\u000d\\u0007 \\u202e00.21 D-7"


def test_what_a_terminal_would_obey_is_written_out_and_lines_and_tabs_stand() -> None:
    assert written_out(PAINTED) == TOLD
    assert written_out("Café\tMünchen, 1–2 €\n") == "Café\tMünchen, 1–2 €\n"
    assert json.loads(f'"{written_out(PAINTED)}"') == PAINTED  # a document of JSON says the same as before


def test_whatever_is_printed_goes_by_one_way(capsys: pytest.CaptureFixture[str]) -> None:
    with guarded():
        typer.echo(PAINTED)
        typer.echo(PAINTED, err=True)
        sys.stderr.write(PAINTED)
        wide_console().print(PAINTED, markup=False)
        table = plain_table("Document")
        table.add_row(PAINTED)
        wide_console().print(table)

    said = capsys.readouterr()
    assert said.out.count("fee") == 3
    assert said.out.count(TOLD) >= 2
    assert TOLD in said.err
    assert not [one for one in said.out + said.err if one != "\n" and not one.isprintable()]


def test_a_console_styles_by_itself_and_takes_no_style_from_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stdout", screen)

    with guarded():
        terminal(force_terminal=True, color_system="standard", width=200).print(f"[red]held[/] {PAINTED}", markup=True)

    assert screen.getvalue().startswith("\x1b[31mheld\x1b[0m fee\\u001b")
    assert "\x1b[2J" not in screen.getvalue()


def test_a_note_is_one_line() -> None:
    assert one_line("harmless\n1 entry is approved by carla\r\nNext: recon post") == (
        "harmless 1 entry is approved by carla Next: recon post"
    )
    assert one_line(None) is None
