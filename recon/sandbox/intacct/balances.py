"""Balances of accounts: what stood before, debits, credits and what stands after, by account and dimension."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from recon.sandbox.world import World


@dataclass(frozen=True)
class Balance:
    """One row: cents, opening and closing debit above zero, debits and credits unsigned."""

    account: str
    location: str
    department: str
    opening: int
    debits: int
    credits: int

    @property
    def closing(self) -> int:
        """Cents after the last day."""
        return self.opening + self.debits - self.credits


@dataclass(frozen=True)
class Asked:
    """Which balances are wanted: ISO days, both included; by location and by department or not."""

    start: str
    end: str
    accounts: tuple[str, str] = ("", "~")  # from and to
    books: Sequence[str] = ("ACCRUAL",)
    entity: str = ""
    location: str = ""
    by_location: bool = True
    by_department: bool = False
    shows_zero: bool = False


_LINES = """
SELECT l.accountno AS account, {location} AS location, {department} AS department,
  sum(iif(l.entry_date < :start, l.tr_type * l.cents, 0)) AS opening,
  sum(iif(l.entry_date >= :start AND l.tr_type = 1, l.cents, 0)) AS debits,
  sum(iif(l.entry_date >= :start AND l.tr_type = -1, l.cents, 0)) AS credits
FROM intacct_line l JOIN intacct_batch b ON b.recordno = l.batchkey
LEFT JOIN intacct_location o ON o.locationid = l.location
WHERE b.state = 'Posted' AND l.entry_date <= :end AND {place} AND b.bookid IN ({books})
GROUP BY 1, 2, 3
"""
_OPENINGS = """
SELECT l.accountno AS account, {location} AS location, '' AS department,
  sum(l.cents) AS opening, 0 AS debits, 0 AS credits
FROM intacct_balance l LEFT JOIN intacct_location o ON o.locationid = l.location
WHERE l.as_of < :start AND {place} GROUP BY 1, 2
"""


def balances(world: World, asked: Asked) -> list[Balance]:
    """The balances of posted lines, by account, location and department; those of nothing at all are left out."""
    place = "1"
    if asked.entity:
        place += " AND o.entity = :entity"
    if asked.location:
        place += " AND :location IN (l.location, o.entity)"
    parts = {
        "location": "coalesce(l.location, '')" if asked.by_location else "''",
        "department": "coalesce(l.department, '')" if asked.by_department else "''",
        "place": place,
        "books": ", ".join(f":book{number}" for number, _ in enumerate(asked.books)),
    }
    statement = f"""
SELECT account, location, department, sum(opening), sum(debits), sum(credits)
FROM ({_LINES.format(**parts)} UNION ALL {_OPENINGS.format(**parts)})
WHERE account BETWEEN :first AND :last GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""  # noqa: S608
    values: dict[str, object] = {
        "start": asked.start,
        "end": asked.end,
        "entity": asked.entity,
        "location": asked.location,
        "first": asked.accounts[0],
        "last": asked.accounts[1],
        **{f"book{number}": book for number, book in enumerate(asked.books)},
    }
    rows = [Balance(*row) for row in world.query(statement, values)]
    return [row for row in rows if asked.shows_zero or row.opening or row.debits or row.credits]
