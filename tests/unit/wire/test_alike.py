"""Records of XML that are written alike, as columns: the same rows as the parser gives, or none at all."""

from __future__ import annotations

import random
import re

import pytest

from recon.errors import RemoteError
from recon.frames.records import Records
from recon.wire import Answer
from recon.wire.alike import STAND_IN, taken_apart
from recon.wire.xml import read_xml, read_xml_records

OPENING = re.compile(rb"<data(?: [^<>]*)?><([A-Za-z_][A-Za-z0-9_.-]*)>")
HEAD = b'<?xml version="1.0" encoding="UTF-8"?>\n<reply><status>success</status><data total="400">'
TAIL = b"</data></reply>"
MEMOS = (
    "",
    "rent",
    "5 &lt; 6 &amp;gt; &quot;x&quot; &apos;",
    " spaces\tand\nlines ",
    "Z\u00fcrich \u2028 \U0001f4b3",
    "a > b",
    "2",
)


def line(number: int) -> bytes:
    memo = MEMOS[number % len(MEMOS)]
    return (
        f"<LINE><NO>{number}</NO><MEMO>{memo}</MEMO><USER.ID>u-{number}</USER.ID><AMOUNT>12.30</AMOUNT></LINE>".encode()
    )


LINES = [line(number) for number in range(700)]


def page(lines: list[bytes]) -> bytes:
    return HEAD + b"".join(lines) + TAIL


def said(body: bytes) -> Answer:
    return Answer(200, {}, body, "https://api.example.com/gateway")


def rows_by_parser(body: bytes) -> list[dict[str, str]]:
    records = read_xml(said(body), "Intacct").findall("data/*")
    return [{field.tag: field.text or "" for field in one} for one in records]


def with_line(at: int, changed: bytes) -> bytes:
    return page([*LINES[:at], changed, *LINES[at + 1 :]])


def test_lines_that_are_written_alike_are_the_rows_that_the_parser_gives() -> None:
    root, records = read_xml_records(said(page(LINES)), "Intacct", OPENING, "data")

    assert isinstance(records, Records)
    assert list(records) == rows_by_parser(page(LINES))
    assert [child.tag for child in root.iterfind("data/*")] == [STAND_IN]
    assert root.findtext("status") == "success"
    assert records[2]["MEMO"] == '5 < 6 &gt; "x" \''
    assert list(records[698:]) == [records[698], records[699]]


@pytest.mark.parametrize(
    "changed",
    [
        b"<LINE><MEMO>x</MEMO><NO>7</NO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b"<LINE><NO>7</NO><MEMO>x</MEMO><USER.ID>u</USER.ID></LINE>",
        b"<LINE><NO>7</NO><MEMO/><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b"<LINE><NO>7</NO><MEMO><![CDATA[<b>]]></MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b"<LINE><NO>7</NO><MEMO>x<!-- --></MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b'<LINE><NO>7</NO><MEMO a="1">x</MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>',
        b"<LINE><NO>7</NO><MEMO>&#65;</MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b"<LINE><NO>7</NO><MEMO>a\r\nb</MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b"<LINE> <NO>7</NO><MEMO>x</MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>",
        b"<OTHER><NO>7</NO></OTHER>",
        b"<LINE/>",
    ],
)
@pytest.mark.parametrize("at", [0, 350, 699])
def test_where_one_line_is_written_differently_the_parser_reads_them_all(changed: bytes, at: int) -> None:
    body = with_line(at, changed)
    root, records = read_xml_records(said(body), "Intacct", OPENING, "data")

    read = [*(records or ())]
    for one in root.iterfind("data/*"):
        if one.tag != STAND_IN:
            read.append({field.tag: field.text or "" for field in one})
    assert sorted(map(repr, read)) == sorted(map(repr, rows_by_parser(body)))


@pytest.mark.parametrize(
    "text", [b"a & b", b"&unknown;", b"\x01", b"\xff", b"]]>", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"<b>"]
)
def test_what_is_no_xml_is_as_little_xml_among_lines_that_are_written_alike(text: bytes) -> None:
    body = with_line(350, b"<LINE><NO>7</NO><MEMO>" + text + b"</MEMO><USER.ID>u</USER.ID><AMOUNT>1</AMOUNT></LINE>")

    with pytest.raises(RemoteError):
        read_xml_records(said(body), "Intacct", OPENING, "data")


