"""Replies of the gateway, in the shapes that occur."""

from __future__ import annotations

import pytest
from scripted_intacct import answer, data, envelope, error, row

from recon.frames.records import Records
from recon.intacct.faults import Fault, kind_of
from recon.intacct.replies import Reply, read_reply
from recon.wire import Broken, Misunderstood


def result(inner: str, status: str = "success") -> str:
    return f"<result><status>{status}</status><function>query</function><controlid>f1</controlid>{inner}</result>"


def reply(inner: str) -> Reply:
    return read_reply(answer(envelope(result(inner))))


@pytest.mark.parametrize("count", [0, 1, 2, 100])
def test_none_one_and_many_rows_are_all_a_list(count: int) -> None:
    rows = [row("GLDETAIL", RECORDNO=n, DOCUMENT="") for n in range(1, count + 1)]

    found = reply(data("GLDETAIL", rows)).results[0]

    assert [one["RECORDNO"] for one in found.rows] == [str(n) for n in range(1, count + 1)]
    assert found.count("totalcount") == count
    assert found.has_data


def test_an_empty_element_is_nothing() -> None:
    assert reply(data("GLDETAIL", [row("GLDETAIL", RECORDNO=1, DOCUMENT="")])).results[0].rows[0]["DOCUMENT"] is None


@pytest.mark.parametrize("tag", ["glbatch", "GLBATCH", "GlBatch"])
def test_rows_are_found_whatever_the_case_of_their_element(tag: str) -> None:
    assert reply(data("objects", [f"<{tag}><RECORDNO>101</RECORDNO></{tag}>"])).results[0].rows == (
        {"RECORDNO": "101"},
    )


def test_small_field_names_of_older_functions_become_capitals() -> None:
    balance = "<trialbalance><glaccountno>1250</glaccountno><endbalance>-12.5</endbalance></trialbalance>"

    assert reply(f"<data>{balance}</data>").results[0].rows == ({"GLACCOUNTNO": "1250", "ENDBALANCE": "-12.5"},)


def test_a_long_page_of_rows_that_are_written_alike_is_read_as_one_with_a_remark_among_them() -> None:
    rows = [row("glbatch", recordno=n, batch_title="Rent &amp; more", document="") for n in range(1000)]
    alike = reply(data("GLBATCH", rows)).results[0]
    remarked = reply(data("GLBATCH", [*rows[:500], "<glbatch><!-- none --></glbatch>", *rows[500:]])).results[0]

    assert isinstance(alike.rows, Records)
    assert alike.rows[7] == {"RECORDNO": "7", "BATCH_TITLE": "Rent & more", "DOCUMENT": None}
    assert [*alike.rows] == [one for one in remarked.rows if one]
    assert len(remarked.rows) == 1001


def test_elements_that_tell_the_counts_are_no_rows_however_many_and_alike_they_are() -> None:
    assert reply("<data>" + "<listtype><NO>1</NO></listtype>" * 3_000 + "</data>").results[0].rows == ()


def test_a_long_page_of_indented_rows_is_read_as_columns() -> None:
    rows = reply("<data>\n" + "  <LINE>\n    <NO>1</NO>\n    <MEMO/>\n  </LINE>\n" * 2_000 + "</data>").results[0].rows

    assert isinstance(rows, Records)
    assert rows == [{"NO": "1", "MEMO": None}] * 2_000


def test_an_older_function_answers_with_a_bare_key() -> None:
    assert reply("<key>123</key>").results[0].rows == ({"KEY": "123"},)


def test_one_error_and_several_are_both_a_list() -> None:
    one = result(f"<errormessage>{error('BL01001973', 'Could not create GLBatch record.')}</errormessage>", "failure")
    two = result(f"<errormessage>{error('A', 'first')}{error('B', 'second')}</errormessage>", "failure")

    assert [fault.number for fault in read_reply(answer(envelope(one))).results[0].faults] == ["BL01001973"]
    assert [fault.text for fault in read_reply(answer(envelope(two))).results[0].faults] == ["first", "second"]


def test_a_gateway_error_without_second_description_is_read() -> None:
    said = (
        "<response><control><status>failure</status></control><errormessage><error><errorno>GW-0011</errorno>"
        "<description>Invalid Request [Request ID: 7]</description></error></errormessage></response>"
    )

    found = read_reply(answer(said, 400))

    assert found.control == "failure"
    assert found.faults == (Fault("GW-0011", "Invalid Request [Request ID: 7]"),)


def test_a_failed_login_tells_its_error_under_the_operation() -> None:
    said = (
        "<response><control><status>success</status></control><operation><authentication><status>failure</status>"
        f"</authentication><errormessage>{error('XL03000006', 'Sign-in information is incorrect')}</errormessage>"
        "</operation></response>"
    )

    found = read_reply(answer(said))

    assert found.signed_in is not None
    assert found.signed_in.status == "failure"
    assert [fault.number for fault in found.faults] == ["XL03000006"]
    assert found.results == ()


