"""A pull from plan to stored rows: which sources a workspace names, and what each window still lacks.

`pull` reads every window of every feed into the store, in which a killed pull goes on where it stopped, and writes
the folder that a close of the period reads.
"""

from __future__ import annotations

from recon.pulling.folder import period_folder, sources_of
from recon.pulling.model import Feed, Given, Made, Pulled, Service
from recon.pulling.pull import PullRequest, pull

__all__ = ["Feed", "Given", "Made", "PullRequest", "Pulled", "Service", "period_folder", "pull", "sources_of"]
