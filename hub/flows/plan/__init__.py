"""Plan and apply: from the files of a workspace to the store, and what that would change beforehand."""

from hub.flows.plan.apply import Applied, NotAdopted, apply, plan
from hub.flows.plan.diff import Change
from hub.flows.plan.outlook import Outlook

__all__ = ["Applied", "Change", "NotAdopted", "Outlook", "apply", "plan"]
