"""The matching bench: made ledgers whose truth is known, and matching measured beside what others would take."""
