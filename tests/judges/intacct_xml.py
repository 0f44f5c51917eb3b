"""What the public SDK of Intacct's XML gateway answers: a JSON line per call, or one that tells why it cannot sign in.

Usage: intacct_xml.py ADDRESS < {"sign_in": {argument: value}, "calls": [[name, [argument], {argument: value}]]}
A name is an attribute of the client, such as gl_detail.get_all; a generator is read to its end, as a list of pages.
Only the address is patched: the SDK writes the vendor's in the constructor of its base class.
"""

from __future__ import annotations

import json
import operator
import sys
from types import GeneratorType
from typing import Any

import sageintacctsdk.apis.api_base
from sageintacctsdk import SageIntacctSDK
from sageintacctsdk.exceptions import SageIntacctSDKError


def point_at(address: str) -> None:
    """Let every object of the SDK that is made from here on call this address."""
    base = sageintacctsdk.apis.api_base.ApiBase
    original = base.__init__

    def pointed(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self._ApiBase__api_url = f"{address}/ia/xml/xmlgw.phtml"

    base.__init__ = pointed


def answer(client: SageIntacctSDK, name: str, args: list[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
    """What the call gives, or the fault that it raises."""
    try:
        got = operator.attrgetter(name)(client)(*args, **kwargs)
        return {"answer": list(got) if isinstance(got, GeneratorType) else got}
    except SageIntacctSDKError as fault:
        return told(fault)


def told(fault: SageIntacctSDKError) -> dict[str, Any]:
    """The fault by its name, with what the SDK keeps of the vendor's answer."""
    return {"error": type(fault).__name__, "message": fault.message, "response": fault.response}


def main() -> None:
    """Read the question, write the lines."""
    question = json.load(sys.stdin)
    point_at(sys.argv[1])
    try:
        client = SageIntacctSDK(**question["sign_in"])
    except SageIntacctSDKError as fault:
        sys.stdout.write(json.dumps(told(fault), default=str) + "\n")
        return
    for name, args, kwargs in question["calls"]:
        sys.stdout.write(json.dumps(answer(client, name, args, kwargs), default=str) + "\n")


main()
