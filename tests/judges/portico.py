"""What Global Payments' own SDK understands of one report of Portico: a JSON line per transaction.

Usage: portico.py ADDRESS < {"secret_api_key", "report": "activity" | "found" | "detail", ...}
`activity` takes "first" and "last", `found` the gateway's own "criteria", `detail` the "id" of one transaction.
The address is a setting of the SDK; nothing in it is patched.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
from collections.abc import Mapping
from typing import Any

from globalpayments.api import PorticoConfig, ServicesContainer
from globalpayments.api.builders import TransactionReportBuilder
from globalpayments.api.entities.enums import ReportType
from globalpayments.api.services import ReportingService


def rows(question: Mapping[str, Any]) -> list[Any]:
    """The transactions of the report that is asked for."""
    if question["report"] == "detail":
        return [ReportingService.transaction_detail(question["id"]).execute()]
    if question["report"] == "found":
        found = TransactionReportBuilder(ReportType.FindTransactions)
        found.search_criteria = question["criteria"]
        return found.execute()
    first, last = (dt.datetime.fromisoformat(question[name]) for name in ("first", "last"))
    return ReportingService.activity().with_start_date(first).with_end_date(last).execute()


def main() -> None:
    """Read the question, write the lines."""
    question = json.load(sys.stdin)
    ServicesContainer.configure(
        PorticoConfig(
            secret_api_key=question["secret_api_key"],
            service_url=sys.argv[1],
            developer_id="000000",
            version_number="0000",
        )
    )
    for row in rows(question):
        told = {name: value for name, value in vars(row).items() if value is not None}
        sys.stdout.write(json.dumps(told, default=str) + "\n")


main()
