"""Answers in XML of whichever service."""

from __future__ import annotations

import pytest

from recon.wire import Answer, Broken, Misunderstood
from recon.wire.xml import read_xml


def said(body: bytes, status: int = 200) -> Answer:
    return Answer(status, {}, body, "https://api.example.com/gateway")


def test_the_root_of_a_whole_answer_is_read() -> None:
    assert read_xml(said(b"<batch><id>7</id></batch>"), "Portico").findtext("id") == "7"


def test_a_document_type_is_told_of_the_service_that_sent_it() -> None:
    with pytest.raises(Misunderstood, match="Portico's XML holds a document type"):
        read_xml(said(b'<!DOCTYPE batch [<!ENTITY a "aaaa">]><batch>&a;</batch>'), "Portico")


@pytest.mark.parametrize("before", [b"", b"\xef\xbb\xbf", b'<?xml version="1.0"?>\n', b"<!-- a proxy's -->"])
def test_a_page_is_trouble_of_the_service_wherever_it_begins(before: bytes) -> None:
    with pytest.raises(Broken, match="web page instead of XML"):
        read_xml(said(before + b"<!DOCTYPE html><html></html>"), "Portico")


def test_elements_side_by_side_are_read_where_they_tell_of_an_error_and_nowhere_else() -> None:
    two = b"<error>one</error><error>two</error>"

    assert [one.text for one in read_xml(said(two, 400), "Intacct")] == ["one", "two"]
    with pytest.raises(Broken, match="is no XML"):
        read_xml(said(two), "Intacct")
