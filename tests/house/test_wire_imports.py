"""The HTTP library is imported in one module, so that no request can go around its rules."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CLIENTS = re.compile(
    r"^\s*(?:import|from) (?:httpx|httpcore|requests|urllib3|urllib\.request|http\.client|aiohttp)\b", re.M
)


def test_one_module_of_the_package_imports_an_http_client() -> None:
    found = [path for path in (ROOT / "recon").rglob("*.py") if CLIENTS.search(path.read_text(encoding="utf-8"))]

    assert [str(path.relative_to(ROOT)) for path in found] == ["recon/wire/client.py"]
