"""Each folder with a README is a case: what the close of its sources finds, file by file."""

from __future__ import annotations

import shutil
from pathlib import Path

import polars as pl
import pytest

from recon.compute import CloseRequest, compute, plan_close
from recon.pipeline import Reconciled

GOLDEN = Path(__file__).parent
COMPANY = GOLDEN / "company"
CASES = sorted(readme.parent.name for readme in GOLDEN.glob("*/README.md"))
PUBLISHED = ("variances", "variance_lines", "adjustment_lines", "match_groups", "open_items")
SHOWN_ITEMS = ("side", "line_id", "account", "location", "amount", "cause", "first_seen", "age_days")


def close(case: str, scratch: Path) -> Reconciled:
    """The week of one case, closed with the company's accounts and locations."""
    sources = shutil.copytree(GOLDEN / case / "sources", scratch / "sources")
    for name in ("accounts.csv", "locations.csv"):
        shutil.copy(COMPANY / name, sources / name)
    request = CloseRequest(period="2026-W36", workspace=COMPANY, sources=sources)
    return compute(plan_close(request), scratch / "staging").found


def texts(found: Reconciled) -> dict[str, str]:
    """The files of a case: published tables and the controls of page one, as CSV."""
    frames = {name: found.frames[name] for name in PUBLISHED}
    frames["open_items"] = frames["open_items"].select(SHOWN_ITEMS)
    frames["controls"] = pl.DataFrame(
        [(one.name, one.passed, one.amount, one.detail) for one in found.checks],
        schema={"name": pl.String, "passed": pl.Boolean, "amount": pl.Decimal(18, 2), "detail": pl.String},
        orient="row",
    )
    return {f"{name}.csv": _flat(frame).write_csv() for name, frame in frames.items()}


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    lists = [name for name, kind in frame.schema.items() if isinstance(kind, pl.List)]
    return frame.with_columns(pl.col(name).list.join("|") for name in lists)


@pytest.mark.parametrize("case", CASES)
def test_the_case_finds_what_it_is_meant_to_find(case: str, tmp_path: Path, rewrite_golden: bool) -> None:
    found = texts(close(case, tmp_path))

    expected = GOLDEN / case / "expected"
    if rewrite_golden:
        expected.mkdir(exist_ok=True)
        for name, text in found.items():
            (expected / name).write_text(text, encoding="utf-8")
    for name, text in found.items():
        assert (expected / name).read_text(encoding="utf-8") == text, name


def test_every_case_has_a_lesson_sources_and_expected_files() -> None:
    folders = sorted(path.name for path in GOLDEN.iterdir() if (path / "sources").is_dir())

    assert folders == CASES
    assert all((GOLDEN / case / "expected" / "variances.csv").is_file() for case in CASES)
