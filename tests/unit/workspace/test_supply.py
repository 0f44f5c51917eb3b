"""`sources.toml`: where records come from, secrets by name only, every fault at once and no value repeated."""

from __future__ import annotations

import datetime as dt
import json
import re
import tomllib
from pathlib import Path

import jsonschema
import pytest

from recon.errors import ConfigError
from recon.workspace import init_workspace
from recon.workspace.schemas import stored_schema
from recon.workspace.supply import KINDS, SUPPLY_FILE, read_supply

WHOLE = """
[books]
closed_through = 2026-08-31
[services.gp_api]
app_id = "APPID"
app_key = { env = "GP_APP_KEY" }
[services.intacct_xml]
company_id = "ACME"
user_id = { env = "INTACCT_USER" }
user_password = { keyring = "intacct/recon" }
sender_id = "acme_ws"
sender_password = { env = "INTACCT_SENDER_PASSWORD" }
[sources]
deposits = { from = "api", service = "gp_api" }
ledger = { from = "api", service = "intacct_xml" }
payroll = { from = "files", folder = "registers" }
locations = { from = "folder", folder = "/srv/warehouse" }
"""


def written(folder: Path, text: str) -> Path:
    (folder / SUPPLY_FILE).write_text(text)
    return folder


def problems(folder: Path, text: str) -> list[str]:
    with pytest.raises(ConfigError) as fault:
        read_supply(written(folder, text))
    assert fault.value.exit_code == 2
    return [one.removeprefix(f"{SUPPLY_FILE}: ") for one in fault.value.problems]


def test_each_kind_of_record_has_its_own_origin(tmp_path: Path) -> None:
    supply = read_supply(written(tmp_path, WHOLE))

    assert {kind: supply.of(kind).from_ for kind in KINDS} == {
        "tickets": "files", "payments": "files", "deposits": "api", "payroll": "files",
        "ledger": "api", "balances": "files", "accounts": "files", "locations": "folder",
        "orders": "files",
    }  # fmt: skip
    assert supply.taken_from("intacct_xml") == ("ledger",)
    assert supply.books.closed_through == dt.date(2026, 8, 31)


def test_without_the_file_everything_comes_from_files(tmp_path: Path) -> None:
    assert {read_supply(tmp_path).of(kind).from_ for kind in KINDS} == {"files"}


def test_the_template_without_its_comment_signs_is_whole(tmp_path: Path) -> None:
    init_workspace(tmp_path / "company")
    text = (tmp_path / "company" / SUPPLY_FILE).read_text()
    head, rest = text.split("[books]")
    opened = "[books]" + re.sub(r"(?m)^# (?=\[|\w+ *=)", "", rest)

    supply = read_supply(written(tmp_path, head + opened))

    assert {supply.of(kind).from_ for kind in KINDS} == {"api", "files", "folder"}
    assert supply.services.portico is not None
    values = json.loads(json.dumps(tomllib.loads(opened), default=str))
    jsonschema.validate(values, json.loads(stored_schema("sources")))


def test_a_secret_in_the_file_is_refused_and_not_repeated(tmp_path: Path) -> None:
    told = problems(tmp_path, WHOLE.replace('{ env = "GP_APP_KEY" }', '"hunter2-canary"'))

    assert told == [
        'services.gp_api.app_key: a secret never stands in a file; write { env = "NAME" } or '
        '{ keyring = "service/user" }'
    ]


def test_faults_come_all_at_once(tmp_path: Path) -> None:
    text = WHOLE.replace('from = "api", service = "gp_api"', 'from = "api"').replace('app_id = "APPID"', "")
    text = (
        text.replace('{ keyring = "intacct/recon" }', '{ keyring = "intacct/recon", env = "X" }')
        + 'tips = { from = "files" }\n'
    )

    told = problems(tmp_path, text)

    assert len(told) == 4
    assert any(one.startswith("services.gp_api.app_id: this field is missing") for one in told)
    assert any(one.startswith("services.intacct_xml.user_password: write either") for one in told)
    assert any('sources.deposits: from = "api" names a service' in one for one in told)
    assert any(one.startswith("sources.tips") for one in told)


def test_a_service_that_does_not_give_a_kind_is_refused_with_those_that_do(tmp_path: Path) -> None:
    told = problems(tmp_path, WHOLE.replace('deposits = { from = "api", service = "gp_api" }',
        'deposits = { from = "api", service = "portico" }\npayroll = { from = "api", service = "retail" }')
        .replace('payroll = { from = "files", folder = "registers" }', ""))  # fmt: skip

    assert len(told) == 1
    assert "sources.deposits: portico does not give deposits; gp_api does" in told[0]
    assert 'sources.payroll: retail does not give payroll; write from = "files"' in told[0]


def test_a_service_without_its_section_is_named(tmp_path: Path) -> None:
    told = problems(tmp_path, '[sources]\nledger = { from = "api", service = "intacct_rest" }\n')

    assert told == ["file: sources.ledger: [services.intacct_rest] is missing"]


@pytest.mark.parametrize("broken", ["app_key = hunter2-canary", "[[[", 'x = "hunter2-canary'])
def test_what_is_no_toml_is_told_without_its_text(tmp_path: Path, broken: str) -> None:
    told = problems(tmp_path, broken)

    assert "hunter2" not in str(told)
    assert "line 1, column" in told[0] or "at its end" in told[0]


ADDRESSES = """
[services.gp_api]
base_url = "{gp_api}"
app_id = 5
app_key = {{ env = "GP_APP_KEY" }}
[services.retail]
base_url = "{retail}"
token = {{ env = "RETAIL_TOKEN" }}
[books]
closed_through = "September"
[sources]
tickts = {{ from = "files" }}
"""


def test_addresses_and_misspelt_kinds_are_told_with_the_other_faults_in_plain_words(tmp_path: Path) -> None:
    told = problems(tmp_path, ADDRESSES.format(gp_api="apis.globalpay.com/ucp", retail="http://10.0.0.5/api"))

    assert told == [
        "books.closed_through: must be a date such as 2026-09-30",
        "services.gp_api.base_url: must read https://host/path, without a user name, ? or #",
        "services.gp_api.app_id: must be a text in quotation marks",
        "services.gp_api.app_id: must be a section with fields of its own",
        "services.retail.base_url: must begin with https://; plain http goes to this machine only",
        "sources.tickts: there is no such name; it must be tickets, payments, deposits, payroll, ledger, balances, "
        "accounts, locations or orders",
    ]


def test_a_scheme_in_capitals_is_a_scheme(tmp_path: Path) -> None:
    given = ADDRESSES.format(gp_api="HTTPS://apis.globalpay.com/ucp", retail="HTTP://127.0.0.1:8926/api")

    assert not [one for one in problems(tmp_path, given) if "base_url" in one]
