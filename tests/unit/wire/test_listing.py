"""Pages of JSON that are read with the shape of earlier pages say what they say when they are read alone."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.frames.decoding import columns, texts
from recon.frames.records import names_in, values, values_or_none
from recon.frames.shapes import are_records
from recon.store import content_text, content_texts
from recon.wire import Answer, Broken
from recon.wire.cards import masked_row
from recon.wire.listing import Listing

SALE = {"id": "T1", "amount": "1000", "card": {"brand": "VISA", "last4": "1122"}, "lines": [{"no": 1, "text": "tea"}]}


def answer(rows: object, **beside: object) -> Answer:
    return Answer(200, {}, json.dumps({"sales": rows, **beside}).encode(), "https://example.com")


def read_after(first: object, *later: object) -> list[object]:
    listing = Listing("sales")
    return [listing.read(answer(rows, total=2))["sales"] for rows in (first, *later)]


def test_a_second_page_of_the_same_shape_is_read_into_records_that_say_the_same():
    other = SALE | {"id": "T2", "amount": None, "card": {"brand": "AMEX"}}
    first, second = read_after([SALE], [other, SALE])
    assert are_records(second)
    assert not are_records(first)
    assert second == [other, SALE]
    assert content_texts(second).to_list() == [content_text(other), content_text(SALE)]
    assert str(second[0]["card"]) == str({"brand": "AMEX"})
    assert ("last4" in second[0]["card"], len(second[0]["card"]), second[0].get("tip", "none")) == (False, 1, "none")


def test_what_stands_beside_the_list_comes_along_and_what_is_absent_stays_absent():
    listing = Listing("sales")
    assert listing.read(answer([SALE], total=1, ratio=0.5)) == {"sales": [SALE], "total": 1, "ratio": Decimal("0.5")}
    assert listing.read(answer([SALE], ratio=1.5)) == {"sales": [SALE], "ratio": Decimal("1.5")}


@pytest.mark.parametrize(
    "strange",
    [
        SALE | {"tip": "1"},  # a name that no page had
        SALE | {"card": "VISA"},
        SALE | {"card": [SALE]},
        SALE | {"amount": {"value": "1"}},
        SALE | {"amount": 10.5},
        SALE | {"lines": [["tea"]]},
        SALE | {"lines": [{"no": 1.5}]},
    ],
)
def test_a_record_of_another_shape_is_read_as_any_json_and_so_is_its_page(strange):
    exactly = json.loads(json.dumps(strange), parse_float=Decimal)
    _, second, third, fourth = read_after([SALE], [SALE, strange], [strange], [SALE])
    assert second == [SALE, exactly]
    assert content_texts(second).to_list() == [content_text(SALE), content_text(exactly)]
    assert third == [exactly]
    assert fourth == [SALE]
    assert are_records(fourth)


def test_a_number_with_a_point_is_never_a_float():
    _, second = read_after([SALE], [SALE | {"amount": 0.1}])
    assert second[0]["amount"] == Decimal("0.1")
    assert content_texts(second).to_list() == [content_text(SALE | {"amount": Decimal("0.1")})]


def test_an_answer_that_is_no_list_of_records_is_told_as_it_came():
    listing = Listing("sales")
    listing.read(answer([SALE]))
    for rows in (None, "none", {}, [1], [[]], [None]):
        assert listing.read(answer(rows))["sales"] == rows
    assert listing.read(answer([])) == {"sales": []}
    assert listing.read(Answer(200, {}, b'{"error": "busy"}', "https://example.com")) == {"error": "busy"}
    with pytest.raises(Broken):
        listing.read(Answer(200, {}, b'{"sales": [', "https://example.com"))


def test_a_name_that_no_slot_can_have_leaves_all_as_it_was():
    quoted = SALE | {'the "tip"': "1"}
    assert read_after([quoted], [quoted], [SALE]) == [[quoted], [quoted], [SALE]]


def test_a_card_number_is_masked_at_every_depth_of_a_record():
    marked = SALE | {"card": {"brand": "VISA", "last4": "4111 1111 1111 1111"}, "lines": [{"no": 4111111111111111}]}
    _, second = read_after([SALE], [marked])
    assert are_records(second)
    clean = masked_row(second[0], ("lines.no",))
    assert clean.row["card"] == {"brand": "VISA", "last4": "************1111"}
    assert clean.row["lines"] == [{"no": "************1111"}]
    assert not masked_row(second[0]).is_quarantined


def test_columns_and_single_values_are_those_of_the_same_rows_as_dictionaries():
    paths = {"id": ("id",), "brand": ("card", "brand"), "nothing": ("card", "pin"), "text": ("lines",), "gone": ("x",)}
    rows = [SALE, {"id": " "}, {"id": 7, "card": None}, {"id": True, "card": {}}, SALE | {"id": "T2"}]
    _, second = read_after(rows, rows)
    assert are_records(second)
    assert columns(second, paths).equals(columns(rows, paths))
    assert texts(second, paths).equals(texts(rows, paths))
    assert values(second, "id") == values(rows, "id")
    assert values_or_none(second, "amount") == values_or_none(rows, "amount")
    assert names_in(second) == names_in(rows)
    with pytest.raises(KeyError):
        values(second, "amount")


plain = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
value = st.recursive(
    plain | st.decimals(allow_nan=False, allow_infinity=False, places=2).map(float),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=6,
)
record = st.dictionaries(st.sampled_from(["id", "amount", "card", "x"]), value, max_size=4)
pages = st.lists(st.lists(record, min_size=1, max_size=3), min_size=2, max_size=4)


@given(pages)
def test_whatever_came_before_a_page_says_what_it_says_alone(every):
    listing = Listing("sales")
    for rows in every:
        page = answer(rows, total=len(rows))
        alone, beside = page.json(), listing.read(page)
        assert beside == alone
        assert content_texts(beside["sales"]).equals(content_texts(alone["sales"]))
        for paths in ({"id": ("id",), "inner": ("card", "a")}, {"deep": ("card", "a", "b"), "card": ("x",)}):
            assert texts(beside["sales"], paths).equals(texts(alone["sales"], paths))
        found, due = ([masked_row(one, ("id",)) for one in told["sales"]] for told in (beside, alone))
        assert found == due
