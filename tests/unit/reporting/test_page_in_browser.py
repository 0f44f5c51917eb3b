"""The page in a real browser: nothing foreign runs in it, and nothing in it breaks its own policy."""

from __future__ import annotations

import html
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from records import run_record

from recon.reporting.page import render_page

SCRIPT = "<script>document.title = 'taken over'</script>"


@pytest.fixture
def load(program: Callable[[str, str], str], tmp_path: Path) -> Callable[[str], tuple[str, list[str]]]:
    """Loads a page offline; gives the document as the browser holds it afterwards, and what its console says."""
    chromium = program("chromium", "chromium")

    def loaded(page: str) -> tuple[str, list[str]]:
        file = tmp_path / "index.html"
        file.write_text(page, encoding="utf-8")
        options = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--enable-logging=stderr",
            "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom",
        ]  # fmt: skip
        ran = subprocess.run(
            [chromium, *options, file.as_uri()], capture_output=True, text=True, check=True, timeout=120
        )
        return ran.stdout, [line for line in ran.stderr.splitlines() if "CONSOLE" in line]

    return loaded


def test_a_browser_shows_the_page_without_a_word_on_its_console(load: Callable[[str], tuple[str, list[str]]]) -> None:
    document, console = load(render_page(run_record(company=f"Harbor {SCRIPT}")))

    assert console == []
    assert f"<title>{html.escape(f'Harbor {SCRIPT}', quote=False)} · Reconciliation 2026-09</title>" in document
    assert 'id="bridge"' in document


def test_a_script_that_got_into_the_page_is_refused_by_its_policy(
    load: Callable[[str], tuple[str, list[str]]],
) -> None:
    document, console = load(render_page(run_record()).replace("</body>", f"{SCRIPT}</body>"))

    assert "taken over" not in document.partition("</title>")[0]
    assert any("Content Security Policy" in line for line in console), console
