"""A company's folder: policy, posting rules, profiles and mappings, read and validated as one."""

from recon.workspace.init import init_workspace
from recon.workspace.load import Workspace, load_workspace
from recon.workspace.people import load_people, people_or_nobody

__all__ = ["Workspace", "init_workspace", "load_people", "load_workspace", "people_or_nobody"]
