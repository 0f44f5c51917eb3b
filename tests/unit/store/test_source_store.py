"""The store of one source: versions are appended, a window's view is replaced, nothing seen is overwritten."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from recon.errors import DataError, DigestDiffers
from recon.store import Appended, Circumstance, Kept, SourceStore, Whereabouts, Window, changes_in_closed_books
from recon.store.closings import Closings, read_closings, write_closings
from recon.store.content import content_digest, content_text, row_of

EARLY = Window(dt.date(2026, 9, 1), dt.date(2026, 9, 10))
LATE = Window(dt.date(2026, 9, 11), dt.date(2026, 9, 20))
FIRST = Circumstance(dt.datetime(2026, 10, 1, 8, tzinfo=dt.UTC))
SECOND = Circumstance(dt.datetime(2026, 10, 2, 8, tzinfo=dt.UTC))
AFTER_CLOSE = Circumstance(dt.datetime(2026, 10, 9, 8, tzinfo=dt.UTC), closed_through=dt.date(2026, 9, 30))

BY_DAY = Whereabouts(("ENTRY_DATE",))


def kept(row: Mapping[str, object]) -> Kept:
    body = content_text(row)
    return Kept(str(row["RECORDNO"]), content_digest(body), body)


def line(number: int, amount: str, memo: str = "") -> dict[str, object]:
    return {"RECORDNO": str(number), "AMOUNT": amount, "DESCRIPTION": memo}


def pull(
    store: SourceStore, window: Window, rows: Sequence[Mapping[str, object]], when: Circumstance = FIRST
) -> Appended:
    """One whole pull of the window, two rows a page."""
    reading = store.readings(window).passes()[0]
    pages = [rows[at : at + 2] for at in range(0, len(rows), 2)] or [[]]
    for number, page in enumerate(pages, 1):
        reading.add([kept(row) for row in page], None if number == len(pages) else f"behind {number}")
    return store.commit(window, when)


def ids(store: SourceStore, *windows: Window) -> list[str]:
    return store.view(windows)["row_id"].to_list()


def fingerprint(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_what_was_pulled_stands_in_the_window(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)

    added = pull(store, EARLY, [line(1, "10.00"), line(2, "-10.00"), line(3, "7.00")])

    assert added == Appended(new=3)
    assert ids(store, EARLY) == ["1", "2", "3"]
    assert ids(store, LATE) == []


def test_the_same_pull_again_changes_no_byte(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    rows = [line(1, "10.00"), line(2, "-10.00"), line(3, "7.00")]
    pull(store, EARLY, rows)
    before = fingerprint(tmp_path)

    added = pull(store, EARLY, rows[::-1], SECOND)

    assert not added.any
    assert fingerprint(tmp_path) == before


def test_a_pull_again_replaces_the_view_and_keeps_every_version(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00"), line(2, "-10.00"), line(3, "7.00")])

    added = pull(store, EARLY, [line(1, "12.00"), line(3, "7.00"), line(4, "5.00")], SECOND)

    assert added == Appended(new=1, changed=1, deleted=1)
    assert ids(store, EARLY) == ["1", "3", "4"]
    history = store.history().select("row_id", "seen_at", "deleted").collect().rows()
    assert history[3:] == [("1", SECOND.seen_at, False), ("2", SECOND.seen_at, True), ("4", SECOND.seen_at, False)]


def test_the_first_version_is_still_the_one_that_was_seen_first(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00")])
    pull(store, EARLY, [line(1, "12.00")], SECOND)

    bodies = [row_of(body)["AMOUNT"] for body in store.history().collect()["body"]]

    assert bodies == ["10.00", "12.00"]


def test_a_line_that_moved_to_another_window_stands_there_alone(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00", "8 September")])
    pull(store, LATE, [line(1, "10.00", "12 September")], SECOND)
    pull(store, EARLY, [], SECOND)

    assert ids(store, EARLY) == []
    assert ids(store, LATE) == ["1"]


def test_a_line_on_the_border_that_both_windows_deliver_settles_down(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00")])
    pull(store, LATE, [line(1, "10.00")])
    before = fingerprint(tmp_path)

    pull(store, EARLY, [line(1, "10.00")], SECOND)
    pull(store, LATE, [line(1, "10.00")], SECOND)

    assert fingerprint(tmp_path) == before
    assert ids(store, EARLY, LATE) == ["1"]


def test_a_record_that_came_twice_is_one_and_the_later_page_counts(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)

    pull(store, EARLY, [line(1, "10.00"), line(2, "5.00"), line(1, "11.00")])

    view = {row_of(body)["RECORDNO"]: row_of(body)["AMOUNT"] for body in store.view([EARLY])["body"]}
    assert view == {"1": "11.00", "2": "5.00"}


def test_a_record_is_gone_only_when_two_passes_lack_it(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00"), line(2, "5.00"), line(3, "1.00")])
    readings = store.readings(EARLY)
    readings.passes()[0].add([kept(line(1, "10.00")), kept(line(3, "1.00"))], None)
    readings.another().add([kept(line(1, "10.00")), kept(line(2, "5.00"))], None)

    added = store.commit(EARLY, SECOND)

    assert not added.any
    assert ids(store, EARLY) == ["1", "2", "3"]


def test_a_change_in_closed_books_is_told_with_both_values(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00"), line(2, "5.00")])
    pull(store, EARLY, [line(1, "12.00"), line(3, "1.00")], AFTER_CLOSE)

    found = changes_in_closed_books("intacct.gldetail", store)

    assert found.select("row_id", "change", "fields").rows() == [
        ("1", "changed", ["AMOUNT: 10.00, now 12.00"]),
        ("2", "deleted", ["AMOUNT: 5.00"]),
        ("3", "late", ["AMOUNT: 1.00"]),
    ]
    assert found["explanation"][0] == (
        "intacct.gldetail 1 of 2026-09-01 to 2026-09-10 was changed after its days had been closed "
        "through 2026-09-30: AMOUNT: 10.00, now 12.00"
    )


def test_a_record_that_is_gone_from_closed_books_is_told_with_its_day_its_amount_and_its_account(
    tmp_path: Path,
) -> None:
    store = SourceStore(tmp_path)
    side = {"DEBITAMOUNT": "5.00", "CREDITAMOUNT": "0", "ACCOUNTNO": "1250", "LOCATIONID": "100", "BATCH_NO": "7"}
    pull(store, EARLY, [line(2, "5.00") | {"ENTRY_DATE": "09/03/2026"} | side])
    pull(store, EARLY, [], AFTER_CLOSE)

    assert changes_in_closed_books("intacct.gldetail", store, BY_DAY)["explanation"].to_list() == [
        "intacct.gldetail 2 of 2026-09-03 was deleted after its days had been closed through 2026-09-30: "
        "AMOUNT: 5.00; DEBITAMOUNT: 5.00; ACCOUNTNO: 1250; LOCATIONID: 100"
    ]


@pytest.mark.parametrize(("closed", "told"), [(19, []), (20, ["1"])])
def test_a_balance_changes_closed_books_only_where_its_whole_window_is_closed(
    tmp_path: Path, closed: int, told: list[str]
) -> None:
    store = SourceStore(tmp_path)
    pull(store, LATE, [line(1, "10.00")])
    pull(store, LATE, [line(1, "12.00")], Circumstance(SECOND.seen_at, dt.date(2026, 9, closed)))

    found = changes_in_closed_books("intacct.trialbalance", store, Whereabouts(whole=True))

    assert found["row_id"].to_list() == told


def test_the_first_reading_of_closed_days_is_no_change(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)

    pull(store, EARLY, [line(1, "10.00")], AFTER_CLOSE)

    assert changes_in_closed_books("intacct.gldetail", store).is_empty()


@pytest.mark.parametrize(
    ("before", "after", "is_told"),
    [
        ("09/12/2026", "09/12/2026", True),  # the last closed day
        ("09/13/2026", "09/13/2026", False),
        ("09/18/2026", "09/18/2026", False),
        ("09/18/2026", "09/11/2026", True),  # moved into closed books
        ("09/11/2026", "09/18/2026", True),  # moved out of them
        ("2026-09-18", "2026-09-18", False),
        ("18/09/2026", "18/09/2026", False),
        ("18.09.2026", "18.09.2026", False),
        ("11/09/2026", "11/09/2026", True),  # the 11th of September: the 9th of November is no day of the window
        ("", "", True),  # without a day of its own the window decides, whose first day is closed
        ("31/31/2026", "31/31/2026", True),
    ],
)
def test_where_books_are_closed_in_mid_window_the_days_of_the_line_decide(
    tmp_path: Path, before: str, after: str, is_told: bool
) -> None:
    store = SourceStore(tmp_path)
    closed = dt.date(2026, 9, 12)
    pull(store, LATE, [line(1, "10.00") | {"ENTRY_DATE": before}], Circumstance(FIRST.seen_at, closed))
    pull(store, LATE, [line(1, "12.00") | {"ENTRY_DATE": after}], Circumstance(SECOND.seen_at, closed))

    found = changes_in_closed_books("intacct.gldetail", store, BY_DAY)

    assert found["row_id"].to_list() == (["1"] if is_told else [])


def test_a_line_deleted_on_an_open_day_of_a_half_closed_window_is_no_change_in_closed_books(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    closed = dt.date(2026, 9, 12)
    lines = [line(1, "10.00") | {"ENTRY_DATE": "09/12/2026"}, line(2, "10.00") | {"ENTRY_DATE": "09/13/2026"}]
    pull(store, LATE, lines, Circumstance(FIRST.seen_at, closed))
    pull(store, LATE, [], Circumstance(SECOND.seen_at, closed))

    assert changes_in_closed_books("intacct.gldetail", store, BY_DAY)["row_id"].to_list() == ["1"]


@pytest.mark.parametrize(
    ("place", "day", "through"),
    [
        ("10", "2026-09-15", None),  # an entity that is open as long as the company
        ("20", "2026-09-15", dt.date(2026, 9, 15)),  # the last day of one that is closed further
        ("20", "2026-09-16", None),
        ("20", "2026-09-11", dt.date(2026, 9, 15)),
        ("10", "2026-09-11", dt.date(2026, 9, 12)),
        ("", "2026-09-15", None),
        ("30", "2026-09-11", dt.date(2026, 9, 12)),  # closed less far than the company says: the company's day counts
    ],
)
@pytest.mark.parametrize("change", ["12.00", "deleted"])
def test_an_entity_that_is_closed_further_is_judged_by_its_own_day(
    tmp_path: Path, place: str, day: str, through: dt.date | None, change: str
) -> None:
    store, company = SourceStore(tmp_path), dt.date(2026, 9, 12)
    days = {"20": dt.date(2026, 9, 15), "30": dt.date(2026, 8, 31)}
    before = line(1, "10.00") | {"ENTRY_DATE": day, "CHILDENTITY": place}
    pull(store, LATE, [before], Circumstance(FIRST.seen_at, company))
    after = [] if change == "deleted" else [{**before, "AMOUNT": change}]
    pull(store, LATE, after, Circumstance(SECOND.seen_at, company))

    where = Whereabouts(("ENTRY_DATE",), ("CHILDENTITY",), Closings(((FIRST.seen_at, days),)))
    found = changes_in_closed_books("intacct.gldetail", store, where)

    assert found["closed_through"].to_list() == ([through] if through else [])


def test_an_entity_that_was_closed_later_does_not_make_an_earlier_change_one_in_closed_books(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    for amount, when in (("10.00", FIRST), ("12.00", SECOND)):
        pull(store, LATE, [line(1, amount) | {"ENTRY_DATE": "2026-09-15", "CHILDENTITY": "20"}], when)
    days = {"20": dt.date(2026, 9, 30)}

    def changes_if_told_at(moment: dt.datetime) -> int:
        where = Whereabouts(("ENTRY_DATE",), ("CHILDENTITY",), Closings().noted(moment, days))
        return changes_in_closed_books("intacct.gldetail", store, where).height

    assert changes_if_told_at(SECOND.seen_at) == 1
    assert changes_if_told_at(SECOND.seen_at + dt.timedelta(seconds=1)) == 0


def test_what_pulls_were_told_of_closed_books_is_kept_once_for_each_change(tmp_path: Path) -> None:
    august, september = ({"20": dt.date(2026, month, 30)} for month in (8, 9))
    told = Closings().noted(FIRST.seen_at, august).noted(SECOND.seen_at, august).noted(AFTER_CLOSE.seen_at, september)
    path = tmp_path / "closings" / "intacct_rest.json"

    assert [since for since, _ in told.told] == [FIRST.seen_at, AFTER_CLOSE.seen_at]
    assert read_closings(path) == Closings()
    write_closings(path, told)
    assert read_closings(path) == told


def test_a_change_before_the_close_stays_none_when_the_books_are_closed_later(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00")])
    pull(store, EARLY, [line(1, "12.00")], SECOND)
    pull(store, EARLY, [line(1, "12.00")], AFTER_CLOSE)

    assert changes_in_closed_books("intacct.gldetail", store).is_empty()


def test_a_record_that_was_deleted_and_came_back_in_closed_books_is_told(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00")])
    pull(store, EARLY, [], SECOND)
    pull(store, EARLY, [line(1, "10.00")], AFTER_CLOSE)

    assert changes_in_closed_books("intacct.gldetail", store)["change"].to_list() == ["returned"]


def test_an_empty_window_was_read_too(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)

    pull(store, EARLY, [])

    assert store.was_read(EARLY)
    assert not store.was_read(LATE)
    pull(store, EARLY, [line(1, "10.00")], AFTER_CLOSE)
    assert changes_in_closed_books("intacct.gldetail", store)["change"].to_list() == ["late"]


def test_the_cursor_is_that_of_the_last_page_on_disk(tmp_path: Path) -> None:
    reading = SourceStore(tmp_path).readings(EARLY).passes()[0]
    assert (reading.stand().cursor, reading.stand().complete) == (None, False)

    reading.add([kept(line(1, "10.00"))], "behind 1")
    assert (reading.stand().cursor, reading.stand().complete) == ("behind 1", False)

    reading.add([], None)
    assert (reading.stand().cursor, reading.stand().complete) == (None, True)


def test_a_version_that_somebody_edited_is_refused(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00")])
    segment = next((tmp_path / "versions").glob("*.parquet"))
    segment.write_bytes(segment.read_bytes() + b"\0")

    with pytest.raises(DigestDiffers, match="not what was written"):
        store.check()


def test_a_version_file_that_is_missing_is_noticed(tmp_path: Path) -> None:
    store = SourceStore(tmp_path)
    pull(store, EARLY, [line(1, "10.00")])
    pull(store, EARLY, [line(1, "12.00")], SECOND)
    min((tmp_path / "versions").glob("*.parquet")).unlink()

    with pytest.raises(DigestDiffers, match="missing"):
        store.check()


def test_equal_rows_are_equal_text_whatever_the_order_of_fields() -> None:
    left = {"b": 1, "a": {"y": None, "x": ["é", True]}, "amount": Decimal("12.50")}
    right = {"amount": Decimal("12.50"), "a": {"x": ["é", True], "y": None}, "b": 1}

    assert content_text(left) == content_text(right) == '{"a":{"x":["é",true],"y":null},"amount":12.50,"b":1}'


@pytest.mark.parametrize("digits", ["0.10", "-70.1", "1230.10", "1E+2", "1E-8", "12345678901234567890.123456"])
def test_a_decimal_comes_back_digit_by_digit(digits: str) -> None:
    back = row_of(content_text({"amount": Decimal(digits)}))["amount"]

    assert isinstance(back, Decimal)
    assert str(back) == digits


def test_what_is_no_number_cannot_be_kept() -> None:
    with pytest.raises(DataError, match="cannot be kept"):
        content_text({"amount": Decimal("NaN")})
