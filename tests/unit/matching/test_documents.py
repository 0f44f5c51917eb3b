"""How a document in the ledger relates to the one that was expected."""

from __future__ import annotations

import polars as pl
import pytest

from recon.identity import normal_document
from recon.matching.documents import Relation, closest, relate, shape


@pytest.mark.parametrize(
    ("found", "wanted", "relation"),
    [
        ("SALES00120260903", "SALES00120260903", "exact"),
        ("SALES001202609", "SALES00120260903", "mangled"),  # cut short
        ("SALES00120260903X", "SALES00120260903", "mangled"),  # something put behind
        ("SALE00120260903", "SALES00120260903", "mangled"),  # a letter lost
        ("SALE500120260903", "SALES00120260903", "mangled"),  # a digit in place of a letter
        ("SLAES00120260903", "SALES00120260903", "mangled"),  # swapped letters, the same number
        ("SALES00120260904", "SALES00120260903", "similar"),  # the next number of the series
        ("SALES00120260930", "SALES00120260903", "similar"),  # swapped digits: a number of the series too
        ("SALES", "SALES00120260903", "other"),  # too little is left
        ("JE4711", "SALES00120260903", "other"),
        ("XX56YY34ZZ12", "123456", "other"),  # the digits alone prove nothing
    ],
)
def test_a_document_is_exact_mangled_similar_or_another(found: str, wanted: str, relation: Relation) -> None:
    assert relate(found, wanted, edits=2) == relation


def test_without_edits_only_truncations_are_forgiven() -> None:
    assert relate("SALE00120260903", "SALES00120260903", edits=0) == "other"
    assert relate("SALES001202609", "SALES00120260903", edits=0) == "mangled"


@pytest.mark.parametrize(
    ("found", "nearest"),
    [
        ("DEP60103AME", {"DEP60103AMEX"}),  # cut short: two edits from that of the 9th
        ("DEP60103AMEXX", {"DEP60103AMEX"}),
        ("DEP60117", {"DEP60117"}),  # spelt right it means nothing else, though it begins another
        ("DEP6010", {"DEP60103AMEX", "DEP60109AMEX"}),  # cut as short as that it may be either
        ("RENT09", set()),
    ],
)
def test_a_misspelt_document_means_those_that_it_comes_nearest_to(found: str, nearest: set[str]) -> None:
    assert closest(found, ["DEP60103AMEX", "DEP60109AMEX", "DEP60117", "DEP60117AMEX"], edits=2) == nearest


def test_separators_and_case_do_not_count() -> None:
    spelled = pl.DataFrame({"document": ["SALES-001-20260903", "sales 001/20260903", "  ", "--", None]})

    normal = spelled.select(normal_document("document")).to_series().to_list()

    assert normal == ["SALES00120260903", "SALES00120260903", None, None, None]


def test_two_numbers_of_one_series_have_one_shape() -> None:
    assert shape("DEP1000903") == shape("DEP1010930") == "AAA9999999"
    assert shape("DEP1000903") != shape("DEPX000903")
