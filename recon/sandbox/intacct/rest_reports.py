"""The report service of REST: a trial balance as CSV. Its columns are in no document: unverified."""

from __future__ import annotations

import csv
import io
import json
import secrets
from collections.abc import Mapping
from typing import Any

from recon.sandbox.intacct.balances import Asked, balances
from recon.sandbox.intacct.failures import Failure, invalid
from recon.sandbox.intacct.kinds import read_day
from recon.sandbox.intacct.rest_words import RESULT, RestCaller, Told, malformed

TRIAL_BALANCE = "general-ledger/trial-balance"
COLUMNS = ("Account number", "Location ID", "Opening balance", "Debits", "Credits", "Closing balance")
_RETRY_SECONDS = "1"


def submit(caller: RestCaller, name: str, asked: Mapping[str, Any]) -> tuple[Told, dict[str, str]]:
    """The report's id and where to ask for it, and the headers that say when.

    Raises: Failure for a report that the sandbox does not make, or days that are none.
    """
    if name != TRIAL_BALANCE:
        raise Failure(invalid(f"The report {name} is not known", error_id="REST-1043"), status=404)
    if asked.get("outputType") != "csv" or asked.get("outputLocation") != "intacct":
        raise malformed("the sandbox makes reports of outputType csv in outputLocation intacct")
    parameters = asked.get("parameters") or {}
    wanted = {word: _day(parameters, word) for word in ("startDate", "endDate")}
    location = (parameters.get("dimensions") or {}).get("location") or {}
    wanted["location"] = str(location.get("id") or "")
    report = secrets.token_hex(8)
    caller.world.insert("intacct_report", [{"reportid": report, "kind": name, "parameters": wanted}])
    address = f"/services/reports/status?reportId={report}&outputType=csv&outputLocation=intacct"
    facts = {
        "status": "submitted",
        "outputType": "csv",
        "reportId": report,
        "outputLocation": "intacct",
        "href": address,
    }
    return Told(202, {RESULT: facts}), {"retry-after": _RETRY_SECONDS, "location": f"..{address}"}


def _day(parameters: Mapping[str, Any], word: str) -> str:
    try:
        return read_day(str(parameters.get(word, "")))
    except ValueError as cause:
        raise malformed(f"parameters lack the day {word}") from cause


def status(caller: RestCaller) -> Told:
    """Where a report stands; the sandbox's are done at once."""
    report = caller.query.get("reportId", "")
    _parameters(caller, report)
    address = f"/services/reports/download?reportId={report}&outputType=csv"
    facts = {"status": "completed", "outputType": "csv", "reportId": report, "outputLocation": "intacct"}
    return Told(200, {RESULT: {**facts, "downloadURL": address}})


def download(caller: RestCaller) -> bytes:
    """The report as CSV. The entity of the caller does not matter, only the location in its parameters."""
    wanted = _parameters(caller, caller.query.get("reportId", ""))
    asked = Asked(wanted["startDate"], wanted["endDate"], location=wanted["location"])
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for one in balances(caller.world, asked):
        amounts = (one.opening, one.debits, one.credits, one.closing)
        writer.writerow((one.account, one.location, *(_dollars(cents) for cents in amounts)))
    return out.getvalue().encode()


def _parameters(caller: RestCaller, report: str) -> dict[str, str]:
    row = caller.world.one("SELECT parameters FROM intacct_report WHERE reportid = ?", (report,))
    if row is None:
        raise Failure(invalid(f"The report '{report}' is not available", error_id="REST-1044"), status=404)
    found: dict[str, str] = json.loads(row[0])
    return found


def _dollars(cents: int) -> str:
    return f"{'-' if cents < 0 else ''}{abs(cents) // 100}.{abs(cents) % 100:02d}"
