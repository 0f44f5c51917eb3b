"""Tamperings of the audit trail by direct SQL, in 18 classes: which are seen, and which only with a head outside.

`python tests/bench/tampering.py --tamperings 20000 --seed 7` does half of them to SQLite, half to a PostgreSQL of its
own, and prints one JSON line for each.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from random import Random
from typing import Any

TESTS = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(TESTS))  # run as a program, the helpers of the tests are not on the path

from make_corrections import correction  # noqa: E402
from postgres import served  # noqa: E402
from sqlalchemy import Connection, text  # noqa: E402

from recon.lifecycle import Approved, Confirmed, Intended, Reviewed, Sent, Settled  # noqa: E402
from recon.state.links import read_links  # noqa: E402
from recon.state.store import StateStore, open_state  # noqa: E402
from recon.trail import Anchor, Head, Link, hash_of, verify  # noqa: E402

NOON = dt.datetime(2026, 10, 2, 12, tzinfo=dt.UTC)
Statement = tuple[str, dict[str, Any]]
COLUMNS = tuple(field.name for field in fields(Link))
TEXTS = COLUMNS[1:6]
_TIDY_EVERY = 100
_INSERT = f"INSERT INTO trail ({', '.join(COLUMNS)}) VALUES ({', '.join(':' + name for name in COLUMNS)})"


def fill(store: StateStore, corrections: int = 6) -> tuple[Link, ...]:
    """A trail of so many corrections, each from its proposal to its settlement."""
    for number in range(corrections):
        one = store.add(correction(identity=f"{number + 1:064x}"[::-1]), actor="ann")
        digest = one.digest
        acts = (Reviewed("bob", digest), Approved("bob", digest), Intended(digest), Sent(NOON, NOON))
        for act in (*acts, Confirmed("47"), Settled()):
            one = store.apply(one, act, actor="bob" if act in acts[:2] else "recon")
    return store.links()


def lay_bare(store: StateStore) -> None:
    """Take guards and constraints from the trail, as somebody with all rights would."""
    for sql in ("CREATE TABLE loose AS SELECT * FROM trail", "DROP TABLE trail", "ALTER TABLE loose RENAME TO trail"):
        store.database.write(lambda connection, sql=sql: connection.execute(text(sql)))  # type: ignore[misc]


def _set(row: Link, **values: Any) -> Statement:
    said = ", ".join(f"{name} = :{name}" for name in values)
    return f"UPDATE trail SET {said} WHERE hash = :_hash", {**values, "_hash": row.hash}


def _gone(row: Link) -> Statement:
    return "DELETE FROM trail WHERE hash = :_hash", {"_hash": row.hash}


def _changed(value: str, dice: Random) -> str:
    """The text with one character replaced, taken out or put in."""
    at = dice.randrange(len(value) + 1)
    return dice.choice([value[:at] + "x" + value[at:], value[: max(at - 1, 0)] + value[max(at, 1) :], value + " "])


def _text_altered(name: str) -> Callable[[Random, Sequence[Link]], list[Statement]]:
    def tamper(dice: Random, rows: Sequence[Link]) -> list[Statement]:
        row = dice.choice(rows)
        return [_set(row, **{name: _changed(getattr(row, name), dice)})]

    return tamper


def _hash_altered(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    return [_set(dice.choice(rows), **{dice.choice(("hash", "previous")): dice.randbytes(32).hex()})]


def _boundary_shifted(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    row = dice.choice(rows)
    at = dice.randrange(1, len(row.actor) + 1)
    return [_set(row, actor=row.actor[:-at], act=row.actor[-at:] + row.act)]


def _removed(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    first = dice.randrange(1, len(rows) - 1)
    return [_gone(row) for row in rows[first : dice.randrange(first + 1, len(rows))]]


def _removed_and_renumbered(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    at = dice.randrange(len(rows) - 1)
    return [_gone(rows[at]), *(_set(row, sequence=row.sequence - 1) for row in rows[at + 1 :])]


def _beginning_removed(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    count = dice.randrange(1, len(rows))
    renumbered = [_set(row, sequence=row.sequence - count) for row in rows[count:]]
    return [_gone(row) for row in rows[:count]] + (renumbered if dice.random() < 0.5 else [])


def _texts_swapped(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    one, other = dice.sample(rows, 2)
    return [_set(to, **{name: getattr(was, name) for name in TEXTS}) for to, was in ((one, other), (other, one))]


def _rows_swapped(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    one, other = dice.sample(rows, 2)
    return [_set(one, sequence=other.sequence), _set(other, sequence=one.sequence)]


def _copied(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    row = dice.choice(rows)
    return [(_INSERT, asdict(row))]


def _forked(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    row = dice.choice(rows[:-1])
    other = _hashed(replace(row, actor="mallory"))
    return [(_INSERT, asdict(other))]


def _inserted(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    at = dice.randrange(len(rows) - 1)
    new = _hashed(replace(rows[at], sequence=rows[at].sequence + 1, actor="mallory", previous=rows[at].hash))
    return [*(_set(row, sequence=row.sequence + 1) for row in rows[at + 1 :]), (_INSERT, asdict(new))]


def _altered_and_hashed(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    row = dice.choice(rows[:-1])
    new = _hashed(replace(row, actor="mallory"))
    return [_set(row, actor=new.actor, hash=new.hash)]


def _cut(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    return [_gone(row) for row in rows[dice.randrange(len(rows)) :]]


def _written_anew(dice: Random, rows: Sequence[Link]) -> list[Statement]:
    """Every row from one on is written anew, hashes and all; perhaps some at the end are left out."""
    at = dice.randrange(len(rows))
    head = rows[at].previous
    made: list[Statement] = []
    for row in rows[at:]:
        name = "mallory" if row is rows[at] else row.actor
        new = _hashed(replace(row, actor=name, previous=head))
        made.append(_set(row, actor=name, previous=head, hash=new.hash))
        head = new.hash
    return made


def _hashed(link: Link) -> Link:
    return replace(link, hash=hash_of(link))


CLASSES: Mapping[str, Callable[[Random, Sequence[Link]], list[Statement]]] = {
    **{f"{name} altered": _text_altered(name) for name in TEXTS},
    "a hash altered": _hash_altered,
    "a letter moved from one field into the next": _boundary_shifted,
    "rows removed": _removed,
    "a row removed, the rest renumbered": _removed_and_renumbered,
    "the beginning removed": _beginning_removed,
    "the texts of two rows swapped": _texts_swapped,
    "two rows swapped": _rows_swapped,
    "a row copied": _copied,
    "a second row after the same row": _forked,
    "a row inserted, the rest renumbered": _inserted,
    "a row altered and hashed again": _altered_and_hashed,
    "the tail cut off": _cut,
    "written anew from a row to the end": _written_anew,
}
ONLY_WITH_HEAD = ("the tail cut off", "written anew from a row to the end")


@dataclass(frozen=True)
class Tampered:
    """How many tamperings were made, and seen: by the chain alone, and with the head outside."""

    made: dict[str, int]
    seen_alone: dict[str, int]
    seen: dict[str, int]


def tamper(store: StateStore, count: int, seed: int) -> Tampered:
    """So many tamperings, class by class, each undone before the next; the trail is laid bare for good."""
    rows = fill(store)
    lay_bare(store)
    outside = [Anchor(Head(rows[-1].sequence, rows[-1].hash), "the manifest of the signed run")]
    assert verify(store.links(), outside) is None
    dice = Random(seed)
    names = [*CLASSES]
    made, alone, seen = Counter[str](), Counter[str](), Counter[str]()
    with store.database.engine.connect() as connection:
        for number in range(count):
            if number % _TIDY_EVERY == 0 and not store.database.is_sqlite:
                _tidy(store)
            name = names[number % len(names)]
            links = _tampered(connection, CLASSES[name](dice, rows))
            made[name] += 1
            alone[name] += verify(links) is not None
            seen[name] += verify(links, outside) is not None
    return Tampered(dict(made), dict(alone), dict(seen))


def _tidy(store: StateStore) -> None:
    """Clear away what was taken back: the tests' server does not do it by itself, and every row is looked for in it."""
    with store.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM trail"))


