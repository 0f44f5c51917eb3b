"""`Run`: one finished reconciliation, opened again by its period, as notebooks and people use it."""

from __future__ import annotations

import html
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from recon.conserved import check_bridge_closes, check_cells_conserved, check_entries_balance, check_lines_conserved
from recon.errors import check
from recon.found import Check, Headline, ReconciliationStatus
from recon.money import accounting
from recon.period import Period, parse_period
from recon.reporting.balances import clearing_accounts
from recon.reporting.model import RunRecord
from recon.reporting.runs import find_run, read_record

if TYPE_CHECKING:
    from recon.compute import CloseRequest

DEMO = "demo"
_PREPARER = '# preparer = "Name on the cover of the workpaper"'
DEFAULT_REPORTS = Path("reports")


@dataclass(frozen=True, repr=False)
class Run:
    """What one run found. Every frame is read only: a change belongs into policy or into the sources."""

    record: RunRecord
    folder: Path | None = None  # None: computed in memory, nothing was written

    @property
    def run_id(self) -> str:
        """12 hex digits that name inputs, policy, parameters and version."""
        return self.record.run_id

    @property
    def period(self) -> Period:
        """The posting period."""
        return self.record.found.period

    @property
    def expected(self) -> pl.DataFrame:
        """EXPECTED: ledger lines that ought to stand."""
        return self.record.found.frames["expected"]

    @property
    def ledger(self) -> pl.DataFrame:
        """LEDGER: every line that was read, compared or not."""
        return self.record.found.ledger

    @property
    def matches(self) -> pl.DataFrame:
        """MATCHES: one row per line that found its counterpart."""
        return self.record.found.frames["matches"]

    @property
    def match_groups(self) -> pl.DataFrame:
        """MATCH_GROUPS: one row per match, with its evidence."""
        return self.record.found.frames["match_groups"]

    @property
    def variances(self) -> pl.DataFrame:
        """VARIANCES: one row per finding."""
        return self.record.found.frames["variances"]

    @property
    def variance_lines(self) -> pl.DataFrame:
        """VARIANCE_LINES: amounts of the findings, expected less actual."""
        return self.record.found.frames["variance_lines"]

    @property
    def bridge(self) -> pl.DataFrame:
        """BRIDGE: from the balance per ledger to the balance per source, Dr/(Cr)."""
        return self.record.found.frames["bridge"]

    @property
    def adjustments(self) -> pl.DataFrame:
        """ADJUSTMENTS: one row per proposed entry."""
        return self.record.found.frames["adjustments"]

    @property
    def adjustment_lines(self) -> pl.DataFrame:
        """ADJUSTMENT_LINES: the lines of the proposed entries, Dr/(Cr)."""
        return self.record.found.frames["adjustment_lines"]

    @property
    def open_items(self) -> pl.DataFrame:
        """OPEN_ITEMS: what the next period takes over."""
        return self.record.found.frames["open_items"]

    @property
    def tie_outs(self) -> pl.DataFrame:
        """TIE_OUTS: the sources tied to each other."""
        return self.record.found.frames["tie_outs"]

    @property
    def rejects(self) -> pl.DataFrame:
        """REJECTS: source rows that could not be used."""
        return self.record.found.frames["rejects"]

    @property
    def checks(self) -> tuple[Check, ...]:
        """The controls of the run: pass, fail, or could not be tested."""
        return self.record.found.checks

    @property
    def headlines(self) -> tuple[Headline, ...]:
        """The measures of the first page."""
        return self.record.found.headlines

    @property
    def statuses(self) -> tuple[ReconciliationStatus, ...]:
        """How each reconciliation stands."""
        return self.record.found.statuses

    @property
    def clearing_accounts(self) -> list[str]:
        """Accounts that sales fill and deposits empty, by the gross amount that moved, the largest first."""
        return clearing_accounts(self.record)

    def expected_of(self, reconciliation: str) -> pl.DataFrame:
        """EXPECTED of one reconciliation."""
        return self.expected.filter(pl.col("reconciliation") == reconciliation)

    def variances_of(self, reconciliation: str) -> pl.DataFrame:
        """VARIANCES of one reconciliation."""
        return self.variances.filter(pl.col("reconciliation") == reconciliation)

    def explain(self, line_id: str) -> str:
        """What became of an expected or a ledger line, in words: its match and evidence, or its variance and entry.

        Raises: DataError if the run has no such line.
        """
        from recon.reporting.explained import explain_line  # noqa: PLC0415 - few notebooks ask

        return explain_line(self.record, line_id)

    def check_conserved(self) -> None:
        """Raise InvariantBroken if a line or a cent stands nowhere or twice, or a bridge or an entry is open."""
        check_lines_conserved(self.record)
        check_cells_conserved(self.record)
        check_bridge_closes(self.bridge)
        check_entries_balance(self.adjustment_lines)

    def __repr__(self) -> str:
        standing = ", ".join(f"{one.name} {one.status}" for one in self.statuses)
        return f"<Run {self.run_id} of {self.period.name}: {standing}>"

    def _repr_html_(self) -> str:
        rows = "".join(
            f"<tr><td style='text-align:left'>{html.escape(one.name)}</td>"
            f"<td style='text-align:left'>{html.escape(one.status)}</td>"
            f"<td style='text-align:right'>{one.variances}</td>"
            f"<td style='text-align:right'>{accounting(one.to_book)}</td>"
            f"<td style='text-align:right'>{accounting(one.unexplained)}</td></tr>"
            for one in self.statuses
        )
        company = html.escape(self.record.policy.company.name)
        return (
            f"<p><b>{company}</b>, period {html.escape(self.period.name)}, run <code>{self.run_id}</code></p>"
            "<table><thead><tr><th style='text-align:left'>Reconciliation</th><th style='text-align:left'>Status</th>"
            f"<th>Variances</th><th>To book</th><th>Unexplained</th></tr></thead><tbody>{rows}</tbody></table>"
        )