def test_a_failed_create_tells_its_error_beside_its_empty_data() -> None:
    said = result(f'<data listtype="objects" count="0"/><errormessage>{error("X", "no")}</errormessage>', "failure")

    assert read_reply(answer(envelope(said))).results[0].faults == (Fault("X", "no"),)


def test_the_support_id_is_set_apart_and_decoded() -> None:
    said = result(f"<errormessage>{error('X', 'It failed. [Support ID: abc%7EXyz]')}</errormessage>", "failure")

    fault = read_reply(answer(envelope(said))).results[0].faults[0]

    assert (fault.text, fault.support_id) == ("It failed.", "abc~Xyz")


@pytest.mark.parametrize(
    "page",
    [
        "<!DOCTYPE html><html><body>Cloudflare</body></html>",
        "<html><head><meta charset='utf-8'></head></html>",
        '<?xml version="1.0"?><!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0//EN" "x"><html/>',
    ],
)
@pytest.mark.parametrize("status", [200, 403, 520])
def test_a_web_page_is_trouble_of_the_transport_and_never_data(page: str, status: int) -> None:
    with pytest.raises(Broken, match="web page instead of XML"):
        read_reply(answer(page, status))


@pytest.mark.parametrize("cut", [60, 200, -1, -20])
def test_half_an_answer_is_trouble_of_the_transport(cut: int) -> None:
    whole = envelope(result(data("GLDETAIL", [row("GLDETAIL", RECORDNO=1)])))

    with pytest.raises(Broken, match="broke off or is no XML"):
        read_reply(answer(whole[:cut]))


def test_an_empty_answer_is_trouble_of_the_transport() -> None:
    with pytest.raises(Broken, match="nothing at all"):
        read_reply(answer(" \n"))


@pytest.mark.parametrize(
    "declared",
    [
        "<!DOCTYPE response>",
        '<!DOCTYPE response [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        '<!DOCTYPE response SYSTEM "file:///etc/passwd">',
        '<!-- a comment --><!DOCTYPE response [<!ENTITY x SYSTEM "http://127.0.0.1/">]>',
        " " * 5000 + "<!DOCTYPE response>",
    ],
)
def test_a_document_type_is_refused_before_anything_is_read(declared: str) -> None:
    said = envelope(result("")).replace("<response>", f"{declared}<response>", 1)

    with pytest.raises(Misunderstood, match="document type"):
        read_reply(answer(said))


def test_a_document_type_in_another_encoding_is_refused_too() -> None:
    said = envelope(result("")).replace("UTF-8", "UTF-16").replace("<response>", "<!DOCTYPE response><response>", 1)

    with pytest.raises(Misunderstood, match="document type"):
        read_reply(answer(said.encode("utf-16")))


def test_words_like_a_document_type_in_a_memo_are_only_words() -> None:
    memo = "&lt;!DOCTYPE x&gt; <![CDATA[<!DOCTYPE y>]]>"

    assert (
        reply(data("GLDETAIL", [row("GLDETAIL", MEMO=memo)])).results[0].rows[0]["MEMO"] == "<!DOCTYPE x> <!DOCTYPE y>"
    )


def test_several_elements_without_one_around_them_are_read_as_errors_where_the_status_says_so() -> None:
    found = read_reply(answer("<errormessage><error><errorno>GW-0010</errorno></error></errormessage><x/>", 400))

    assert kind_of(found.faults) == "throttled"


@pytest.mark.parametrize(
    ("number", "text", "kind"),
    [
        ("GW-0010", "Too many requests", "throttled"),
        ("GW-0002", "Internal error", "offline"),
        ("PL04000005", "You do not have permission for API operation READ_BY_QUERY on objects of type X", "permission"),
        ("", "You do not have permission to view audit history", "permission"),
        ("XL03000009", "The entire transaction in this operation has been rolled back due to an error.", "rolled_back"),
        ("XL03000010", "Field requested is not valid: gldetail.STATUS", "unknown_field"),
        ("XL03000006", "The following fields cannot be queried: X", "unknown_field"),
        ("Query Failed", "Object definition VENDOR2 not found", "unknown_object"),
        ("", "Your transaction date (09/01/2026) is within a period that's been closed.", "closed_period"),
        ("BL01001973", "Date must be on or after 10/01/2026", "closed_period"),
        ("BL01001973", "Transactions do not balance for Location 100", "unbalanced"),
        ("BL34000061", "Another Class with the given value(s) X already exists", "duplicate"),
        ("", "This transaction is missing the Department dimension for the Account 6010", "dimension"),
        ("XL03000006", "Sign-in information is incorrect", "sign_in"),
        ("XMLGW_JPP0002", "Sign-in information is incorrect. Please check your request.", "sign_in"),
        ("DL02000001", "There was an error processing the request.", "other"),
    ],
)
def test_a_fault_is_told_by_its_words_where_its_number_says_little(number: str, text: str, kind: str) -> None:
    assert Fault(number, text).kind == kind
