"""What is wrong between a workspace and the systems that it names, each in a sentence with its mend."""

from __future__ import annotations

from recon.doctor.examine import Patient, examine
from recon.doctor.findings import Finding, summed_up

__all__ = ["Finding", "Patient", "examine", "summed_up"]