@pytest.mark.parametrize(
    "head",
    [
        HEAD + b"<!--",
        HEAD.replace(b"<data", b"<note><![CDATA[<data"),
        b'<!DOCTYPE reply [<!ENTITY a "aaaa">]>' + HEAD.partition(b"\n")[2],
    ],
)
def test_lines_that_stand_in_a_comment_or_behind_a_document_type_are_no_lines(head: bytes) -> None:
    tails = (TAIL, b"-->" + TAIL, b"]]></note></reply>")
    for body in (head + b"".join(LINES) + tail for tail in tails):
        try:
            expected = rows_by_parser(body)
        except RemoteError:
            with pytest.raises(RemoteError):
                read_xml_records(said(body), "Intacct", OPENING, "data")
        else:
            assert read_xml_records(said(body), "Intacct", OPENING, "data")[1] is None
            assert expected == []


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        (b"<!-- ", b" -->"),
        (b"<note><![CDATA[", b"]]></note>"),
        (b"<data>", b"</data>"),
    ],
)
def test_a_stand_in_that_the_document_brings_itself_stands_for_no_records(before: bytes, behind: bytes) -> None:
    own = b"<reply><data>" + f"<{STAND_IN}/>".encode() + b"</data>"
    body = own + before + b"<data>" + b"".join(LINES) + b"</data>" + behind + b"</reply>"

    root, records = read_xml_records(said(body), "Intacct", OPENING, "data")

    assert records is None
    assert root.find(f"data/{STAND_IN}") is not None


def test_records_at_another_place_are_left_there() -> None:
    root, records = read_xml_records(said(page(LINES)), "Intacct", OPENING, "answer/data")

    assert records is None
    assert len(root.findall("data/LINE")) == len(LINES)


@pytest.mark.parametrize(
    "changed",
    [
        (b"<MEMO></MEMO>", b"<MEMO/>"),
        (b"<MEMO></MEMO>", b"<MEMO />"),
        (b"<LINE>", b"\n  <LINE>"),
        (b"</LINE>", b"\n  </LINE>\n"),
        (b"<AMOUNT>", b"\n\t<AMOUNT>"),
    ],
)
def test_an_empty_element_in_short_and_lines_that_are_indented_are_written_alike_too(
    changed: tuple[bytes, bytes],
) -> None:
    opening = re.compile(rb"<data(?: [^<>]*)?>\s*<([A-Z]+)>")
    body = page(LINES).replace(*changed)
    assert body != page(LINES)

    records = read_xml_records(said(body), "Intacct", opening, "data")[1]

    assert records is not None
    assert list(records) == rows_by_parser(body) == rows_by_parser(page(LINES))


@pytest.mark.parametrize("fields", ["", "<NO>1</NO><NO>2</NO>", "<NO>1</NO><no>2</no>"])
def test_records_without_fields_or_with_one_name_twice_are_left_to_the_parser(fields: str) -> None:
    assert taken_apart(page([f"<LINE>{fields}</LINE>".encode()] * 9_000), OPENING) is None


def test_where_the_last_line_is_written_otherwise_none_is_taken_from_beside_it() -> None:
    root, records = read_xml_records(said(page([*LINES, b"<LINE/>"])), "Intacct", OPENING, "data")

    assert records is None
    assert len(root.findall("data/LINE")) == len(LINES) + 1


@pytest.mark.parametrize("encoding", [b"ISO-8859-1", b"windows-1252"])
def test_lines_in_another_encoding_are_left_to_the_parser(encoding: bytes) -> None:
    assert taken_apart(page(LINES), OPENING) is not None
    assert taken_apart(page(LINES).replace(b"UTF-8", encoding), OPENING) is None


def test_a_page_that_was_damaged_anywhere_gives_the_parsers_rows_or_its_fault() -> None:
    chance = random.Random(7)
    taken = 0
    for _ in range(120):
        body = bytearray(page(LINES))
        for _ in range(chance.randint(1, 2)):
            at = chance.randrange(len(HEAD) - 20, len(body))
            body[at : at + chance.randint(0, 2)] = chance.choice(
                [b"", b"<", b">", b"&", b"/", b"x", b"\r", b"\xc3", b" "]
            )
        try:
            expected = rows_by_parser(bytes(body))
        except RemoteError:
            with pytest.raises(RemoteError):
                read_xml_records(said(bytes(body)), "Intacct", OPENING, "data")
            continue
        root, records = read_xml_records(said(bytes(body)), "Intacct", OPENING, "data")
        if records is not None and [child.tag for child in root.iterfind("data/*")] == [STAND_IN]:
            taken += 1
            assert list(records) == expected
    assert taken > 5
