"""What each surface says when its gateway, and not the service behind it, refuses a call."""

from __future__ import annotations

import json

XML_PATH = "/ia/xml"
REST_PATH = "/ia/api"
_WORDS = {
    400: "Invalid Request",
    401: "Sign-in information is incorrect. Please check your request.",
    403: "Forbidden",
    429: "API rate limit exceeded",
    503: "The service is temporarily unavailable",
}
# What Intacct's two gateways call a refusal with this status; any other is the last.
_XML_CODES = {429: "GW-0010", 401: "XMLGW_JPP0002"}
_REST_CODES = {400: "GW-0011", 401: "GW-0036", 403: "GW-0042", 429: "GW-0010"}


def refusal(path: str, status: int) -> tuple[str, bytes]:
    """Content type and body of a gateway's refusal of a call to the path, in the words of its vendor.

    An Intacct process that fails midway says nothing in XML: the body is plain.
    """
    words = _WORDS.get(status, "Internal server error")
    if path.startswith(XML_PATH):
        if status >= 500:
            return "text/plain", words.encode()
        return "text/xml", _gateway_xml(_XML_CODES.get(status, "GW-0011"), words)
    if path.startswith(REST_PATH):
        code = _REST_CODES.get(status, "GW-0001")
        error = {"code": "operationFailed", "message": words, "errorId": code, "details": {"requestId": "sandbox"}}
        return "application/json", json.dumps({"ia::error": error}).encode()
    if path.startswith("/ucp"):
        facts = {"error_code": "SYSTEM_ERROR_DOWNSTREAM", "detailed_error_code": "50013"}
        return "application/json", json.dumps(facts | {"detailed_error_description": words}).encode()
    if path.startswith("/api"):
        return "application/json", json.dumps({"error": words}).encode()
    return "text/plain", words.encode()


def _gateway_xml(code: str, words: str) -> bytes:
    error = f"<error><errorno>{code}</errorno><description>{words} [Request ID: sandbox]</description></error>"
    return (
        '<?xml version="1.0" encoding="UTF-8"?><response><control><status>failure</status></control>'
        f"<errormessage>{error}</errormessage></response>"
    ).encode()
