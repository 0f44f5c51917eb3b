"""Canary secrets, each of its own: in no log at DEBUG, no traceback, no file, no page and no list of processes."""

from __future__ import annotations

import base64
import io
import os
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from random import Random
from urllib.parse import quote

import pytest
from bench.pull_campaign import ENVIRON, SURFACES
from pull_rig import PERIOD, make_workspace

from recon.sandbox.app import make_app
from recon.sandbox.faults import Fault
from recon.sandbox.serve import serving
from recon.sandbox.signing_in import services_text
from recon.sandbox.world import DEMO_ACCESS, World

OPEN = ("intacct.sender_id", "intacct.company_id", "intacct.user_id", "intacct.client_id", "gp_api.app_id",
        "retail.client_id")  # fmt: skip
CANARIES = {
    key: f"canary/{n}+Zq{n * 7919:05d} x&{key.replace('.', '')}" for n, key in enumerate(DEMO_ACCESS) if key not in OPEN
}
ENV = {key.upper().replace(".", "_"): value for key, value in CANARIES.items()}
# The shop is asked by an application, which gets tokens for its secret.
APPLICATION = f'client_id = "{DEMO_ACCESS["retail.client_id"]}"\nclient_secret = {{ env = "RETAIL_CLIENT_SECRET" }}'
# Everything that any library logs, whatever happens, with the values of the variables of each frame of a traceback.
LOUD = """
import logging, sys, traceback
logging.basicConfig(level=logging.DEBUG, stream=sys.stderr)
from recon.cli.app import app
{trouble}
try:
    app()
except SystemExit:
    raise
except BaseException as fault:
    traceback.print_exception(fault)
    sys.excepthook(*sys.exc_info())
    logging.getLogger("recon").exception("it failed")
    logging.getLogger("recon.wire").exception("it failed")
    from recon.cli.faults import exit_code_of
    sys.exit(exit_code_of(fault, as_json=True))
"""
CARRIES_THE_REQUEST = """
import recon.wire.client as client
async def fails(self, ask, *rest):
    raise RuntimeError(ask)
client.HttpWire._try = fails
"""


def toml(url: str, name: str) -> str:
    """A sources.toml of one service at the address, its secrets by the names of variables."""
    kinds = "\n".join(f'{kind} = {{ from = "api", service = "{name}" }}' for kind in SURFACES[name].kinds)
    signs_in = services_text(url, [name]).replace('token = { env = "RETAIL_TOKEN" }', APPLICATION)
    return f"[sources]\n{kinds}\n{signs_in}"


def world_of(name: str, **access: str) -> World:
    return World.of_rows(SURFACES[name].rows(Random(7), 20), access={**CANARIES, **access})


def spellings(world: World) -> Iterator[bytes]:
    """Every secret and every token that the sandbox gave out, as it may be written."""
    tokens = [row[0] for row in world.query("SELECT token FROM sessions")]
    for secret in [*CANARIES.values(), *tokens]:
        escaped = secret.replace("&", "&amp;")
        for text in (secret, quote(secret, safe=""), secret.replace(" ", "+"), escaped, secret[:14]):
            yield text.encode()
        yield base64.b64encode(secret.encode())[:-4]


def betrayed(world: World, *places: Path, said: str = "") -> list[tuple[str, bytes]]:
    """Which secrets stand where: in files, in the parts of packed ones, in what was said."""
    texts = {"what was said": said.encode()}
    for path in (path for place in places for path in place.rglob("*") if path.is_file()):
        data = path.read_bytes()
        texts[str(path)] = data
        if zipfile.is_zipfile(io.BytesIO(data)):
            with zipfile.ZipFile(io.BytesIO(data)) as packed:
                texts |= {f"{path}:{one}": packed.read(one) for one in packed.namelist()}
    found = set(spellings(world))
    return [(where, secret) for where, data in texts.items() for secret in found if secret in data]


def typed(workspace: Path, *words: str, trouble: str = "") -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **ENV, "RECON_LOG": "DEBUG", "PYTHONASYNCIODEBUG": "1"}
    command = [sys.executable, "-c", LOUD.replace("{trouble}", trouble), *words]
    done = subprocess.run(
        [*command, "--workspace", str(workspace)], capture_output=True, text=True, env=environ, timeout=120, check=False
    )
    assert "DEBUG" in done.stderr
    assert trouble or '"level": "debug"' in done.stderr  # what is asked for in trouble never reaches the wire
    return done


def prepared(folder: Path, url: str, name: str) -> Path:
    workspace = make_workspace(folder)
    (workspace / "sources.toml").write_text(toml(url, name), encoding="utf-8")
    return workspace


@pytest.mark.parametrize("name", SURFACES)
def test_no_secret_is_told_when_all_goes_well_or_signing_in_fails_or_a_fault_carries_the_request(
    name: str, tmp_path: Path
) -> None:
    assert set(ENV) <= set(ENVIRON)
    world = world_of(name)
    with serving(make_app(world)) as url:
        world.write("UPDATE intacct_account SET normalbalance = 'debit' WHERE normalbalance IS NULL")
        workspace = prepared(tmp_path / "well", url, name)
        well = typed(workspace, "pull", PERIOD)
        world.faults.switch_on(Fault("half_body", times=2))
        again = typed(workspace, "pull", PERIOD, "--fresh")
        examined = typed(workspace, "doctor", "--json")
        buggy = typed(prepared(tmp_path / "buggy", url, name), "pull", PERIOD, trouble=CARRIES_THE_REQUEST)
    strange = world_of(name, **{key: f"another {key} of this test" for key in CANARIES})
    with serving(make_app(strange)) as url:
        refused = typed(prepared(tmp_path / "refused", url, name), "pull", PERIOD)

    # 1: rows of these small books that make no deposit are told as such.
    said = [one.stderr[-600:] for one in (well, again, refused, buggy)]
    assert {well.returncode, again.returncode} <= {0, 1}, said
    assert (refused.returncode, buggy.returncode) == (3, 70), said
    assert "RuntimeError" in buggy.stderr
    for one in (well, again, examined, refused, buggy):
        assert betrayed(world, said=one.stdout + one.stderr) == []
    assert betrayed(world, tmp_path) == []
    assert betrayed(strange, tmp_path, said=refused.stdout + refused.stderr) == []


def test_no_secret_stands_in_the_list_of_processes_while_a_pull_waits(tmp_path: Path) -> None:
    world = world_of("intacct_xml")
    with serving(make_app(world)) as url:
        workspace = prepared(tmp_path / "company", url, "intacct_xml")
        world.faults.switch_on(Fault("hang", seconds=8, contains="GLDETAIL"))
        run = [sys.executable, "-c", "from recon.cli import main; main()", "pull", PERIOD]
        child = subprocess.Popen(
            [*run, "--workspace", str(workspace)], env={**os.environ, **ENV}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            while world.faults.switches:  # until the pull hangs at its ledger lines
                assert child.poll() is None
                time.sleep(0.05)
            ps = ["ps", "axww", "-o", "pid,ppid,args"]
            listed = subprocess.run(ps, capture_output=True, text=True, check=True).stdout
        finally:
            child.kill()
            child.wait()

    assert str(child.pid) in listed
    assert betrayed(world, said=listed) == []
