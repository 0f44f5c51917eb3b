"""What the public SDK of Intacct's XML gateway answers to calls, as `calling.py` tells.

Usage: intacct_xml.py ADDRESS < QUESTION
Only the address is patched: the SDK writes the vendor's in the constructor of its base class.
"""

from __future__ import annotations

import sys
from typing import Any

import sageintacctsdk.apis.api_base
from calling import answer_calls
from sageintacctsdk import SageIntacctSDK
from sageintacctsdk.exceptions import SageIntacctSDKError


def signed_in(how: dict[str, Any]) -> SageIntacctSDK:
    """A client of the address: every object of the SDK that is made from here on calls it."""
    base = sageintacctsdk.apis.api_base.ApiBase
    original = base.__init__

    def pointed(self: Any, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        self._ApiBase__api_url = f"{sys.argv[1]}/ia/xml/xmlgw.phtml"

    base.__init__ = pointed
    return SageIntacctSDK(**how)


answer_calls(signed_in, SageIntacctSDKError)
