"""Write back: the progress of a key result is told beside the work, where its rule says so."""

from hub.flows.write_back.flow import Written, write_back
from hub.flows.write_back.note import write_note

__all__ = ["Written", "write_back", "write_note"]
