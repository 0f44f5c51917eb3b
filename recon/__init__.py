"""What Heartland says happened against what stands in Sage Intacct, to the cent and by name."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from recon.errors import ReconError
    from recon.period import Period
    from recon.pipeline import reconcile
    from recon.run import Run, open_run

__version__ = version("recon")
__all__ = ["Period", "ReconError", "Run", "__version__", "open_run", "reconcile"]

# Read when first used, so that `import recon` and `recon --help` do not wait for the data frames.
_HOMES = {
    "Period": "recon.period",
    "ReconError": "recon.errors",
    "Run": "recon.run",
    "open_run": "recon.run",
    "reconcile": "recon.pipeline",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module 'recon' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