def _tampered(connection: Connection, statements: Sequence[Statement]) -> tuple[Link, ...]:
    """The trail as it reads after the statements, which are taken back."""
    with connection.begin() as transaction:
        for sql, values in statements:
            connection.execute(text(sql), values)
        links = read_links(connection)
        transaction.rollback()
    return links


def main() -> None:
    """Tamper with both databases and print what was seen."""
    parser = argparse.ArgumentParser(description="Tamper with the audit trail, many times.")
    parser.add_argument("--tamperings", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--only", choices=["sqlite", "postgres"])
    asked = parser.parse_args()
    half = asked.tamperings // 2
    if asked.only != "postgres":
        with tempfile.TemporaryDirectory() as folder:
            _tell("sqlite", tamper(open_state(Path(folder), environ={}), half, asked.seed))
    if asked.only == "sqlite":
        return
    initdb = shutil.which("initdb") or str(max(Path("/usr/lib/postgresql").glob("*/bin/initdb")))
    with served(initdb) as server:
        environ = {"RECON_DATABASE_URL": server.address(server.make())}
        _tell("postgres", tamper(open_state(server.folder, environ=environ), asked.tamperings - half, asked.seed + 1))


def _tell(database: str, done: Tampered) -> None:
    missed = {name: count - done.seen[name] for name, count in done.made.items() if count != done.seen[name]}
    alone = {name: f"{done.seen_alone[name]} of {done.made[name]} seen without" for name in ONLY_WITH_HEAD}
    line = {
        "database": database, "tamperings": sum(done.made.values()), "classes": len(done.made),
        "seen_with_head": sum(done.seen.values()), "missed_with_head": missed,
        "only_with_head": alone,
        "missed_without_head": {
            name: count - done.seen_alone[name]
            for name, count in done.made.items()
            if name not in ONLY_WITH_HEAD and count != done.seen_alone[name]
        },
    }  # fmt: skip
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