def open_run(
    period: str = "2026-09",
    *,
    workspace: str | Path | None = None,
    sources: str | Path | None = None,
    reports: str | Path | None = None,
    run_id: str | None = None,
) -> Run:
    """A run of the period: read from the reports folder if one is named, else computed from the workspace.

    `workspace` is a folder, or "demo" for the company that ships with the package; `sources` is where its
    downloads are (as a rule its folder `sources`). Without both, the newest run in `./reports` is read.

    Raises: DataError if there is no such run, DigestDiffers if it is not what was written, and every fault of
        policy and sources when it is computed.
    """
    if reports or run_id or not workspace:
        folder = find_run(Path(reports or DEFAULT_REPORTS), period, run_id or None)
        return Run(read_record(folder), folder)
    if str(workspace) == DEMO:
        return _demo_run(period)
    return _computed(period, Path(workspace), Path(sources) if sources else Path(workspace) / "sources")


def _computed(period: str, workspace: Path, sources: Path) -> Run:
    # Only here: a notebook that reads a finished run does not wait for what reads downloads.
    from recon.compute import CloseRequest, compute, plan_close  # noqa: PLC0415

    with tempfile.TemporaryDirectory(prefix="recon-") as scratch:
        return Run(compute(plan_close(CloseRequest(period, workspace, sources)), Path(scratch)))


@lru_cache(maxsize=4)
def _demo_run(period: str) -> Run:
    with tempfile.TemporaryDirectory(prefix="recon-") as folder:
        request = write_demo(Path(folder) / "company", period)
        return _computed(period, request.workspace, request.sources)


def write_demo(folder: Path, period: str) -> CloseRequest:
    """The request that closes the demo company, whose workspace and downloads stand in the folder.

    What stands there already is used as it is: a reader may have tried another policy.
    """
    # Only here, as above.
    from recon.compute import CloseRequest  # noqa: PLC0415
    from recon.demo import COMPANY_NAME, write_demo_month  # noqa: PLC0415
    from recon.workspace import init_workspace  # noqa: PLC0415

    request = CloseRequest(period, folder, folder / "sources")
    if folder.is_dir():
        return request
    made = folder.with_name(f".{folder.name}-{os.getpid()}")
    made.parent.mkdir(parents=True, exist_ok=True)
    try:
        init_workspace(made)
        policy = made / "policy.toml"
        text = policy.read_text(encoding="utf-8")
        check('"Your Company"' in text, "the shipped policy does not name its company as expected")
        text = text.replace('"Your Company"', f'"{COMPANY_NAME}"')
        check(_PREPARER in text, "the shipped policy does not name its preparer as expected")
        text = text.replace(_PREPARER, 'preparer = "Demo preparer"')
        policy.write_text(text, encoding="utf-8")
        write_demo_month(made / "sources", period=parse_period(period).name)
        made.replace(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)
    return request
