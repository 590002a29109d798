"""The workspace: the folder of files that an admin edits, read with every problem at its place. Touches no store."""

from hub.workspace.declaration import Declaration, DeclaredKeyResult
from hub.workspace.folder import read_workspace

__all__ = ["Declaration", "DeclaredKeyResult", "read_workspace"]
