"""The trail for an auditor: a CSV file, a proof, and how to perform the check again without this program."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import astuple, fields

import polars as pl

from recon.trail.chain import DOMAIN, GENESIS, VERSION
from recon.trail.model import Anchor, Head, Link

COLUMNS = tuple(field.name for field in fields(Link))
README = f'''\
The audit trail, and how to check it without recon
==================================================

trail.csv    one row per event, in order. The columns are {", ".join(COLUMNS)}.
proof.json   the head (sequence and hash of the last row), the hash of every row, and the heads that were written
             down outside the database, each with its place.

The hash of a row is SHA-256 over these texts, each as UTF-8 with its length in bytes before it (8 bytes, the highest
first): "{DOMAIN}", "{VERSION}", sequence, previous, at, actor, act, subject, details. `previous` is the hash of the row
before; before the first row it is the hash of the three texts "{DOMAIN}", "{VERSION}", "genesis".

Save this beside the two files as check.py and run it with any Python 3 (nothing is to be installed):

import csv, hashlib, json

def digest(texts):
    total = hashlib.sha256()
    for text in texts:
        data = text.encode()
        total.update(len(data).to_bytes(8, "big") + data)
    return total.hexdigest()

csv.field_size_limit(2**30)
rows = list(csv.DictReader(open("trail.csv", encoding="utf-8", newline="")))
proof = json.load(open("proof.json", encoding="utf-8"))
previous = digest(["{DOMAIN}", "{VERSION}", "genesis"])
for number, row in enumerate(rows, 1):
    said = [row[name] for name in ("at", "actor", "act", "subject", "details")]
    made = digest(["{DOMAIN}", "{VERSION}", row["sequence"], previous, *said])
    assert int(row["sequence"]) == number and row["previous"] == previous and row["hash"] == made, f"row {{number}}"
    assert proof["rows"][number - 1] == made, f"proof of row {{number}}"
    previous = made
assert proof["head"] == {{"sequence": len(rows), "hash": previous}}, "head"
for anchor in proof["anchors"]:
    stands = ([digest(["{DOMAIN}", "{VERSION}", "genesis"])] + proof["rows"])[anchor["sequence"]]
    assert stands == anchor["hash"], anchor["place"]
print(f"{{len(rows)}} rows, head {{previous}}, {{len(proof['anchors'])}} heads from outside: all fit")

Then compare the heads with where they were written: the history comment of the entries in Sage Intacct and the
manifests of the signed runs. The chain alone cannot show a tail that was cut off, nor a trail that was written anew
as a whole; those heads do.
'''


def csv_text(links: Sequence[Link]) -> str:
    """The trail as CSV, one row per event in order: the texts that are hashed, as they stand."""
    schema = {name: pl.Int64() if name == "sequence" else pl.String() for name in COLUMNS}
    rows = pl.DataFrame([astuple(link) for link in links], schema=schema, orient="row")
    return rows.write_csv(quote_style="always")


def proof_text(links: Sequence[Link], anchors: Sequence[Anchor] = ()) -> str:
    """The proof as JSON: head, hash of every row in order, and the heads from outside with their places."""
    head = Head(links[-1].sequence, links[-1].hash) if links else GENESIS
    outside = [{"sequence": one.head.sequence, "hash": one.head.hash, "place": one.place} for one in anchors]
    whole = {
        "head": {"sequence": head.sequence, "hash": head.hash},
        "anchors": outside,
        "rows": [x.hash for x in links],
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
