"""Sources: downloaded files, through column profiles, as canonical frames."""

from recon.connectors.beside import BESIDE
from recon.connectors.files import read_sources
from recon.connectors.profiles import Profile, parse_profile

__all__ = ["BESIDE", "Profile", "parse_profile", "read_sources"]
