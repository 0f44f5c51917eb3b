"""`recon sandbox`: look-alikes of the vendors' interfaces over the demo company, for this machine alone."""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from recon.sandbox import DEFAULT_PORT

if TYPE_CHECKING:
    from recon.sandbox.serve import Certificate


def sandbox(
    *,
    host: Annotated[str, typer.Option(help="Address of this machine: 127.0.0.1, ::1 or localhost.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes any free port.")] = DEFAULT_PORT,
    tls: Annotated[bool, typer.Option("--tls", help="Serve HTTPS under an authority of its own.")] = False,
    tls_folder: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where --tls writes ca.pem (default: a folder that goes with it).", file_okay=False
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Keep the state in this file (default: forget it at the end).", dir_okay=False
        ),
    ] = None,
    period: Annotated[
        str | None, typer.Option(help="Month of the demo company, YYYY-MM (default: as the state has it, or 2026-09).")
    ] = None,
    stores: Annotated[
        int | None,
        typer.Option(min=3, max=40, help="Stores of the demo company (default: as the state has it, or 10)."),
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Another seed makes another month.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Tell what is served as one line of JSON.")] = False,
) -> None:
    """Serve look-alikes of GP-API, Portico, Heartland Retail and Intacct on loopback, until interrupted."""
    from recon.sandbox.app import make_app  # noqa: PLC0415
    from recon.sandbox.serve import bound, server_of, url_of  # noqa: PLC0415
    from recon.sandbox.world import World  # noqa: PLC0415

    listener = bound(host, port)
    with contextlib.closing(listener), _certificate(tls_folder, wanted=tls or tls_folder is not None) as certificate:
        world = World.of_demo(period=period, seed=seed, stores=stores, file=state)
        with contextlib.closing(world):
            app = make_app(world)
            facts = _facts(url_of(listener, tls=certificate is not None), world.access, certificate)
            typer.echo(json.dumps(facts) if as_json else _words(facts, str(world.demo)))
            with contextlib.suppress(KeyboardInterrupt):
                server_of(app, certificate).run(sockets=[listener])


@contextlib.contextmanager
def _certificate(folder: Path | None, *, wanted: bool) -> Iterator[Certificate | None]:
    if not wanted:
        yield None
        return
    from recon.sandbox.authority import make_certificate  # noqa: PLC0415
    from recon.sandbox.world import utc_now  # noqa: PLC0415

    if folder is not None:
        yield make_certificate(folder, utc_now())
        return
    with tempfile.TemporaryDirectory(prefix="recon-sandbox-") as scratch:
        yield make_certificate(Path(scratch), utc_now())


def _facts(url: str, access: Mapping[str, str], certificate: Certificate | None) -> dict[str, Any]:
    from recon.sandbox.app import MOUNTS  # noqa: PLC0415

    served = {name: url + path for name, path in MOUNTS.items()}
    ca_file = str(certificate.authority.resolve()) if certificate else None
    return {"url": url, "serves": served, "access": dict(access), "ca_file": ca_file}


def _words(facts: dict[str, Any], what: str) -> str:
    lines = [f"The sandbox serves the demo company ({what}) to this machine only:", ""]
    lines += [f"  {name:<20} {url}" for name, url in facts["serves"].items()]
    lines += ["", "Who signs in says:", ""]
    lines += [f"  {name:<24} {value}" for name, value in sorted(facts["access"].items())]
    if facts["ca_file"]:
        lines += ["", f"Trust this authority while it runs: {facts['ca_file']}"]
    return "\n".join([*lines, "", "Stop it with Ctrl-C."])
