"""The published contract: every frame that crosses a stage, with its dataframely schema."""

from recon.frames.blank import blank
from recon.frames.causes import CAUSE, CAUSE_NAMES, CAUSES, Cause
from recon.frames.events import CANONICAL_FRAMES, EVENT_FRAMES, complete, dimensions_in
from recon.frames.results import RESULT_FRAMES

__all__ = [
    "CANONICAL_FRAMES",
    "CAUSE",
    "CAUSES",
    "CAUSE_NAMES",
    "EVENT_FRAMES",
    "RESULT_FRAMES",
    "Cause",
    "blank",
    "complete",
    "dimensions_in",
]
