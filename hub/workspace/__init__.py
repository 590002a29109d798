"""The workspace: the folder of files that an admin edits, read with every problem at its place. Touches no store."""

from hub.workspace.folder import Declaration, DeclaredKeyResult, read_workspace

__all__ = ["Declaration", "DeclaredKeyResult", "read_workspace"]
