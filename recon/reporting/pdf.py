"""`pack.pdf`: page one, bridge, variances, entries and the sign-off block, set by Typst from data."""

from __future__ import annotations

import json
from decimal import Decimal
from importlib.resources import files
from typing import Any, cast

import polars as pl
import typst

from recon.errors import check
from recon.reporting import charts, words
from recon.reporting.first_page import first_page
from recon.reporting.model import RunRecord
from recon.reporting.views import (
    bridge_accounts,
    bridge_grid,
    cause_summary,
    entry_lines,
    entry_list,
    most_moved,
    titled,
    variance_effects,
    variance_list,
)

VARIANCES_SHOWN = 60
ENTRIES_SHOWN = 40
EXPLANATION_LIMIT = 400
CHART_WIDTH = 300  # of the plot, in pixels; with its labels it fills the page
CHART_LETTERS = 13  # pixels, which the page sets at 8 pt
PDF_FONT = "Libertinus Serif"  # comes with Typst, so that the pack looks the same on every machine
CHECK_TICKS = {"trial_balance": "TB", "days_complete": "S", "bridge_unexplained": "F", "entries_balance": "X"}


def render_pdf(record: RunRecord) -> bytes:
    """The pack as PDF; the same record always gives the same bytes."""
    template = files("recon.reporting").joinpath("templates", "pack.typ").read_bytes()
    compiler = typst.Compiler(template, ignore_system_fonts=True)
    document = json.dumps(document_data(record), ensure_ascii=False)
    made = compiler.compile(format="pdf", sys_inputs={"data": document}, timestamp=int(record.prepared_at.timestamp()))
    check(isinstance(made, bytes), "the typesetter gave no document")
    return cast("bytes", made)


def document_data(record: RunRecord) -> dict[str, Any]:
    """Everything the document says, as text in JSON: Typst sets it and computes nothing."""
    first = first_page(record)
    return {
        "company": first.company,
        "title": first.title,
        "conclusion": first.conclusion,
        "identity": first.identity,
        "run_id": record.run_id,
        "prepared_by": record.prepared_by,
        "prepared_at": words.moment(record.prepared_at),
        "filters": first.filters,
        "policy": first.policy,
        "entries": first.entries,
        "judgement": first.judgement,
        "effect_note": first.effect_note,
        "not_booked": words.NOT_BOOKED,
        "bridge_note": words.BRIDGE_NOTE,
        "tick_marks": words.TICK_MARKS,
        **_tables(record),
        **_bridge(record),
        **_variances(record),
        **_proposals(record),
    }


def _tables(record: RunRecord) -> dict[str, Any]:
    """Statuses, checks, headlines and files as rows of text."""
    found = record.found
    statuses = [
        [words.sentence(one.name), words.sentence(one.status), f"{one.entries_expected:,}", f"{one.entries_matched:,}",
         f"{one.variances:,}", words.money(one.to_book), words.money(one.asked), words.money(one.unexplained)]
        for one in found.statuses
    ]  # fmt: skip
    checks = [
        [words.check_title(one.name), one.detail, words.verdict(one.passed), words.money(one.amount, absent="–"),
         CHECK_TICKS.get(one.name, "") if one.passed else ""]
        for one in found.checks
    ]  # fmt: skip
    headlines = [
        [words.MEASURES.get(one.measure, words.sentence(one.measure)), words.money(one.per_source),
         words.money(one.per_ledger), words.money(one.to_book, zero="–"),
         words.money(one.per_source - one.per_ledger - one.to_book, zero="–")]
        for one in found.headlines
    ]  # fmt: skip
    sources = [
        [one.name, one.frame, f"{one.rows:,}", f"{one.rows_outside:,}", one.sha256, "PBC"] for one in record.files
    ]
    return {"statuses": statuses, "checks": checks, "headlines": headlines, "files": sources}


def _bridge(record: RunRecord) -> dict[str, Any]:
    """The bridge by account, and the waterfall of the account most moved."""
    bridge = record.found.frames["bridge"]
    accounts = titled(bridge_accounts(bridge_grid(bridge)), record.accounts)
    rows = [
        [f"{row['account']} {row['title']}", *(_cell(row[letter], letter) for letter in words.BRIDGE_ROWS)]
        for row in accounts.iter_rows(named=True)
    ]
    moved = next(iter(most_moved(bridge, 1)), None)
    title = next((row[0] for row in rows if moved is not None and row[0].startswith(f"{moved} ")), "")
    return {
        "letters": list(words.BRIDGE_ROWS.items()),
        "bridge": rows,
        "chart": _waterfall(bridge, moved) if moved is not None else None,
        "chart_title": f"{title}: from ledger to source",
    }


