"""The house is in order: style, types and layers are checked by the tools that own them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PYTHON = sys.executable
CHECKS = {
    "style": (PYTHON, "-m", "ruff", "check", "--no-cache", "."),
    "format": (PYTHON, "-m", "ruff", "format", "--no-cache", "--check", "."),
    "types": (PYTHON, "-m", "mypy"),
    "layers": (PYTHON, "-c", "from importlinter.cli import lint_imports_command; lint_imports_command()", "--no-cache"),
}


@pytest.mark.parametrize("check", CHECKS)
def test_the_house_is_in_order(check: str) -> None:
    done = subprocess.run(CHECKS[check], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
