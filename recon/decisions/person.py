"""Who sits at the keyboard: what the system itself vouches for, never what somebody typed.

Whoever has a shell writes its environment, so no variable is believed by itself, JUPYTERHUB_USER and the address in
JUPYTERHUB_API_URL among them. The machine's user is the kernel's word. Where all servers of a JupyterHub run as one
user of the machine, the policy names the hub (`approval.hub`): then whom the hub's own API says the token belongs to
is at the keyboard.
"""

from __future__ import annotations

import os

from recon.errors import ConfigError, NotAllowed, RemoteError

TOKEN = "JUPYTERHUB_API_TOKEN"  # noqa: S105 (the name of a variable)
NAME = "JUPYTERHUB_USER"


def person(hub: str | None = None) -> str:
    """The login of the person at the keyboard: as the JupyterHub at this address says, else the machine's user.

    Raises: ConfigError where the machine does not know its user; NotAllowed where the hub does not vouch for the
        token; RemoteError where the hub does not answer.
    """
    token = os.environ.get(TOKEN, "").strip()
    return _of_hub(hub, token) if hub and token else machine_user()


def machine_user() -> str:
    """The user as whom this process runs; `uid-1234` for one without a name.

    Raises: ConfigError where the machine does not tell.
    """
    try:
        import pwd  # noqa: PLC0415 - not on Windows
    except ImportError:
        try:
            return os.getlogin()
        except OSError as cause:
            raise ConfigError("the machine does not know who you are: a decision needs a name") from cause
    number = os.getuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"uid-{number}"


def _of_hub(hub: str, token: str) -> str:
    """The user to whom the hub says that the token belongs."""
    from recon.wire import Ask  # noqa: PLC0415 - only who works in a hub asks one
    from recon.wire.client import HttpWire  # noqa: PLC0415
    from recon.wire.loop import run  # noqa: PLC0415
    from recon.wire.port import Answer  # noqa: PLC0415

    async def asked() -> Answer:
        async with HttpWire(hub, service="JupyterHub") as wire:
            return await wire.ask(Ask("GET", "/user", headers={"authorization": f"token {token}"}, wants="json"))

    answer = run(asked())
    if answer.status in (401, 403):
        raise NotAllowed(f"the JupyterHub does not know the token in {TOKEN}: start your server again", hub=hub)
    if answer.status != 200:
        raise RemoteError("the JupyterHub does not say who you are", hub=hub, status=answer.status)
    told = answer.json()
    name = told.get("name") if isinstance(told, dict) and told.get("kind") == "user" else None
    if not isinstance(name, str) or not name:
        raise NotAllowed(f"the token in {TOKEN} is no person's: nobody decides as a service of the hub", hub=hub)
    claimed = os.environ.get(NAME, "").strip()
    if claimed and claimed != name:
        raise NotAllowed(f"{NAME} says {claimed!r}, the JupyterHub says {name!r}: start your server again", hub=hub)
    return name
