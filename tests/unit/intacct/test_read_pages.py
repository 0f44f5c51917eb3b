"""Pages of records that change while they are read: none missing, none twice, whatever the service does with keys."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from recon.intacct.paging import ORDERS, Place, Reader, Slice, Way, orders_of, place_of, read_pages
from recon.wire import Misunderstood

Churn = Callable[[set[int], int | None], None]


class Books:
    """Records by number, changed by `churn` before every page; counts the pages that were asked for."""

    def __init__(
        self, records: set[int], size: int, *, order: str = "number", behind: str = "number", churn: Churn | None = None
    ) -> None:
        self.records = set(records)
        self.asked = 0
        self._size, self._order, self._behind, self._churn = size, order, behind, churn

    async def fetch(self, after: str | None, skip: int) -> Slice:
        if self._churn and self.asked:
            self._churn(self.records, None if after is None else int(after))
        self.asked += 1
        keys = sorted(map(str, self.records), key=int if self._order == "number" else str)
        if after is not None:
            keys = [key for key in keys if (int(key) > int(after) if self._behind == "number" else key > after)]
        page = keys[skip : skip + self._size]
        return Slice([{"RECORDNO": key} for key in page], len(keys), max(len(keys) - skip - len(page), 0))

    def read(self, way: Way, cursor: str | None = None, pages: int | None = None) -> tuple[list[int], str | None]:
        """The record numbers as they come, from a cursor, at most so many pages; and the cursor behind them."""

        async def all_pages() -> tuple[list[int], str | None]:
            found: list[int] = []
            place, left = place_of(cursor, way), pages
            async for rows, following in read_pages(Reader(self.fetch, "RECORDNO", "GLDETAIL"), place):
                found += [int(str(row["RECORDNO"])) for row in rows]
                if left is not None:
                    left -= 1
                if following is None or left == 0:
                    return found, following.text() if following else None
            raise AssertionError("a reading ends with a page that says so")

        return asyncio.run(all_pages())


@pytest.mark.parametrize("way", ["key", "place"])
@pytest.mark.parametrize("count", [0, 1, 99, 100, 101, 200, 201])
def test_every_count_around_the_page_size_is_read_whole(way: Way, count: int) -> None:
    assert Books(set(range(1, count + 1)), 100).read(way) == (list(range(1, count + 1)), None)


@pytest.mark.parametrize(("way", "most"), [("key", 56), ("place", 52)])
def test_a_hundred_thousand_rows_take_a_page_each_two_thousand(way: Way, most: int) -> None:
    books = Books(set(range(100_000)), 2000)

    books.read(way)

    assert books.asked <= most


def test_where_keys_are_compared_as_text_but_ordered_as_numbers_nothing_is_lost() -> None:
    # Behind "999" no four-digit number follows as text: the service would end here without a word.
    records = set(range(1, 2_500))

    found, _ = Books(records, 999, behind="text").read("key")

    assert found == sorted(records)


@pytest.mark.parametrize("way", ["key", "place"])
def test_a_service_that_orders_by_text_is_read_whole_too(way: Way) -> None:
    records = set(range(1, 1_234))

    found, _ = Books(records, 100, order="text", behind="text").read(way)

    assert sorted(found) == sorted(records)
    assert len(found) == len(records)


def test_where_text_order_meets_numbers_in_the_filter_nothing_is_lost() -> None:
    records = set(range(1, 1_234))

    found, _ = Books(records, 100, order="text", behind="number").read("key")

    assert sorted(found) == sorted(records)


@given(
    st.sets(st.integers(1, 3000), min_size=1, max_size=400),
    st.integers(2, 60),
    st.integers(0, 2**32),
    st.sampled_from(["key", "place"]),
    st.sampled_from([("number", "number"), ("number", "text"), ("text", "text")]),
    st.booleans(),
)
def test_rows_that_stay_come_once_while_others_come_and_go(
    records: set[int], size: int, seed: int, way: Way, told: tuple[str, str], killed: bool
) -> None:
    """Any churn between any two pages, and a kill behind any page that goes on from its cursor."""
    chance = Random(seed)
    size = max(size, 20) if told[0] == "text" else size  # of two keys nobody can tell by what they are ordered
    gone: set[int] = set()

    def churn(now: set[int], _after: int | None) -> None:
        for _ in range(chance.randrange(3)):
            if now and chance.random() < 0.6:
                victim = chance.choice(sorted(now))
                now.discard(victim)
                gone.add(victim)
        if chance.random() < 0.5:
            now.add(max([*now, *records, *gone]) + 1)

    books = Books(records, size, order=told[0], behind=told[1], churn=churn)
    found, cursor = books.read(way, pages=chance.randrange(1, 4) if killed else None)
    while cursor is not None:
        more, cursor = books.read(way, cursor, pages=1)
        found += more

    assert len(found) == len(set(found))
    assert records - gone <= set(found)


def test_a_row_twice_in_one_page_is_refused() -> None:
    async def fetch(_after: str | None, _skip: int) -> Slice:
        return Slice([{"RECORDNO": "7"}, {"RECORDNO": "7"}], 2, 0)

    async def read() -> None:
        async for _ in read_pages(Reader(fetch, "RECORDNO", "GLDETAIL"), Place()):
            pass

    with pytest.raises(Misunderstood, match="do not come in the order of RECORDNO"):
        asyncio.run(read())


@pytest.mark.parametrize("key", [{}, {"RECORDNO": None}, {"RECORDNO": ""}])
def test_a_record_without_its_key_is_told_with_its_report_and_what_else_it_says(key: dict[str, str | None]) -> None:
    async def fetch(_after: str | None, _skip: int) -> Slice:
        lost = {**key, "BATCHKEY": "12", "MEMO": "card 4111 1111 1111 1111", "LOCATIONID": None}
        return Slice([{"RECORDNO": "7"}, lost], 2, 0)

    async def read() -> None:
        async for _ in read_pages(Reader(fetch, "RECORDNO", "GLDETAIL"), Place()):
            pass

    with pytest.raises(Misunderstood, match="a record of GLDETAIL has no RECORDNO") as told:
        asyncio.run(read())
    assert "BATCHKEY 12, MEMO card ************1111" in str(told.value)


def test_a_page_without_rows_that_says_some_are_left_is_refused() -> None:
    async def fetch(_after: str | None, _skip: int) -> Slice:
        return Slice([], 5, 5)

    async def read() -> None:
        async for _ in read_pages(Reader(fetch, "RECORDNO", "GLDETAIL"), Place()):
            pass

    with pytest.raises(Misunderstood, match="says that some are left"):
        asyncio.run(read())


def test_a_page_shorter_than_asked_is_not_the_last_while_rows_are_left() -> None:
    # Seen with readMore: fewer rows than the page size, and numremaining above zero.
    async def fetch(after: str | None, skip: int) -> Slice:
        start = int(after or 0) + skip + 1
        return Slice([{"RECORDNO": str(start)}], 6 - start, 5 - start)

    async def read() -> list[str]:
        pages = read_pages(Reader(fetch, "RECORDNO", "GLDETAIL"), Place())
        return [str(row["RECORDNO"]) async for rows, _ in pages for row in rows]

    assert asyncio.run(read()) == ["1", "2", "3", "4", "5"]


def test_a_cursor_of_another_make_is_refused_with_the_mend() -> None:
    with pytest.raises(Misunderstood, match="pull the window from its start"):
        place_of("page=3", "key")


def test_orders_that_the_keys_fit() -> None:
    assert orders_of(["9", "10"], ORDERS) == ("number",)
    assert orders_of(["10", "9"], ORDERS) == ("text",)
    assert orders_of(["10", "11"], ORDERS) == ORDERS
    assert orders_of(["a", "b"], ORDERS) == ("text",)
    assert orders_of(["1", "1"], ORDERS) == ()
    assert orders_of(["9", "10"], ("text",)) == ()
