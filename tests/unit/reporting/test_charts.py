from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from records import FORMULA, IMAGE, PERIOD, build_month, empty_record, run_record

from recon.reporting import charts
from recon.reporting.model import RunRecord


def drawn(record: RunRecord) -> dict[str, str]:
    """Every chart of the record as SVG."""
    frames, ledger = record.found.frames, record.found.ledger
    made = {
        "bridge": charts.bridge_waterfall(frames["bridge"]),
        "sales": charts.bridge_waterfall(frames["bridge"], "sales", account="1250"),
        "causes": charts.variances_by_cause(frames["variances"], frames["variance_lines"]),
        "days": charts.days_compared(frames["expected"], frames["variances"], frames["variance_lines"]),
        "clearing": charts.clearing_by_day(ledger, frames["expected"], "1250", start=PERIOD.start, end=PERIOD.end),
    }
    return {name: charts.to_svg(chart) for name, chart in made.items()}


@pytest.mark.parametrize("record", [run_record(), empty_record()], ids=["month", "empty"])
def test_every_chart_is_svg_without_style_script_or_foreign_host(record: RunRecord) -> None:
    for name, svg in drawn(record).items():
        for element in ET.fromstring(svg).iter():
            assert element.tag.split("}")[1] not in ("script", "style", "image", "foreignObject"), name
            assert "style" not in element.attrib, name
            assert not any("://" in value for value in element.attrib.values()), name


def test_the_waterfall_prints_exact_amounts_in_accountants_writing() -> None:
    svg = drawn(run_record())["bridge"]

    assert ">(29.90)<" in svg
    assert "I · Unexplained" in svg
    assert ">0.00<" in svg


def test_hostile_labels_are_text_in_the_drawing() -> None:
    frames = run_record(build_month()).found.frames
    bridge = frames["bridge"].with_columns(label=charts.pl.lit(f"{IMAGE} {FORMULA}"))

    svg = charts.to_svg(charts.bridge_waterfall(bridge, account="1250"))

    assert "<img" not in svg
    assert "&lt;img" in svg


def test_the_same_chart_is_drawn_the_same() -> None:
    assert drawn(run_record()) == drawn(run_record())
