"""What nobody foresaw: it ends the rule, the selection or the read that met it, and nothing else."""

from __future__ import annotations

import traceback

from connectors.errors import ConnectorError
from hub.flows.sync.intake import LeaseLost
from hub.log import logger
from hub.store import Store, counts
from hub.store.engine import why_away

COUNTED = "defects"  # the counter, by connection


class Defect(ConnectorError):
    """A failure that nobody foresaw, as a problem like any other; what was raised is its cause."""


def defect_of(problem: Exception, store: Store, slug: str, what: str) -> Defect:
    """Log and count what nobody foresaw, and return it as a problem of `what`, such as "the selection PAY".

    Raises it instead where it is none: the database is away, or another reader has taken over.
    """
    if isinstance(problem, Defect):
        return problem
    if isinstance(problem, LeaseLost) or why_away(problem):
        raise problem
    name = type(problem).__name__
    # As text, here: no logger, however it is set up, shows the values of variables then.
    told = "".join(traceback.format_exception(problem))
    logger("sync").error("a failure that nobody foresaw", connection=slug, at=what, problem=name, exception=told)
    with store.write() as tx:
        counts.count(tx, COUNTED, slug)
    defect = Defect(
        f"the hub failed over {what} ({name}), which is a defect of the hub",
        hint="the log holds the details; it is tried again at the next read",
    )
    defect.__cause__ = problem
    return defect
