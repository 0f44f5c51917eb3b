"""Calls of a public SDK, asked for on stdin and answered a JSON line each, or one that tells why it cannot sign in.

stdin: {"sign_in": {argument: value}, "calls": [[name, [argument], {argument: value}]]}
A name is an attribute of the client, such as accounts.count or refresh_token; a generator is read to its end, as a
list of pages.
"""

from __future__ import annotations

import json
import operator
import sys
from collections.abc import Callable
from types import GeneratorType
from typing import Any


def answer_calls(sign_in: Callable[[dict[str, Any]], Any], fault: type[Exception]) -> None:
    """Read the question, write the lines; `fault` is what the SDK raises."""
    question = json.load(sys.stdin)
    try:
        client = sign_in(question["sign_in"])
    except fault as raised:
        say(told(raised))
        return
    for name, args, kwargs in question["calls"]:
        try:
            found = operator.attrgetter(name)(client)
            got = found(*args, **kwargs) if callable(found) else found
            say({"answer": list(got) if isinstance(got, GeneratorType) else got})
        except fault as raised:
            say(told(raised))


def told(fault: Any) -> dict[str, Any]:
    """The fault by its name, with what the SDK keeps of the vendor's answer."""
    return {"error": type(fault).__name__, "message": fault.message, "response": fault.response}


def say(line: dict[str, Any]) -> None:
    """Write one line."""
    sys.stdout.write(json.dumps(line, default=str) + "\n")
