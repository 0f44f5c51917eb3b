"""The audit trail as an auditor meets it: what shows, in which words, and what only a head written outside shows."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from recon.errors import TrailBroken
from recon.trail import (
    GENESIS,
    README,
    Anchor,
    Head,
    Link,
    Told,
    csv_text,
    details_text,
    hash_of,
    heads_in,
    linked,
    proof_text,
    read_event,
    verify,
)

NINE = dt.datetime(2026, 10, 2, 9, tzinfo=dt.UTC)
ACTS = ("ann added fee-7", "bob reviewed fee-7", "bob approved fee-7", "recon intended fee-7", "recon sent fee-7")


def trail(*said: str) -> tuple[Link, ...]:
    """One link a sentence: who did what to which, a minute apart."""
    links: list[Link] = []
    head = GENESIS
    for minute, one in enumerate(said):
        actor, act, subject = one.split()
        told = Told(actor, act, subject, {"note": "50 % «año»", "amount": "12.00"})
        links.append(linked(head, NINE + dt.timedelta(minutes=minute), told))
        head = Head(links[-1].sequence, links[-1].hash)
    return tuple(links)


LINKS = trail(*ACTS)
HEAD = Head(5, LINKS[-1].hash)


def hashed(link: Link) -> Link:
    return replace(link, hash=hash_of(link))


def sentence(links: tuple[Link, ...], *anchors: Anchor) -> tuple[int, str, str]:
    broken = verify(links, anchors)
    assert broken is not None
    return broken.sequence, broken.kind, broken.sentence


def test_a_trail_as_it_was_written_is_whole() -> None:
    assert (
        verify(()) is verify(LINKS) is verify(LINKS, [Anchor(HEAD, "the manifest"), Anchor(GENESIS, "a memo")]) is None
    )
    assert [link.sequence for link in LINKS] == [1, 2, 3, 4, 5]
    assert LINKS[0].previous == GENESIS.hash


def test_the_hash_of_a_row_is_what_the_documentation_says() -> None:
    # Worked out once, apart from this program; it must not change while a trail of it exists.
    assert GENESIS.hash == "1cf27319454cdfe8ec5f289c4361218606871ae3a4efeecdf584595ccef7deef"
    assert LINKS[0].hash == "e9015213e632162ceb244f132de6e0f399bed0b332a3807b72727ee4dab05c66"


@pytest.mark.parametrize("name", ["at", "actor", "act", "subject", "details", "hash"])
def test_an_altered_row_is_named(name: str) -> None:
    links = (*LINKS[:2], replace(LINKS[2], **{name: "x"}), *LINKS[3:])

    number, kind, words = sentence(links)

    assert (number, kind) == (3, "altered")
    assert words.startswith("row 3 (")
    assert words.endswith("is not what was written: its hash differs")


def test_a_letter_that_moves_into_the_next_field_is_seen() -> None:
    moved = replace(LINKS[2], actor="bo", act="bapproved")

    assert sentence((*LINKS[:2], moved, *LINKS[3:]))[:2] == (3, "altered")


def test_missing_rows_are_named() -> None:
    assert sentence((*LINKS[:1], *LINKS[2:])) == (2, "missing", "row 2 is missing before row 3")
    assert sentence(LINKS[3:]) == (1, "missing", "rows 1 to 3 are missing before row 4")


def test_rows_in_another_order_are_named() -> None:
    swapped = (LINKS[0], replace(LINKS[2], sequence=2), replace(LINKS[1], sequence=3), *LINKS[3:])
    closed_up = (LINKS[0], *(replace(link, sequence=link.sequence - 1) for link in LINKS[2:]))

    words = "row 2 was written as row 3: rows were removed, inserted or put in another order"
    assert sentence(swapped) == sentence(closed_up) == (2, "moved", words)


def test_a_fork_is_named() -> None:
    twin = hashed(replace(LINKS[2], actor="mallory"))
    after = hashed(replace(LINKS[2], sequence=4, actor="mallory"))

    assert sentence((*LINKS[:3], twin, *LINKS[3:])) == (3, "forked", "two rows say that they are row 3")
    words = "rows 3 and 4 both follow the same row: one of them was put in"
    assert sentence((*LINKS[:3], after)) == (4, "forked", words)


def test_a_row_written_anew_does_not_carry_the_next() -> None:
    anew = hashed(replace(LINKS[2], actor="mallory"))

    words = "row 4 does not follow row 3: one of the two was written anew"
    assert sentence((*LINKS[:2], anew, *LINKS[3:])) == (4, "relinked", words)


def test_a_trail_that_begins_elsewhere_is_named() -> None:
    elsewhere = hashed(replace(LINKS[0], previous="00" * 32))

    assert sentence((elsewhere,))[:2] == (1, "wrong genesis")
    assert sentence((replace(LINKS[0], sequence=0),))[:2] == (0, "forked")
    assert sentence((replace(LINKS[0], sequence=-1),))[:2] == (-1, "inserted")


def test_a_cut_tail_shows_only_where_a_head_was_written_outside() -> None:
    assert verify(LINKS[:3]) is None
    assert sentence(LINKS[:3], Anchor(HEAD, "the manifest of run 0123")) == (
        4, "cut tail",
        "the trail ends with row 3, but the manifest of run 0123 names row 5: the rows after it are gone",
    )  # fmt: skip
    assert sentence((), Anchor(HEAD, "a memo"))[:2] == (1, "cut tail")


def test_a_trail_written_anew_shows_only_where_a_head_was_written_outside() -> None:
    anew = trail("ann added fee-7", "bob reviewed fee-7", "mallory approved fee-7", *ACTS[3:])
    early, late = Anchor(Head(2, LINKS[1].hash), "the memo of entry 46"), Anchor(HEAD, "the memo of entry 47")

    assert verify(anew) is verify(anew, [early]) is None
    assert sentence(anew, late, early) == (
        5, "rewritten",
        "row 5 is not the one whose hash stands in the memo of entry 47: the trail was written anew up to it",
    )  # fmt: skip


def test_a_row_that_was_appended_by_the_rules_is_not_seen_by_any_chain() -> None:
    # That a correction was not changed with it is seen in the state, and in the ledger: see the audit of the state.
    forged = linked(HEAD, NINE, Told("bob", "approved", "fee-8", {}))

    assert verify((*LINKS, forged), [Anchor(HEAD, "the manifest")]) is None


def test_heads_are_found_wherever_they_were_written() -> None:
    memo = f"Fee of D-7; run 0123; {HEAD}, and again {Head(2, LINKS[1].hash)}."

    assert heads_in(memo, "the memo of entry 47") == (
        Anchor(HEAD, "the memo of entry 47"), Anchor(Head(2, LINKS[1].hash), "the memo of entry 47"),
    )  # fmt: skip
    assert heads_in(json.dumps({"trail": str(HEAD)}), "x") == (Anchor(HEAD, "x"),)
    assert heads_in(f"{HEAD}00 recon-trail:5:abc", "x") == ()


def test_an_event_is_read_from_its_row_or_the_row_is_named() -> None:
    event = read_event(LINKS[1])

    assert (event.at, event.details) == (NINE + dt.timedelta(minutes=1), {"note": "50 % «año»", "amount": "12.00"})
    for name, value in (("at", "2026-10-02T11:01:00.000000+02:00"), ("at", "soon"), ("details", '{"a": "1"}')):
        with pytest.raises(TrailBroken, match=r"not as it was written \(sequence=2"):
            read_event(replace(LINKS[1], **{name: value}))  # type: ignore[arg-type]
    with pytest.raises(TrailBroken):
        read_event(replace(LINKS[1], details="[]"))
    assert details_text({"b": "\x00", "a": "\ud800"}) == r'{"a":"\\ud800","b":"\\x00"}'


def audited(folder: Path) -> subprocess.CompletedProcess[str]:
    """The recipe of the export, typed by an auditor who has nothing but Python."""
    recipe = README[README.index("import csv") : README.index("Then compare")]
    (folder / "check.py").write_text(recipe, encoding="utf-8")
    words = [sys.executable, "-I", "-S", "check.py"]
    return subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)


def test_an_auditor_checks_the_export_without_this_program(tmp_path: Path) -> None:
    odd = linked(HEAD, NINE, Told("dön", "noted", "a,b", {"note": 'He said "yes",\r\nand left;\ttwice'}))
    links = (*LINKS, odd)
    (tmp_path / "trail.csv").write_text(csv_text(links), encoding="utf-8", newline="")
    (tmp_path / "proof.json").write_text(proof_text(links, [Anchor(HEAD, "the memo of entry 47")]), encoding="utf-8")

    whole = audited(tmp_path)
    csv = (tmp_path / "trail.csv").read_bytes()
    (tmp_path / "trail.csv").write_bytes(csv.replace(b"bob", b"eve", 1))
    altered = audited(tmp_path)
    (tmp_path / "trail.csv").write_bytes(csv)
    (tmp_path / "proof.json").write_text(proof_text(links, [Anchor(Head(5, "00" * 32), "the memo")]), encoding="utf-8")
    unlike = audited(tmp_path)

    assert (whole.returncode, whole.stderr) == (0, "")
    assert whole.stdout.startswith(f"6 rows, head {odd.hash}, 1 heads from outside: all fit")
    assert "AssertionError: row 2" in altered.stderr
    assert "AssertionError: the memo" in unlike.stderr


def test_an_empty_trail_is_exported_too(tmp_path: Path) -> None:
    (tmp_path / "trail.csv").write_text(csv_text(()), encoding="utf-8")
    (tmp_path / "proof.json").write_text(proof_text(()), encoding="utf-8")

    assert audited(tmp_path).stdout.startswith(f"0 rows, head {GENESIS.hash}")
