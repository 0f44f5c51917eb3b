"""The last sentence of an examination promises no more than was found."""

from __future__ import annotations

import pytest

from recon.doctor import Finding, summed_up
from recon.doctor.findings import NOBODY_ASKED, of_fault
from recon.wire import NotSignedIn

WELL = Finding("clock", "well", "this machine's clock is right")
UNKNOWN = Finding("closed books", "unknown", "nobody said which")
WRONG = Finding("sign-in", "wrong", "the user is not known", exit_code=3)
NOBODY = Finding(NOBODY_ASKED, "well", "everything comes from files")


@pytest.mark.parametrize(
    ("findings", "said"),
    [
        ([WELL], "Nothing is wrong."),
        ([WELL, UNKNOWN], "Nothing is wrong; 1 thing is not known."),
        ([UNKNOWN, UNKNOWN, NOBODY], "Nothing is wrong; 2 things are not known; no service was asked."),
        ([WELL, NOBODY], "Nothing is wrong; no service was asked."),
        ([WELL, WRONG, UNKNOWN], "1 of 3 checks found something; 1 thing is not known."),
    ],
)
def test_what_is_not_known_and_that_nobody_was_asked_is_told(findings: list[Finding], said: str) -> None:
    assert summed_up(findings) == said


def test_the_mend_of_a_fault_is_the_end_of_its_sentence() -> None:
    fault = NotSignedIn("The gateway does not accept the user: XL03000006; no; check company id", status=401)

    (found,) = of_fault("intacct_xml: sign-in", fault)

    assert found.said == "The gateway does not accept the user: XL03000006; no (status=401)"
    assert found.mend == "check company id"
    assert found.exit_code == 3
