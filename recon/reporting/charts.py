"""The charts of pack and notebooks: Altair in one theme, drawn as SVG without a browser or network.

Frames are aggregated in Polars first. Decimals become floats for drawing only; every figure that is
printed beside a mark is formatted from the Decimal.
"""

from __future__ import annotations

import datetime as dt
import json
import re

import polars as pl
import vl_convert

from recon.money import MONEY
from recon.reporting.drawing import alt
from recon.reporting.views import bridge_part, bridge_steps, gross_amounts, most_moved, population_filter
from recon.reporting.words import STATUSES, cause_title, money, shorten

INK, MUTED, RULE, ACCENT = "#1b2430", "#5b6675", "#e3e7ec", "#1f5f8b"
FONT = "DejaVu Sans"
# Colour follows status, not sign: to book, asked, carried, passed, unexplained, balances.
COLOURS = {
    "book": ACCENT, "ask": "#b4690e", "timing": "#6b7a8d", "source": "#8a4f9e",
    "accepted": "#9aa5b1", "info": "#c3cad3", "draft": "#4d8c86", "unexplained": "#b3261e", "balance": INK,
}  # fmt: skip
ROW_STATUS = {"D1": "book", "D2": "draft", "F": "ask", "G": "timing", "H": "accepted", "I": "unexplained"}
# From best to worst: a cell shows the worst that happened on its day.
DAY_COLOURS = {"agrees": "#d5e6f1", "variance": COLOURS["ask"], "not compared": COLOURS["unexplained"]}
# Axes write credits as the tables do: in parentheses.
AXIS_WORDS = "datum.value < 0 ? '(' + format(-datum.value, ',.0f') + ')' : format(datum.value, ',.0f')"
STATUS_WORDS = {**STATUSES, "draft": "Waits as a draft", "unexplained": "Unexplained", "balance": "Balance"}

# In a notebook a chart is drawn here and now: nothing is fetched, nothing runs in the page.
alt.renderers.enable("svg")


@alt.theme.register("recon", enable=True)
def recon_theme() -> alt.theme.ThemeConfig:
    """The look of every chart: quiet axes, one accent, fonts that are there offline."""
    axis: alt.theme.AxisConfigKwds = {
        "labelFont": FONT, "titleFont": FONT, "labelColor": MUTED, "titleColor": MUTED, "titleFontWeight": "normal",
        "labelFontSize": 11, "titleFontSize": 11, "domainColor": RULE, "tickColor": RULE, "gridColor": RULE,
        "labelLimit": 260,
    }  # fmt: skip
    return {
        "config": {
            "background": "white",
            "font": FONT,
            "view": {"stroke": None},
            "axis": axis,
            "axisY": {"grid": False, "ticks": False, "domain": False, "labelPadding": 8},
            "legend": {"labelFont": FONT, "titleFont": FONT, "labelColor": MUTED, "titleColor": MUTED, "orient": "top"},
            "title": {
                "font": FONT, "subtitleFont": FONT, "fontSize": 14, "fontWeight": 600, "color": INK,
                "subtitleColor": MUTED, "subtitleFontSize": 11, "anchor": "start", "offset": 14,
            },
            "text": {"font": FONT, "fontSize": 11, "color": INK},
            "bar": {"color": ACCENT},
        }
    }  # fmt: skip


