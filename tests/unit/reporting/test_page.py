from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser

import pytest
from records import FORMULA, IMAGE, SCRIPT, Month, build_month, empty_record, run_record

from recon.reporting.page import VARIANCES_SHOWN, render_page


class Reader(HTMLParser):
    """What a browser would see: tags with their attributes, text, and tags left open."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page() -> str:
    return render_page(run_record(), notebooks=("sales", "close"))


def test_the_page_asks_no_other_host(page: str) -> None:
    for tag, attributes in Reader(page).tags:
        for name in ("src", "href", "action", "data", "xlink:href"):
            target = attributes.get(name) or ""
            assert not re.match(r"(?i)\s*(https?:|//|javascript:)", target), (tag, target)
    assert "@import" not in page
    assert "url(" not in page


def test_the_page_holds_under_its_strict_policy(page: str) -> None:
    reader = Reader(page)
    policies = [tag["content"] for tag in reader.named("meta") if tag.get("http-equiv") == "Content-Security-Policy"]
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()

    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data: 'self'; base-uri 'none'; form-action 'none'"
    ]
    assert all("style" not in attributes for _, attributes in reader.tags)
    assert not [name for _, attributes in reader.tags for name in attributes if name.startswith("on")]
    assert not reader.named("script")


def test_hostile_texts_are_shown_and_never_run(page: str) -> None:
    reader = Reader(page)
    text = "".join(reader.text)

    assert SCRIPT in text
    assert IMAGE in text
    assert FORMULA in text
    assert [image["src"] for image in reader.named("img")] == ["signoff.svg"]
    assert "Harbor & Pine Restaurants <Group>" in text


def test_every_tag_is_closed_and_every_id_is_used_once(page: str) -> None:
    reader = Reader(page)
    ids = [attributes["id"] for _, attributes in reader.tags if "id" in attributes]

    assert reader.open == []
    assert len(ids) == len(set(ids))


def test_links_inside_the_page_lead_somewhere(page: str) -> None:
    reader = Reader(page)
    ids = {attributes.get("id") for _, attributes in reader.tags}
    targets = [str(link["href"]) for link in reader.named("a")]

    assert {target[1:] for target in targets if target.startswith("#")} <= ids
    assert "sales.ipynb" in targets
    assert "payroll.ipynb" not in targets


def test_a_reader_with_a_screen_reader_finds_landmarks_headings_and_table_heads(page: str) -> None:
    reader = Reader(page)

    assert {"header", "nav", "main", "footer", "h1"} <= {tag for tag, _ in reader.tags}
    assert len(reader.named("h1")) == 1
    assert all(tag.get("scope") for tag in reader.named("th"))
    assert all(figure.get("aria-label") for figure in reader.named("figure"))


def test_the_first_page_says_what_a_controller_asks(page: str) -> None:
    text = re.sub(r"\s+", " ", " ".join(Reader(page).text))

    for said in (
        "book ACCRUAL, state Posted, not statistical", "Not compared", "Explained", "Open", "Fail", "Pass",
        "Net sales", "Gross pay", "Effect on pre-tax income, +/(−)", "(112.40)", "materiality of 500.00",
        "Source rows rejected", "Source rows outside the margin", "up to 2 edits apart", "Card clearing overstated by",
    ):  # fmt: skip
        assert said in text, said


def test_people_never_read_the_word_difference(page: str) -> None:
    assert "difference" not in "".join(Reader(page).text).lower()


def test_a_month_without_findings_says_so_in_words() -> None:
    text = "".join(Reader(render_page(empty_record())).text)

    assert "the ledger says what the sources say" in text
    assert "Nothing is to be booked" in text


def test_a_long_list_is_cut_and_says_where_the_rest_is() -> None:
    month: Month = build_month()
    for _ in range(VARIANCES_SHOWN):
        month.differ(
            "sales", "rounding", "R", month.expected[0]["posting_date"], "100", (("2200", "0.01"),), (), "cent"
        )

    text = re.sub(r"\s+", " ", "".join(Reader(render_page(run_record(month))).text))

    assert f"The first {VARIANCES_SHOWN} of {len(month.variances)} variances are shown" in text


def test_equal_records_give_equal_pages(page: str) -> None:
    assert render_page(run_record(), notebooks=("sales", "close")) == page


def test_tie_outs_are_headed_with_the_names_of_their_sources(page: str) -> None:
    tie_outs = page[page.index('<section id="tie-outs"') : page.index('<section id="rejects"')]

    assert '<th scope="col" class="n">POS card tenders</th><th scope="col" class="n">Card payments</th>' in tie_outs
    assert not re.search(r"\b(Left|Right)\b", tie_outs)