def _waterfall(bridge: pl.DataFrame, account: str) -> str:
    """The way of one account as SVG, in letters that can be read on paper."""
    size = CHART_LETTERS
    chart = charts.bridge_waterfall(bridge, account=account, title="", width=CHART_WIDTH)
    chart = chart.configure_axis(labelFontSize=size, titleFontSize=size, labelLimit=400)
    chart = chart.configure_legend(labelFontSize=size, columns=3).configure_text(fontSize=size)
    return charts.to_svg(chart, PDF_FONT)


def _cell(amount: Decimal | None, letter: str) -> str:
    """A figure of the bridge; the unexplained is printed even at 0.00."""
    return words.money(amount, absent="n/p", zero="0.00" if letter == "I" else "–")


def _variances(record: RunRecord) -> dict[str, Any]:
    """Variances by cause, and the first of the list with their lines."""
    listed = variance_list(record)
    shown = listed.head(VARIANCES_SHOWN)
    effects = variance_effects(record).join(shown.select("variance_id"), on="variance_id", how="semi")
    lines = {key: rows for (key,), rows in effects.group_by("variance_id", maintain_order=True)}
    causes = [
        [row["title"], words.STATUSES[row["status"]], f"{row['count']:,}", words.money(row["gross"])]
        for row in cause_summary(listed).iter_rows(named=True)
    ]
    return {
        "causes": causes,
        "variances_note": leftover(shown.height, listed.height, "variance", "variances"),
        "variances": [_finding(row, lines.get(row["variance_id"])) for row in shown.iter_rows(named=True)],
    }


def _finding(row: dict[str, Any], lines: pl.DataFrame | None) -> dict[str, Any]:
    """One variance with its lines per ledger, per source and to book."""
    facts = [row["document"] or "no document", words.sentence(row["reconciliation"]), words.day(row["posting_date"])]
    table = [
        [f"{line['account']} {line['title']}", line["location"] or "–",
         *(words.money(line[side], zero="–") for side in ("per_ledger", "per_source", "to_book")),
         words.misstatement(line["title"], line["normal_balance"], line["to_book"])]
        for line in (lines.iter_rows(named=True) if lines is not None else ())
    ]  # fmt: skip
    return {
        "title": f"{row['title']} · {words.STATUSES[row['status']].lower()}",
        "facts": " · ".join(fact for fact in facts if fact),
        "explanation": words.shorten(row["explanation"], EXPLANATION_LIMIT),
        "effect": words.EFFECTS[row["status"]],
        "lines": table,
    }


def _proposals(record: RunRecord) -> dict[str, Any]:
    """The first of the proposed entries with their lines."""
    listed = entry_list(record)
    shown = listed.head(ENTRIES_SHOWN)
    wanted = entry_lines(record).join(shown.select("posting_key"), on="posting_key", how="semi")
    lines = {key: rows for (key,), rows in wanted.group_by("posting_key", maintain_order=True)}
    note = "Proposed, not posted. By hand: touches an account without direct posting, so it is an instruction."
    rest = leftover(shown.height, listed.height, "entry", "adjustments")
    return {
        "proposals_note": f"{note} {rest}".strip(),
        "proposals": [_proposal(row, lines.get(row["posting_key"])) for row in shown.iter_rows(named=True)],
    }


def _proposal(row: dict[str, Any], lines: pl.DataFrame | None) -> dict[str, Any]:
    """One proposed entry with its lines in debit and credit columns."""
    facts = [
        row["document"] or "no document",
        row["journal"],
        words.day(row["posting_date"]),
        words.money(row["debits"]),
    ]
    table = [
        [f"{line['account']} {line['title']}", line["location"] or "–", line["department"] or "–",
         words.money(line["amount"]) if line["amount"] >= 0 else "",
         words.money(-line["amount"]) if line["amount"] < 0 else ""]
        for line in (lines.iter_rows(named=True) if lines is not None else ())
    ]  # fmt: skip
    return {
        "title": row["title"] + (" · by hand" if row["by_hand"] else ""),
        "facts": " · ".join(facts),
        "key": row["posting_key"],
        "lines": table,
    }


def leftover(shown: int, total: int, noun: str, frame: str) -> str:
    """Where the rest of a list stands, or nothing if all of it is shown."""
    if shown == total:
        return ""
    plural = "entries" if noun == "entry" else None
    where = f"all stand in workpaper.xlsx and data/{frame}.parquet"
    return f"The first {shown:,} of {words.count(total, noun, plural)} are shown; {where}."
