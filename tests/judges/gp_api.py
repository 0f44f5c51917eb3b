"""What Global Payments' own SDK understands of one GP-API report: a JSON line per page, or one that tells its fault.

Usage: gp_api.py ADDRESS < {"app_id", "app_key", "report", "where": {criterion: value}, "page_size"}
Without "page_size" the report is of one record. The address is a setting of the SDK; nothing in it is patched.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from globalpayments.api import GpApiConfig, ServicesContainer
from globalpayments.api.builders import TransactionReportBuilder
from globalpayments.api.entities.enums import CardChannel, ReportType, SearchCriteria
from globalpayments.api.entities.exceptions import GatewayException


def pages(question: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """The report page by page, as a user of the SDK reads it: until a page is short."""
    size = question.get("page_size")
    number = 1
    while True:
        asked = report = TransactionReportBuilder(getattr(ReportType, question["report"]))
        if size:
            report.with_paging(number, size)
        for name, value in question["where"].items():
            join = asked.where if asked is report else asked.and_with
            asked = join(SearchCriteria[name], dt.datetime.fromisoformat(value) if name.endswith("Date") else value)
        answer = asked.execute()
        rows = answer.result if size else [answer]
        yield {"total": answer.total_record_count if size else None, "rows": [told(row) for row in rows]}
        if not size or len(rows) < size:
            return
        number += 1


def told(row: object) -> dict[str, Any]:
    """The fields of a record that the SDK found a value for."""
    return {name: value for name, value in vars(row).items() if value is not None}


def main() -> None:
    """Read the question, write the lines."""
    question = json.load(sys.stdin)
    ServicesContainer.configure(
        GpApiConfig(
            app_id=question["app_id"],
            app_key=question["app_key"],
            channel=CardChannel.CARD_NOT_PRESENT,
            country="US",
            service_url=f"{sys.argv[1]}/ucp",
        )
    )
    try:
        for page in pages(question):
            sys.stdout.write(json.dumps(page, default=str) + "\n")
    except GatewayException as fault:
        error = {"error": "GatewayException", "code": fault.response_code, "message": str(fault)}
        sys.stdout.write(json.dumps(error) + "\n")


main()
