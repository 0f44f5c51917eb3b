"""A JupyterHub look-alike on loopback, as far as it vouches for people: whose token is it?"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from recon.sandbox.serve import serving

NOBODY = {"status": 403, "message": "Forbidden"}


def token_of(name: str) -> str:
    """The token of the person's server."""
    return f"token-of-{name}"


def at_the_hub(name: str) -> dict[str, str]:
    """The environment of a person's server, as a JupyterHub sets it."""
    return {"JUPYTERHUB_USER": name, "JUPYTERHUB_API_TOKEN": token_of(name)}


@contextlib.contextmanager
def hub_of(*people: str, services: tuple[str, ...] = ()) -> Iterator[str]:
    """The address of the API of a hub that knows these people, and these services."""
    known: Mapping[str, dict[str, str]] = {
        **{token_of(name): {"kind": "user", "name": name} for name in people},
        **{token_of(name): {"kind": "service", "name": name} for name in services},
    }

    async def user(request: Request) -> JSONResponse:
        found = known.get(request.headers.get("authorization", "").removeprefix("token "))
        return JSONResponse(found or NOBODY, 200 if found else 403)

    with serving(Starlette(routes=[Route("/hub/api/user", user)])) as url:
        yield f"{url}/hub/api"
