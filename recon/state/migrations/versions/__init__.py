"""The steps, oldest first by `down_revision`; a step that was released is never changed."""

from __future__ import annotations
