"""What the public SDK of Intacct's REST API answers: a JSON line per call, or one that tells why it cannot sign in.

Usage: intacct_rest.py ADDRESS < {"sign_in": {argument: value}, "calls": [[name, [argument], {argument: value}]]}
A name is an attribute of the client, such as accounts.count or refresh_token; a generator is read to its end, as a
list of pages. The SDK has no class for ledger lines, yet its base reads any object by its path: here it is `lines`.
Only the address is patched: a constant that three modules of the SDK hold.
"""

from __future__ import annotations

import json
import operator
import sys
from types import GeneratorType
from typing import Any

import intacctsdk.apis.api_base
import intacctsdk.apis.reporting_periods
import intacctsdk.intacctsdk
from intacctsdk import IntacctRESTSDK
from intacctsdk.exceptions import IntacctRESTSDKError

LINES = "/objects/general-ledger/journal-entry-line"


def signed_in(address: str, how: dict[str, Any]) -> IntacctRESTSDK:
    """A client of that address, with a reader of ledger lines."""
    for module in (intacctsdk.intacctsdk, intacctsdk.apis.api_base, intacctsdk.apis.reporting_periods):
        module.BASE_URL = f"{address}/ia/api/v1"
    client = IntacctRESTSDK(**how)
    client.lines = intacctsdk.apis.api_base.ApiBase(client, object_path=LINES)
    client.lines.update_access_token(client.access_token)
    client.lines.update_entity_id(how.get("entity_id"))
    return client


def answer(client: IntacctRESTSDK, name: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What the call gives, or the fault that it raises."""
    try:
        found = operator.attrgetter(name)(client)
        got = found(*args, **kwargs) if callable(found) else found
        return {"answer": list(got) if isinstance(got, GeneratorType) else got}
    except IntacctRESTSDKError as fault:
        return told(fault)


def told(fault: IntacctRESTSDKError) -> dict[str, Any]:
    """The fault by its name, with what the SDK keeps of the vendor's answer."""
    return {"error": type(fault).__name__, "message": fault.message, "response": fault.response}


def main() -> None:
    """Read the question, write the lines."""
    question = json.load(sys.stdin)
    try:
        client = signed_in(sys.argv[1], question["sign_in"])
    except IntacctRESTSDKError as fault:
        sys.stdout.write(json.dumps(told(fault), default=str) + "\n")
        return
    for name, args, kwargs in question["calls"]:
        sys.stdout.write(json.dumps(answer(client, name, args, kwargs), default=str) + "\n")


main()
