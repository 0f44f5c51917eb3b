"""What was pulled, kept for good: append-only versions of raw rows under the workspace, and how far each pull came.

Pages of a window are kept with their cursor as they arrive (`reading`); a window that was read in whole becomes
versions (`versions`): what is new, different or gone. Nothing that was seen is ever overwritten.
"""

from __future__ import annotations

from recon.store.changes import SourceChanges, Whereabouts, changes_in_closed_books
from recon.store.content import content_digest, content_digests, content_text, content_texts, row_of
from recon.store.port import Dated, Lasting, NamesMany, Page, Placed, Source, Spare, Window, ids_of
from recon.store.reading import Kept
from recon.store.versions import Appended, Circumstance, SourceStore

__all__ = [
    "Appended",
    "Circumstance",
    "Dated",
    "Kept",
    "Lasting",
    "NamesMany",
    "Page",
    "Placed",
    "Source",
    "SourceChanges",
    "SourceStore",
    "Spare",
    "Whereabouts",
    "Window",
    "changes_in_closed_books",
    "content_digest",
    "content_digests",
    "content_text",
    "content_texts",
    "ids_of",
    "row_of",
]