def for_drawing(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with Decimals as floats and dates as text: to be drawn, never to be added up."""
    decimals = [name for name, kind in frame.schema.items() if isinstance(kind, pl.Decimal)]
    dates = [name for name, kind in frame.schema.items() if kind == pl.Date]
    return frame.with_columns(pl.col(decimals).cast(pl.Float64), pl.col(dates).cast(pl.String))


def to_svg(chart: alt.Chart | alt.LayerChart, font: str | None = None) -> str:
    """The chart as an SVG element that may stand inside a page with a strict content policy."""
    spec = json.dumps(chart.to_dict())
    if font is not None:
        spec = spec.replace(f'"{FONT}"', json.dumps(font))
    svg = str(vl_convert.vegalite_to_svg(spec, allowed_base_urls=[]))
    return re.sub(r' style="[^"]*"', "", svg)


def status_colour(frame: pl.DataFrame) -> alt.Color:
    """The colour of each status in the frame's column `status`, with a legend in words."""
    present = set(frame["status"])
    seen = [name for name in STATUS_WORDS if STATUS_WORDS[name] in present]
    words = [STATUS_WORDS[name] for name in seen]
    return alt.Color("status:N", title=None).scale(domain=words, range=[COLOURS[name] for name in seen])


def bridge_waterfall(
    bridge: pl.DataFrame,
    reconciliation: str | None = None,
    *,
    account: str | None = None,
    title: str | None = None,
    width: int = 560,
) -> alt.LayerChart:
    """The way of one account from ledger to source, Dr/(Cr); the account most moved unless one is named.

    Balances are marks, not bars, since the axis does not begin at zero.
    """
    moved = most_moved(bridge, 1, reconciliation) or sorted(set(bridge_part(bridge, reconciliation)["account"]))
    account = account or next(iter(moved), "")
    steps = bridge_steps(bridge, account, reconciliation)
    drawn = steps.with_columns(
        step=pl.format("{} · {}", "row", pl.col("label").map_elements(lambda one: shorten(one, 36), pl.String)),
        status=pl.col("row").replace_strict(ROW_STATUS, default="balance").replace(STATUS_WORDS),
        printed=pl.col("amount").map_elements(money, pl.String),
    )
    span = (
        alt.X("start:Q", title="Dr/(Cr)")
        .scale(zero=False, nice=True, padding=12)
        .axis(labelExpr=AXIS_WORDS, tickCount=4)
    )
    base = alt.Chart(for_drawing(drawn)).encode(y=alt.Y("step:N", sort=None, title=None), color=status_colour(drawn))
    bars = base.mark_bar(height=14).encode(x=span, x2="end:Q")
    balances = base.transform_filter("datum.start == datum.end").mark_tick(thickness=3, size=18, opacity=1)
    figures = base.mark_text(align="right", baseline="middle").encode(
        x=alt.value(width + 100), text="printed:N", color=alt.value(INK)
    )
    chart = alt.LayerChart(layer=[bars, balances.encode(x=span), figures])
    return chart.properties(
        width=width,
        height=alt.Step(24),
        title=f"Account {account}: from ledger to source" if title is None else title,
        padding={"left": 4, "top": 4, "bottom": 4, "right": 106},
    )


def variances_by_cause(variances: pl.DataFrame, lines: pl.DataFrame, *, width: int = 560) -> alt.LayerChart:
    """Gross amount and number of the variances by cause, the largest on top; colour is the status."""
    gross = gross_amounts(lines).select("variance_id", "gross")
    causes = (
        variances.join(gross, on="variance_id", how="left")
        .group_by("status", "cause")
        .agg(pl.len().alias("count"), pl.col("gross").sum().cast(MONEY))
        .sort(["gross", "cause"], descending=[True, False])
    )
    printed = [f"{number:,} · {money(amount)}" for number, amount in causes.select("count", "gross").iter_rows()]
    drawn = causes.with_columns(
        pl.Series("printed", printed, dtype=pl.String),
        title=pl.col("cause").map_elements(cause_title, pl.String),
        status=pl.col("status").replace(STATUS_WORDS),
    ).with_columns(
        # One cause may be booked in one place and asked in another: two bars, two names.
        pl.when(pl.len().over("cause") > 1)
        .then(pl.format("{} ({})", "title", pl.col("status").str.to_lowercase()))
        .otherwise("title")
        .alias("title")
    )
    base = alt.Chart(for_drawing(drawn)).encode(y=alt.Y("title:N", sort=None, title=None))
    axis = alt.X("gross:Q", title="gross amount").axis(labelExpr=AXIS_WORDS, tickCount=4)
    bars = base.mark_bar(height=14).encode(x=axis, color=status_colour(drawn))
    figures = base.mark_text(align="left", dx=6).encode(x=axis, text="printed:N")
    return alt.LayerChart(layer=[bars, figures]).properties(
        width=width, height=alt.Step(24), title="Variances by cause"
    )


def days_compared(
    expected: pl.DataFrame, variances: pl.DataFrame, lines: pl.DataFrame, *, width: int = 720
) -> alt.Chart:
    """A calendar of locations and days: agrees, has a variance, or was not compared."""
    agrees = expected.select("location", "posting_date").unique().with_columns(state=pl.lit("agrees"))
    blind = pl.col("cause") == "not_compared"
    found = (
        variances.select("variance_id", "cause", "posting_date")
        .join(lines.select("variance_id", "location").unique(), on="variance_id")
        .with_columns(state=pl.when(blind).then(pl.lit("not compared")).otherwise(pl.lit("variance")))
        .select("location", "posting_date", "state")
    )
    worst = pl.col("state").replace_strict({state: rank for rank, state in enumerate(DAY_COLOURS)}).max()
    cells = (
        pl.concat([agrees, found])
        .drop_nulls()
        .group_by("location", "posting_date")
        .agg(worst.alias("rank"))
        .sort("location", "posting_date")
        .with_columns(
            state=pl.col("rank").replace_strict(dict(enumerate(DAY_COLOURS)), return_dtype=pl.String),
            day=pl.col("posting_date").dt.strftime("%m-%d"),
        )
    )
    colour = alt.Color("state:N", title=None).scale(domain=list(DAY_COLOURS), range=list(DAY_COLOURS.values()))
    chart: alt.Chart = alt.Chart(for_drawing(cells)).mark_rect(stroke="white", strokeWidth=2)
    days, places = alt.X("day:O", title=None).axis(labelAngle=-90), alt.Y("location:N", title="location")
    return chart.encode(x=days, y=places, color=colour).properties(
        width=width, height=alt.Step(18), title="Days compared"
    )


def clearing_by_day(
    ledger: pl.DataFrame, expected: pl.DataFrame, account: str, *, start: dt.date, end: dt.date, width: int = 560
) -> alt.Chart:
    """Running activity of one account by day, per ledger and per source, Dr/(Cr), from zero at the start."""
    days = pl.DataFrame({"posting_date": pl.date_range(start, end, eager=True)})
    sides = {"Per ledger": ledger.filter(population_filter()), "Per source": expected}
    running = pl.concat(_running(days, lines, account).with_columns(side=pl.lit(name)) for name, lines in sides.items())
    domain = list(sides)
    chart: alt.Chart = alt.Chart(for_drawing(running)).mark_line(strokeWidth=2, interpolate="step-after")
    return chart.encode(
        x=alt.X("posting_date:T", title=None).axis(format="%d %b", tickCount=8, grid=False),
        y=alt.Y("balance:Q", title="activity since the first day, Dr/(Cr)").axis(labelExpr=AXIS_WORDS, grid=True),
        color=alt.Color("side:N", title=None).scale(domain=domain, range=[INK, ACCENT]),
        strokeDash=alt.StrokeDash("side:N", title=None).scale(domain=domain, range=[[1, 0], [4, 3]]),
    ).properties(width=width, height=220, title=f"Account {account} by day")


def _running(days: pl.DataFrame, lines: pl.DataFrame, account: str) -> pl.DataFrame:
    """The running sum of one account on every day."""
    moved = lines.filter(pl.col("account") == account).group_by("posting_date").agg(pl.col("amount").sum())
    return days.join(moved, on="posting_date", how="left", maintain_order="left").select(
        "posting_date", balance=pl.col("amount").fill_null(0).cum_sum().cast(MONEY)
    )
