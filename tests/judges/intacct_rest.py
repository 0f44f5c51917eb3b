"""What the public SDK of Intacct's REST API answers to calls, as `calling.py` tells.

Usage: intacct_rest.py ADDRESS < QUESTION
The SDK has no class for ledger lines, yet its base reads any object by its path: here it is `lines`.
Only the address is patched: a constant that three modules of the SDK hold.
"""

from __future__ import annotations

import sys
from typing import Any

import intacctsdk.apis.api_base
import intacctsdk.apis.reporting_periods
import intacctsdk.intacctsdk
from calling import answer_calls
from intacctsdk import IntacctRESTSDK
from intacctsdk.exceptions import IntacctRESTSDKError

LINES = "/objects/general-ledger/journal-entry-line"


def signed_in(how: dict[str, Any]) -> IntacctRESTSDK:
    """A client of the address, with a reader of ledger lines."""
    for module in (intacctsdk.intacctsdk, intacctsdk.apis.api_base, intacctsdk.apis.reporting_periods):
        module.BASE_URL = f"{sys.argv[1]}/ia/api/v1"
    client = IntacctRESTSDK(**how)
    client.lines = intacctsdk.apis.api_base.ApiBase(client, object_path=LINES)
    client.lines.update_access_token(client.access_token)
    client.lines.update_entity_id(how.get("entity_id"))
    return client


answer_calls(signed_in, IntacctRESTSDKError)
