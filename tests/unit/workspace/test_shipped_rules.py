"""The posting rules that `recon init` writes: customer deposits are a liability until the sale they were paid for."""

from __future__ import annotations

import pytest
from make import SEPTEMBER, canonical, sales, tenders

from recon.canonical import Canonical
from recon.demo.company import TITLES
from recon.expected import ExpectedLedger, derive_expected
from recon.policy import Policy
from recon.workspace import Workspace, init_workspace, load_workspace


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("shipped") / "company"
    init_workspace(folder)
    return load_workspace(folder)


def lines(found: ExpectedLedger) -> list[str]:
    assert found.unmapped.is_empty()
    return [f"{account} {amount}" for account, amount in found.lines.select("account", "amount").iter_rows()]


def derived(books: Canonical, policy: Policy) -> ExpectedLedger:
    return derive_expected(books, policy, SEPTEMBER, only=("sales",))


def test_what_a_customer_pays_ahead_is_owed_to_the_customer(shipped: Workspace) -> None:
    books = canonical(sales=sales("T1 customer_deposit 50.00"), tenders=tenders("T1 card/visa 50.00"))

    assert lines(derived(books, shipped.policy)) == ["1250 50.00", "2320 -50.00"]


def test_a_deposit_that_pays_a_sale_is_owed_no_more(shipped: Workspace) -> None:
    as_tender = canonical(
        sales=sales("T1 revenue/food 80.00"), tenders=tenders("T1 deposit 50.00", "T1 card/visa 30.00")
    )
    as_component = canonical(
        sales=sales("T1 revenue/food 80.00", "T1 deposit_applied -50.00"), tenders=tenders("T1 card/visa 30.00")
    )

    for books in (as_tender, as_component):
        assert lines(derived(books, shipped.policy)) == ["1250 30.00", "2320 50.00", "4010 -80.00"]


def test_a_deposit_that_is_given_back_is_owed_no_more(shipped: Workspace) -> None:
    books = canonical(sales=sales("T1 customer_deposit -50.00 kind:return"), tenders=tenders("T1 cash -50.00"))

    assert lines(derived(books, shipped.policy)) == ["1030 -50.00", "2320 50.00"]


def test_the_account_stands_in_the_template_and_in_the_demos_chart(shipped: Workspace) -> None:
    assert "2320" in shipped.mappings["accounts"]["account"].to_list()
    assert TITLES["2320"] == "Customer deposits"
