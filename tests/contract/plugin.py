"""Puts the recorder where exchanges pass, judges them when the tests are over, and says what came of it."""

from __future__ import annotations

from collections import Counter
from typing import Any

import werkzeug.test
from requests import PreparedRequest

from connectors.sandbox import server
from connectors.wire import WireAdapter
from tests.contract.exchanges import Recorder
from tests.contract.judgement import SPECIFICATIONS, Judge, Judged

recorder = Recorder()
found = Judged()


def install() -> None:
    """Note every exchange with a simulated tool, and every request to a vendor's own address."""
    begin, run, send = server.Server.__init__, werkzeug.test.Client.run_wsgi_app, WireAdapter._try

    def begin_noting(self: server.Server, app: Any, host: str, port: int) -> None:
        begin(self, recorder.around(app) if _is_simulated(app) else app, host, port)

    def run_noting(self: werkzeug.test.Client, environ: Any, buffered: bool = False) -> Any:
        if not _is_simulated(self.application):
            return run(self, environ, buffered)
        true, self.application = self.application, recorder.around(self.application)
        try:
            return run(self, environ, buffered)
        finally:
            self.application = true

    def send_noting(self: WireAdapter, request: PreparedRequest, **more: Any) -> Any:
        recorder.asked(request.method or "", request.url or "", request.headers.get("Content-Type", ""), request.body)
        return send(self, request, **more)

    server.Server.__init__ = begin_noting  # type: ignore[method-assign]
    werkzeug.test.Client.run_wsgi_app = run_noting  # type: ignore[method-assign]
    WireAdapter._try = send_noting  # type: ignore[assignment, method-assign]


def _is_simulated(app: Any) -> bool:
    return type(app).__module__.startswith("connectors.sandbox")


def judge() -> dict[str, Any]:
    """Judge what this process noted."""
    if not SPECIFICATIONS.is_dir():
        return {"counts": {}, "problems": []}
    judged = Judge().judge(recorder.kept.values())
    judged.counts.update({f"all {name}": number for name, number in recorder.counts.items()})
    return judged.as_data()


def tell(reporter: Any) -> None:
    """Say what was checked, what was not and why, and what is wrong."""
    if not SPECIFICATIONS.is_dir():
        reporter.line("contract: no copies of the vendors' specifications beside the project, so nothing was checked")
        return
    if not found.counts:
        return
    reporter.section("the vendors' specifications: exchanges by shape")
    for name, number in sorted(found.counts.items()):
        reporter.line(f"{number:>8,}  {name}")
    for problem, number in sorted(Counter(found.problems).items()):
        reporter.line(f"WRONG: {problem}" + (f" ({number} shapes)" if number > 1 else ""), red=True)
