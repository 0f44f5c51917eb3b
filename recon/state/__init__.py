"""What became of each correction, decision and sign-off, kept in one database with its audit trail.

`recon.state.store` opens it, `recon.state.port` is what others see of it. Nothing is imported here: whoever only asks
whether there is a database does not load one.
"""

from __future__ import annotations
