"""What the terminal shows of a run, in a controller's words or as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from recon.cli.tables import plain_table, wide_console
from recon.close import Closed
from recon.found import ReconciliationStatus
from recon.money import accounting
from recon.reporting.runs import RunFact

_STYLES = {"explained": "green", "open": "yellow", "not compared": "red"}
_PACK = (
    ("index.html", "the pack's first page: open this"),
    ("workpaper.xlsx", "the workpaper with every variance"),
    ("entries_import.csv", "the proposed entries, for Intacct's import"),
    ("pack.pdf", "the same pack to print and sign"),
)


def close_summary(closed: Closed, seconds: float) -> None:
    """Print what the close found, what is to be booked and what to open next."""
    record, found = closed.record, closed.record.found
    console = wide_console()
    console.print()
    how = f"closed in {seconds:.0f} s" if closed.fresh else "an equal run stood already"
    console.print(f"[bold]{escape(record.policy.company.name)}[/], period {escape(found.period.name)} ({how})")
    console.print(_status_rows(found.statuses))
    console.print(f"Entries to book: {_entries(found.entries_count, found.entries_debits)}")
    console.print(f"Effect on pre-tax income, +/(-): {accounting(found.pretax_effect)}")
    console.print(f"To be asked: {accounting(found.asked)}; unexplained: {accounting(found.unexplained)}")
    for one in found.checks:
        if one.passed is not True:
            word, style = ("fails", "red") if one.passed is False else ("could not be tested", "yellow")
            name = one.name.replace("_", " ")
            console.print(f"[{style}]Check {escape(name)} {word}[/]: {escape(one.detail)}")
    rejects = found.frames["rejects"].height
    if rejects:
        console.print(f"[red]{rejects} source rows could not be used[/]; they are listed on the first page")
    console.print()
    for name, what in _PACK:
        if (closed.folder / name).is_file():
            console.print(f"  {escape(str(_short(closed.folder / name)))}  [dim]{what}[/]", soft_wrap=True)
    console.print()


def _status_rows(statuses: Sequence[ReconciliationStatus]) -> Table:
    amounts = ("Entries matched", "Variances", "To book", "To ask", "Unexplained")
    table = plain_table("Reconciliation", "Status", amounts=amounts)
    for one in statuses:
        table.add_row(
            escape(one.name),
            f"[{_STYLES[one.status]}]{one.status}[/]",
            f"{one.entries_matched:,} of {one.entries_expected:,}",
            f"{one.variances:,}",
            accounting(one.to_book),
            accounting(one.asked),
            accounting(one.unexplained),
        )
    return table


def _entries(count: int, debits: Decimal) -> str:
    return f"{count} with debits of {accounting(debits)}" if count else "none"


def _short(path: Path) -> Path:
    """The path as it is shortest to type."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve())
    except ValueError:
        return path


def close_json(closed: Closed, code: int) -> str:
    """The closed run as one JSON document; money is text, exact."""
    found = closed.record.found
    document = {
        "run_id": closed.record.run_id,
        "period": found.period.name,
        "folder": str(closed.folder),
        "fresh": closed.fresh,
        "exit_code": code,
        "statuses": [_status_facts(one) for one in found.statuses],
        "checks": [
            {"name": one.name, "passed": one.passed, "amount": _text(one.amount), "detail": one.detail}
            for one in found.checks
        ],
        "headlines": [
            {
                "measure": one.measure,
                "per_source": _text(one.per_source),
                "per_ledger": _text(one.per_ledger),
                "to_book": _text(one.to_book),
            }
            for one in found.headlines
        ],
        "entries": {
            "count": found.entries_count,
            "debits": _text(found.entries_debits),
            "pretax_effect": _text(found.pretax_effect),
        },
        "asked": _text(found.asked),
        "unexplained": _text(found.unexplained),
        "rejects": found.frames["rejects"].height,
    }
    return json.dumps(document, indent=2)


def status_json(facts: Sequence[RunFact]) -> str:
    """The runs as one JSON document, newest first."""
    runs = [
        {
            "period": one.period,
            "run_id": one.run_id,
            "folder": str(one.folder),
            "latest": one.is_latest,
            "prepared_at": one.prepared_at.isoformat(),
            "prepared_by": one.prepared_by,
            "statuses": [_status_facts(status) for status in one.statuses],
            "entries": {"count": one.entries_count, "debits": _text(one.entries_debits)},
            "asked": _text(one.asked),
            "unexplained": _text(one.unexplained),
        }
        for one in facts
    ]
    return json.dumps({"runs": runs}, indent=2)


def status_table(facts: Sequence[RunFact]) -> None:
    """Print the runs, newest first; the newest of each period is the one that counts."""
    headings = ("Period", "Run", "Prepared (UTC)", "By", "Reconciliations")
    table = plain_table(*headings, amounts=("Entries", "To book", "To ask", "Unexplained"))
    for one in facts:
        standing = "\n".join(f"{escape(each.name)} [{_STYLES[each.status]}]{each.status}[/]" for each in one.statuses)
        table.add_row(
            escape(one.period),
            one.run_id if one.is_latest else f"[dim]{one.run_id}[/]",
            f"{one.prepared_at:%Y-%m-%d %H:%M}",
            escape(one.prepared_by),
            standing,
            str(one.entries_count),
            accounting(one.entries_debits),
            accounting(one.asked),
            accounting(one.unexplained),
        )
    wide_console().print(table)


def _status_facts(one: ReconciliationStatus) -> dict[str, Any]:
    return {
        "name": one.name,
        "status": one.status,
        "entries_expected": one.entries_expected,
        "entries_matched": one.entries_matched,
        "variances": one.variances,
        "to_book": _text(one.to_book),
        "asked": _text(one.asked),
        "unexplained": _text(one.unexplained),
    }


def _text(amount: Decimal | None) -> str | None:
    return None if amount is None else f"{amount:.2f}"
