"""Workspaces: one that works from the start, and faults that come all at once."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from downloads import WORKSPACE

from recon.compute import preparer_of
from recon.connectors import read_sources
from recon.demo import DemoMonth
from recon.errors import ConfigError
from recon.period import parse_period
from recon.workspace import init_workspace, load_workspace
from recon.workspace.schemas import SCHEMA_NAMES, export_schema, stored_schema


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return shutil.copytree(WORKSPACE, tmp_path / "workspace")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def problems(workspace: Path) -> list[str]:
    with pytest.raises(ConfigError) as fault:
        load_workspace(workspace)
    assert fault.value.exit_code == 2
    return list(fault.value.problems)


def test_what_passes_below_threshold_is_never_above_materiality(tmp_path: Path) -> None:
    init_workspace(tmp_path / "company")
    edit(tmp_path / "company" / "policy.toml", 'pass_below = "0.00"', 'pass_below = "9000.00"')

    (told,) = problems(tmp_path / "company")

    assert "materiality" in told
    assert "pass_below = 9000.00 is above overall = 0.00" in told
    assert "lower pass_below, or set overall" in told


def test_a_new_workspace_reads_the_demo_and_a_rehearsal_month(
    demo_month: DemoMonth, rehearsal: Callable[[str], Path], tmp_path: Path
) -> None:
    init_workspace(tmp_path / "company")
    company = load_workspace(tmp_path / "company")
    period = parse_period("2026-09")

    for n, sources in enumerate((demo_month.folder, rehearsal("rehearsal-2026-09"))):
        month = read_sources(
            company.policy, company.profiles, sources, period, tmp_path / str(n), mappings=company.mappings
        )
        assert month.rejected.is_empty()
        assert month.tenders is not None
        assert set(month.accounts.filter(month.accounts["clearing"].fill_null(False))["account"]) == {"1250", "1255"}


def test_a_new_workspace_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")

    with pytest.raises(ConfigError, match="nothing is overwritten"):
        init_workspace(tmp_path)

    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_a_folder_without_policy_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="recon init"):
        load_workspace(tmp_path)


def test_every_fault_comes_at_once_with_file_row_and_field(workspace: Path) -> None:
    rules = workspace / "mappings" / "rules.csv"
    edit(rules, "food,sales,amount", "food,sale,amount")
    edit(rules, "cash tender,tenders,amount,,,cash,,,,debit", "cash tender,tenders,net,,,cash,,,,left")
    edit(rules, "tips,sales,amount,tip,,", "tips,sales,amount,tip,,cash")
    edit(workspace / "policy.toml", "default_lag_days = 1", "default_lag_days = 99")
    edit(workspace / "profiles" / "payroll.toml", 'code = "Code"\n', "")
    (workspace / "periods.csv").write_text("name,start,end\nP1,2026-09-31,2026-10-01\n")

    told = problems(workspace)

    assert any("mappings/rules.csv, row 2: source" in one and "'sale'" in one for one in told)
    assert any("row 10: the measure of tenders is amount, not 'net'" in one for one in told)
    assert any("row 10: side" in one and "'left'" in one for one in told)
    assert any("row 7: sales cannot be matched by tender" in one for one in told)
    assert any("policy.toml: funding.default_lag_days" in one and "99" in one for one in told)
    assert any("profiles/payroll.toml" in one and "columns.code is required" in one for one in told)
    assert any("periods.csv, row 2" in one for one in told)


def test_a_period_is_named_once_and_as_the_folder_of_its_runs_can_be(workspace: Path) -> None:
    names = ("P1", "P1", "FY26/P2", ".P3", "..", "P4: close", "P5 FY26")
    rows = "".join(f"{name},2026-0{n}-01,2026-0{n}-20\n" for n, name in enumerate(names, 1))
    (workspace / "periods.csv").write_text(f"name,start,end\n{rows}")

    told = [one for one in problems(workspace) if "periods.csv" in one]

    assert [one.partition(":")[0] for one in told] == [f"periods.csv, row {n}" for n in (3, 4, 5, 6, 7)]
    assert "P1 is named twice" in told[0]
    assert "'FY26/P2' cannot name a folder" in told[1]


def test_an_author_of_a_rule_is_a_person_of_the_users_file_where_it_names_anybody(workspace: Path) -> None:
    rules = workspace / "mappings" / "rules.csv"
    edit(rules, "rule,source,", "author,rule,source,")
    edit(rules, "food,sales,", "Bob Jones,food,sales,")
    rules.write_text("".join(f"{',' * (n > 1)}{line}" for n, line in enumerate(rules.read_text().splitlines(True))))
    assert {rule.author for rule in load_workspace(workspace).policy.rules} == {"Bob Jones", None}

    (workspace / "users.csv").write_text("person,roles,aliases\nbob,approver,\n")
    (told,) = problems(workspace)
    assert told.startswith("mappings/rules.csv, row 2: author 'Bob Jones' of rule 'food' stands in no row of users.csv")
    assert "add the name to the person's aliases in users.csv" in told

    (workspace / "users.csv").write_text("person,roles,aliases\nbob,approver,Bob Jones\n")
    assert load_workspace(workspace).policy.rules[0].author == "Bob Jones"


def test_the_cover_names_whom_the_policy_names_else_the_person_behind_the_login(workspace: Path) -> None:
    (workspace / "users.csv").write_text("person,roles,aliases\nann,preparer,uid-7001\n")

    assert preparer_of(load_workspace(workspace), "uid-7001") == "ann"
    assert preparer_of(load_workspace(workspace), "dora") == "dora"
    edit(workspace / "policy.toml", "[company]\n", '[company]\npreparer = "Ms Dale"\n')
    assert preparer_of(load_workspace(workspace), "uid-7001") == "Ms Dale"


def test_faults_between_policy_and_profiles_are_named(workspace: Path) -> None:
    policy = workspace / "policy.toml"
    edit(policy, 'bank = "XFED"', 'bank = "MOON"')
    edit(policy, 'profile = "payroll"', 'profile = "pay"')
    edit(policy, "PR-{run_id}-", "PR-{run}-")
    edit(policy, '["PYRJ"]', '["SJ"]')

    told = problems(workspace)

    assert any("calendar.bank 'MOON'" in one for one in told)
    assert any("'pay' is no file in profiles/" in one for one in told)
    assert any("unknown placeholder {run}" in one for one in told)
    assert any("journal 'SJ' belongs to sales and payroll" in one for one in told)


def test_a_reconciliation_that_rules_book_must_be_there(workspace: Path) -> None:
    text = (workspace / "policy.toml").read_text()
    start, end = text.index("[reconciliations.payroll]"), text.index("[funding]")
    (workspace / "policy.toml").write_text(text[:start] + text[end:])

    assert any("[reconciliations.payroll] is missing" in one for one in problems(workspace))


def test_an_unknown_field_and_an_unknown_column_are_named(workspace: Path) -> None:
    edit(workspace / "policy.toml", "margin_days = 10", "margin_dayz = 10")
    edit(workspace / "mappings" / "rules.csv", "rule,source,", "rule,sauce,")

    told = problems(workspace)

    assert any("period.margin_dayz" in one for one in told)
    assert any("unknown column 'sauce'" in one for one in told)
    assert any("the column 'source' is missing" in one for one in told)


def test_a_mapping_with_an_unknown_word_or_two_rows_for_one_place_is_named(workspace: Path) -> None:
    (workspace / "mappings" / "locations.csv").write_text("location,amex,colour\n100,optblue,red\n100,often,\n")

    told = problems(workspace)

    assert any("no such column 'colour'" in one for one in told)
    assert any("location '100' stands in two rows" in one for one in told)
    assert any("row 3: amex 'often' is none of optblue, direct" in one for one in told)


def test_any_changed_byte_of_policy_changes_the_digest(workspace: Path) -> None:
    before = load_workspace(workspace).digest
    edit(workspace / "profiles" / "payroll.toml", "# Payroll register", "# The payroll register")

    assert load_workspace(workspace).digest != before
    assert load_workspace(WORKSPACE).digest == before


@pytest.mark.parametrize("name", SCHEMA_NAMES)
def test_the_shipped_schema_is_the_one_of_the_model(name: str) -> None:
    assert stored_schema(name) == export_schema(name)


def test_the_shipped_policy_and_profiles_fit_their_schemas(tmp_path: Path) -> None:
    init_workspace(tmp_path / "company")
    for path in (tmp_path / "company").rglob("*.toml"):
        name = path.stem if path.stem in ("policy", "sources") else "profile"
        jsonschema.validate(tomllib.loads(path.read_text()), json.loads(stored_schema(name)))
        assert f"{name}.schema.json" in path.read_text().splitlines()[0]
        assert (path.parent / f"{name}.schema.json").is_file()


def test_a_time_zone_that_nobody_knows_is_named_where_it_stands(workspace: Path) -> None:
    edit(workspace / "policy.toml", 'timezone = "America/New_York"', 'timezone = "CST"')
    (workspace / "mappings" / "locations.csv").write_text("location,timezone\n100,America/Chicago\n200,Central\n")

    told = problems(workspace)

    assert any("company.timezone" in one and "'CST' is no time zone" in one for one in told)
    assert "mappings/locations.csv, row 3: 'Central' is no time zone; write it as in America/Chicago" in told
