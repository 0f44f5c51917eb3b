"""`index.html`: the pack as one page that opens offline and asks no other host."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
import polars as pl

from recon.frames import CAUSES
from recon.money import accounting
from recon.reporting import charts, words
from recon.reporting.first_page import first_page
from recon.reporting.model import RunRecord
from recon.reporting.passed import uncorrected_by_account, uncorrected_list
from recon.reporting.views import (
    bridge_accounts,
    bridge_grid,
    cause_summary,
    entry_lines,
    entry_list,
    most_moved,
    open_list,
    tie_out_summary,
    tie_outs_apart,
    titled,
    variance_effects,
    variance_list,
)

VARIANCES_SHOWN = 150
ENTRIES_SHOWN = 100
ROWS_SHOWN = 100
PAIR_WIDTH = 235  # of the plot itself: two charts stand side by side without being scaled down


def render_page(record: RunRecord, *, notebooks: Sequence[str] = ()) -> str:
    """The whole page as HTML; `notebooks` are the names of the notebooks that stand beside it."""
    found, frames = record.found, record.found.frames
    uncorrected = uncorrected_list(frames["uncorrected"], record.accounts)
    context = {
        "first": first_page(record),
        "record": record,
        "found": found,
        "by_account": uncorrected_by_account(frames["uncorrected"], record.accounts, found.period.name).to_dicts(),
        "uncorrected": uncorrected.head(ROWS_SHOWN).to_dicts(),
        "bridge": bridge_section(record),
        "variances": variance_section(record),
        "entries": entry_section(record),
        "open_items": capped(open_list(record), ROWS_SHOWN),
        "tie_outs": tie_out_section(record),
        "rejects": capped(frames["rejects"], ROWS_SHOWN),
        "causes": CAUSES,
        "notebooks": notebooks,
        "parameters": sorted(record.parameters.items()),
    }
    return render_template("index.html.j2", context)


def render_template(name: str, context: Mapping[str, Any]) -> str:
    """A page of the house's style, with the digest by which its own policy knows the style again."""
    style = _template_text("page.css")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return _environment().get_template(name).render({**context, "words": words, "style": style, "style_digest": digest})


@cache
def _environment() -> jinja2.Environment:
    """Templates that escape whatever they print and refuse names that are not there."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("recon.reporting"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": words.money,
        "accounting": accounting,
        "day": words.day,
        "sentence": words.sentence,
        "shorten": words.shorten,
        "count": words.count,
        "tie_cause": words.tie_cause,
        "cause_words": lambda cause: words.cause_title(cause) if cause else "",
    }
    return environment


def _template_text(name: str) -> str:
    """The text of a file that stands beside the templates."""
    return files("recon.reporting").joinpath("templates", name).read_text(encoding="utf-8")


def capped(frame: pl.DataFrame, limit: int) -> dict[str, Any]:
    """The first rows of a list, with how many there are: the page says what it leaves out."""
    return {"rows": frame.head(limit).to_dicts(), "total": frame.height, "shown": min(limit, frame.height)}


def bridge_section(record: RunRecord) -> dict[str, Any]:
    """The waterfalls, and the grid by account with its locations."""
    bridge = record.found.frames["bridge"]
    grid = bridge_grid(bridge)
    accounts = titled(bridge_accounts(grid), record.accounts)
    places = {name: rows.to_dicts() for (name,), rows in grid.group_by("account", maintain_order=True)}
    titles = dict(accounts.select("account", "title").iter_rows())
    return {
        "letters": words.BRIDGE_ROWS,
        "accounts": accounts.to_dicts(),
        "locations": places,
        "waterfalls": [
            charts.to_svg(
                charts.bridge_waterfall(bridge, account=account, title=f"{account} {titles[account]}", width=PAIR_WIDTH)
            )
            for account in most_moved(bridge, 2)
        ],
    }


def variance_section(record: RunRecord) -> dict[str, Any]:
    """Variances by cause, and the first of the list with their lines."""
    listed = variance_list(record)
    shown = listed.head(VARIANCES_SHOWN)
    effects = variance_effects(record).join(shown.select("variance_id"), on="variance_id", how="semi")
    lines = {key: rows.to_dicts() for (key,), rows in effects.group_by("variance_id", maintain_order=True)}
    frames = record.found.frames
    chart = charts.variances_by_cause(frames["variances"], frames["variance_lines"], width=PAIR_WIDTH)
    return {
        "summary": cause_summary(listed).to_dicts(),
        "groups": list(_by_status(shown, lines)),
        "total": listed.height,
        "shown": shown.height,
        "chart": charts.to_svg(chart) if listed.height else "",
        "calendar": calendar(record),
    }


def calendar(record: RunRecord) -> str:
    """The calendar of days compared as SVG, or nothing if no line was expected."""
    frames = record.found.frames
    if frames["expected"].is_empty():
        return ""
    return charts.to_svg(charts.days_compared(frames["expected"], frames["variances"], frames["variance_lines"]))


def _by_status(shown: pl.DataFrame, lines: dict[object, list[dict[str, Any]]]) -> Iterator[dict[str, Any]]:
    """The variances of each status with their lines, in the order of the list."""
    for (status, cause), rows in shown.group_by("status", "cause", maintain_order=True):
        found = [{**row, "lines": lines.get(row["variance_id"], [])} for row in rows.iter_rows(named=True)]
        yield {"status": status, "cause": cause, "title": words.cause_title(str(cause)), "rows": found}


def entry_section(record: RunRecord) -> dict[str, Any]:
    """The proposed entries with their lines."""
    listed = entry_list(record)
    section = capped(listed, ENTRIES_SHOWN)
    shown = entry_lines(record).join(listed.head(ENTRIES_SHOWN).select("posting_key"), on="posting_key", how="semi")
    lines = {key: rows.to_dicts() for (key,), rows in shown.group_by("posting_key", maintain_order=True)}
    for row in section["rows"]:
        row["lines"] = lines.get(row["posting_key"], [])
    return section | {"by_hand": listed["by_hand"].sum()}


def tie_out_section(record: RunRecord) -> dict[str, Any]:
    """The legs in sum, and the rows that do not agree."""
    tie_outs = record.found.frames["tie_outs"]
    return {"legs": tie_out_summary(tie_outs).to_dicts(), "apart": capped(tie_outs_apart(tie_outs), ROWS_SHOWN)}
