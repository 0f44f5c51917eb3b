"""What was pulled, kept for good: append-only versions of raw rows under the workspace, and how far each pull came."""
