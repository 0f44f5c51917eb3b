"""The sandbox as one ASGI application: every surface, and the admin's routes beside them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from recon.errors import ConfigError
from recon.sandbox import gp_api, intacct_rest, intacct_xml, portico, retail
from recon.sandbox.disturb import ADMIN, Calls, Door
from recon.sandbox.faults import HAD_BY, KINDS, Fault, check_reach, made_fault
from recon.sandbox.world import World

Surface = Callable[[World], list[BaseRoute]]
MOUNTS = {
    "Intacct XML gateway": "/ia/xml/xmlgw.phtml",
    "Intacct REST": "/ia/api/v1",
    "GP-API": "/ucp",
    "Portico": "/Hps.Exchange.PosGateway/PosGatewayService.asmx",
    "Heartland Retail": "/api",
    "sandbox admin": ADMIN,
}
SURFACES: tuple[Surface, ...] = (
    intacct_xml.routes,
    intacct_rest.routes,
    gp_api.routes,
    portico.routes,
    retail.routes,
)


def make_app(world: World, surfaces: Sequence[Surface] = SURFACES) -> Starlette:
    """The surfaces over one world, with the admin's routes under /_sandbox.

    Raises: ConfigError if rows were given for a table that no surface holds.
    """
    routes = [route for surface in surfaces for route in surface(world)]
    if world.unheld():
        raise ConfigError("no surface of the sandbox holds these tables", tables=", ".join(world.unheld()))
    calls = Calls()
    app = Starlette(routes=[*routes, *_admin(world, calls)], middleware=[Middleware(Door, world=world, calls=calls)])
    app.state.world, app.state.calls = world, calls
    return app


def _admin(world: World, calls: Calls) -> list[BaseRoute]:
    every: list[tuple[str, Callable[..., Any], list[str]]] = [
        ("/faults", _faults, ["GET", "POST", "DELETE"]),
        ("/clock", _clock, ["GET", "POST"]),
        ("/sessions", _sessions, ["DELETE"]),
        ("/rows/{table}", _rows, ["GET", "POST", "DELETE"]),
        ("/churn/{table}", _churn, ["POST"]),
    ]
    routes: list[BaseRoute] = [Route(ADMIN + path, partial(done, world), methods=how) for path, done, how in every]
    return [*routes, Route(ADMIN + "/calls", partial(_calls, calls), methods=["GET", "DELETE"])]


async def _faults(world: World, request: Request) -> JSONResponse:
    if request.method == "DELETE":
        world.faults.clear()
    if request.method == "POST":
        try:
            fault = made_fault(await request.json())
            check_reach(fault, fault.path)
            if fault.name == "churn":
                world.check_churn(fault.table)
            world.faults.switch_on(fault)
        except (ConfigError, json.JSONDecodeError) as wrong:
            return JSONResponse({"error": str(wrong)}, 400)
    return JSONResponse(
        {"on": [vars(one) for one in world.faults.switches], "known": dict(KINDS), "had_by": dict(HAD_BY)}
    )


async def _clock(world: World, request: Request) -> JSONResponse:
    if request.method == "POST":
        world.clock.move(dt.timedelta(seconds=float((await request.json())["seconds"])))
    return JSONResponse({"now": world.clock.now().isoformat(), "skew_seconds": world.clock.skew.total_seconds()})


async def _sessions(world: World, request: Request) -> JSONResponse:
    return JSONResponse({"ended": world.end_sessions(request.query_params.get("kind", ""))})


async def _rows(world: World, request: Request) -> JSONResponse:
    """Count, add (a list of rows) or delete (a list of keys) the rows of one table."""
    table = world.tables.get(request.path_params["table"])
    if table is None:
        return JSONResponse({"error": "no such table", "tables": sorted(world.tables)}, 404)
    changed = 0
    try:
        if request.method == "POST":
            changed = world.insert(table.name, await request.json())
        if request.method == "DELETE":
            for key in await request.json():
                changed += world.write(f"DELETE FROM {table.name} WHERE {table.key} = ?", (key,))  # noqa: S608
    except ConfigError as fault:
        return JSONResponse({"error": str(fault)}, 400)
    count = world.one(f"SELECT count(*) FROM {table.name}")  # noqa: S608
    return JSONResponse({"table": table.name, "rows": count[0] if count else 0, "changed": changed})


async def _churn(world: World, request: Request) -> JSONResponse:
    """Add and take away some units of a table, as `insert`, `delete` and `seed` say."""
    facts = {"name": "churn", "table": request.path_params["table"], **(await request.json())}
    try:
        fault: Fault = made_fault(facts)
    except ConfigError as wrong:
        return JSONResponse({"error": str(wrong)}, 400)
    if fault.table not in world.tables:
        return JSONResponse({"error": "no such table", "tables": sorted(world.tables)}, 404)
    try:
        added, gone = world.churn(fault.table, insert=fault.insert, delete=fault.delete, seed=fault.seed)
    except ConfigError as wrong:
        return JSONResponse({"error": str(wrong)}, 400)
    return JSONResponse({"added": added, "gone": gone})


async def _calls(calls: Calls, request: Request) -> JSONResponse:
    if request.method == "DELETE":
        calls.count, calls.most_in_flight = 0, calls.in_flight
        calls.last.clear()
    last = [{"at": at, "method": method, "path": path, "status": status} for at, method, path, status in calls.last]
    return JSONResponse({"count": calls.count, "most_in_flight": calls.most_in_flight, "last": last})
