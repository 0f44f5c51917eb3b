"""Who sits at the keyboard."""

from __future__ import annotations

import getpass
import os

from recon.errors import ConfigError


def person() -> str:
    """The person at the keyboard: the user of the JupyterHub, else of the machine; nobody types a name.

    Raises: ConfigError where the machine does not know its user.
    """
    hub = os.environ.get("JUPYTERHUB_USER")
    if hub:
        return hub
    try:
        import pwd  # noqa: PLC0415 - not on Windows

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        pass
    try:
        return getpass.getuser()
    except (OSError, KeyError) as cause:
        raise ConfigError("the machine does not know who you are: a decision needs a name") from cause
