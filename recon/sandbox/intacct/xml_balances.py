"""The functions of the XML gateway that tell balances. The rows of a trial balance are in no document: unverified."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from xml.etree.ElementTree import Element

from recon.sandbox.intacct.balances import Asked, Balance, balances
from recon.sandbox.intacct.failures import Failure, bad_request, check_may, invalid
from recon.sandbox.intacct.xml_words import Caller, data, elements, is_true, needed, said

_BOOK = "ACCRUAL"


def trial_balance(caller: Caller, asked: Element) -> str:
    """A row for each account, location and department that is asked for, with its debits and credits."""
    check_may(caller.faults, "GET_TRIALBALANCE")
    wanted = Asked(
        *_days(caller, asked),
        books=_books(asked),
        entity=caller.entity,
        location=said(asked, "locationid"),
        by_location=is_true(said(asked, "showlocdetail")),
        by_department=is_true(said(asked, "showdeptdetail")),
        shows_zero=is_true(said(asked, "showzerobalances")),
    )
    found = balances(caller.world, wanted)
    inside = "".join(f"<trialbalance>{elements(_trial_row(one, wanted))}</trialbalance>" for one in found)
    return data(inside, listtype="trialbalance", count=len(found))


def _trial_row(one: Balance, asked: Asked) -> dict[str, object]:
    return {
        "glaccountno": one.account,
        "startbalance": _dollars(one.opening),
        "debits": _dollars(one.debits),
        "credits": _dollars(one.credits),
        "adjdebits": "0",
        "adjcredits": "0",
        "endbalance": _dollars(one.closing),
        "reportingbook": _BOOK,
        "currency": "USD",
        **_where(one, asked),
    }


def _where(one: Balance, asked: Asked) -> dict[str, object]:
    place: dict[str, object] = {"locationid": one.location} if asked.by_location else {}
    return place | ({"departmentid": one.department} if asked.by_department else {})


def account_balances(caller: Caller, asked: Element) -> str:
    """A row for each account in the range, by the dimensions that are asked for."""
    groups = {word.strip() for word in said(asked, "groupby").split(",")}
    one = said(asked, "glaccountno")
    bounds = (one, one) if one else (needed(asked, "startaccountno"), needed(asked, "endaccountno"))
    wanted = Asked(
        *_days(caller, asked),
        accounts=bounds,
        books=_books(asked),
        entity=caller.entity,
        location=said(asked, "locationid"),
        by_location="location" in groups,
        by_department="department" in groups,
        shows_zero=is_true(said(asked, "showzerobalances")),
    )
    found = balances(caller.world, wanted)
    inside = "".join(f"<accountbalance>{elements(_account_row(row, wanted))}</accountbalance>" for row in found)
    return data(inside, listtype="accountbalance", count=len(found))


def _account_row(one: Balance, asked: Asked) -> dict[str, object]:
    return {
        "glaccountno": one.account,
        "startbalance": _dollars(one.opening),
        "periodbalance": _dollars(one.debits - one.credits),
        "endbalance": _dollars(one.closing),
        "currency": "USD",
        **_where(one, asked),
    }


def _dollars(cents: int) -> str:
    whole, rest = divmod(abs(cents), 100)
    text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".")
    return f"-{text}" if cents < 0 else text


def _books(asked: Element) -> tuple[str, ...]:
    adjusting = tuple((one.text or "").strip() for one in asked.findall("adjbooks/adjbook"))
    if adjusting and not is_true(said(asked, "includereportingbook")):
        return adjusting
    return (said(asked, "reportingbook", _BOOK), *adjusting)


def _days(caller: Caller, asked: Element) -> tuple[str, str]:
    """The first and the last day, of a reporting period or as given."""
    name = said(asked, "reportingperiodname")
    if name:
        row = caller.world.one("SELECT start_date, end_date FROM intacct_period WHERE name = ?", (name,))
        if row is None:
            raise Failure(invalid(f"Invalid Reporting Period '{name}' specified."))
        return row[0], row[1]
    return _day(asked, "startdate"), _day(asked, "enddate")


def _day(asked: Element, name: str) -> str:
    part = asked.find(name)
    if part is None:
        raise bad_request(f"'{asked.tag}' lacks '{name}' or 'reportingperiodname'")
    try:
        return dt.date(*(int(needed(part, word)) for word in ("year", "month", "day"))).isoformat()
    except ValueError as cause:
        raise bad_request(f"'{name}' is no day") from cause


BALANCES: Mapping[str, Callable[[Caller, Element], str]] = {
    "get_trialbalance": trial_balance,
    "get_accountbalances": account_balances,
    "get_accountbalancesbydimensions": account_balances,
}
