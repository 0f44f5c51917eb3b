"""Every problem that users of the two services reported has a test that exists, or a reason why it is none of ours."""

from __future__ import annotations

import ast
import csv
import itertools
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SERVICES = ("intacct", "heartland")


def problems() -> list[dict[str, str]]:
    with (ROOT / "tests/reported_problems.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cases_of(file: str) -> Iterator[ast.FunctionDef]:
    body = ast.parse((ROOT / file).read_text(encoding="utf-8")).body
    return (part for part in body if isinstance(part, ast.FunctionDef) and part.name.startswith("test_"))


def test_every_reported_problem_stands_once_in_the_order_of_its_number() -> None:
    of_service = itertools.groupby(problems(), lambda row: row["service"])
    numbers = {service: [int(row["number"]) for row in rows] for service, rows in of_service}

    assert tuple(numbers) == SERVICES
    assert all(found == [*range(1, len(found) + 1)] for found in numbers.values())
    assert sum(map(len, numbers.values())) >= 60
    assert all(row["problem"] for row in problems())


def test_every_test_of_a_reported_problem_exists_and_runs_in_the_usual_suite() -> None:
    named = {name for row in problems() for name in row["tests"].split()}
    existing = {
        f"{file}::{test.name}"
        for file in {name.partition("::")[0] for name in named}
        for test in cases_of(file)
        if not {"skip", "skipif", "xfail", "heavy"} & {word.rpartition(".")[2] for word in marks(test)}
    }

    assert sorted(named - existing) == []


def marks(test: ast.FunctionDef) -> list[str]:
    """The dotted names of a test's decorators."""
    return [ast.unparse(one.func if isinstance(one, ast.Call) else one) for one in test.decorator_list]


def test_a_problem_without_a_test_says_why_and_no_other_one_does() -> None:
    assert [row["number"] for row in problems() if bool(row["tests"]) == bool(row["why_none"])] == []
    assert sum(bool(row["why_none"]) for row in problems()) <= 3
