"""Each notebook runs on the demo company by itself, as a person would run it."""

from __future__ import annotations

import subprocess
import sys

from recon.reporting.runner import NOTEBOOKS, notebooks_folder


def test_every_notebook_runs_on_the_demo_company_without_the_close() -> None:
    files = [str(notebooks_folder() / f"{name}.ipynb") for name in NOTEBOOKS]
    options = ["--nbval-lax", "--nbval-current-env", "--nbval-cell-timeout", "120", "-p", "no:cacheprovider", "-q"]

    ran = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files], capture_output=True, text=True, check=False
    )

    assert ran.returncode == 0, ran.stdout
