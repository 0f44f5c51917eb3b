"""What each surface says when its gateway, and not the service behind it, refuses a call."""

from __future__ import annotations

import json

XML_PATH = "/ia/xml"
REST_PATH = "/ia/api"
_WORDS = {429: "API rate limit exceeded", 503: "The service is temporarily unavailable"}


def refusal(path: str, status: int) -> tuple[str, bytes]:
    """Content type and body of a gateway's refusal of a call to the path, in the words of its vendor.

    An Intacct process that fails midway says nothing in XML: the body is plain.
    """
    words = _WORDS.get(status, "Internal server error")
    if path.startswith(XML_PATH):
        if status >= 500:
            return "text/plain", words.encode()
        code = "GW-0010" if status == 429 else "GW-0011"
        return "text/xml", _gateway_xml(code, words)
    if path.startswith(REST_PATH):
        code = "GW-0010" if status == 429 else "GW-0001"
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
