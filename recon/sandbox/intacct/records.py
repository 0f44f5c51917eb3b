"""Records of the books: the entities among their places, the next numbers, and rows with who made them and when."""

from __future__ import annotations

from collections.abc import Mapping

from recon.sandbox.intacct.failures import Reason
from recon.sandbox.world import World


def is_entity(world: World, place: str) -> bool:
    """True for a location that is an entity."""
    return world.one("SELECT 1 FROM intacct_location WHERE locationid = ? AND entity = ?", (place, place)) is not None


def next_number(world: World, table: str) -> int:
    """A record number that the table never had."""
    return int(str(world.next_id(table, "recordno")))


def made_now(world: World, user: str) -> dict[str, str]:
    """The columns that tell who made and changed a row last, and when: this user, now."""
    now = world.clock.now().replace(microsecond=0).isoformat()
    return {"createdby": user, "modifiedby": user, "whencreated": now, "whenmodified": now}


def add(world: World, user: str, table: str, row: Mapping[str, object]) -> int:
    """The record number of the row, once it stands."""
    number = next_number(world, table)
    world.insert(table, [{"recordno": number, **row, **made_now(world, user)}])
    return number


def stands_already(what: str, name: str) -> Reason:
    """A name that may stand once, and does."""
    text = f"Another {what} with the given value(s) {name} already exists"
    return Reason("BL34000061", text, "Use a unique value instead.")
