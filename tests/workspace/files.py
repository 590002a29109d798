"""A small workspace as files, to be changed line by line by a test."""

from __future__ import annotations

from pathlib import Path

from hub.workspace import Declaration, read_workspace

HUB = """\
workspace: Acme
time_zone: Europe/Berlin
connections:
  jira-main:
    kind: jira
    base_url: "${JIRA_URL}"
    email: hub@acme.test
    token: "${JIRA_TOKEN}"
    every: 15 minutes
    allow_private: [127.0.0.0/8]
channels:
  okrs: {kind: slack, name: "#okrs", webhook_url: "${SLACK_URL}"}
routes:
  - {to: okrs, team: payments}
policy: {on_track: 70%, at_risk: 40%, hold: 1 hour}
"""
OKRS = """\
cycles:
  q4: {starts: 2026-10-01, ends: 2026-12-31}
people:
  mira@acme.test: Mira
teams:
  payments: {name: Payments, lead: mira@acme.test}
objectives:
  - objective: pay
    title: Customers pay the first time
    team: payments
    cycle: q4
    owner: mira@acme.test
    key_results:
      - key_result: merchants
        title: 40 merchants live
        kind: reach
        target: 40
        unit: merchants
      - key_result: failed
        title: Failed payments down to 1.2 %
        kind: decrease
        baseline: 2.4
        target: 1.2
        unit: "%"
        check_ins:
          - {on: 2026-10-08, value: 2.4, by: mira@acme.test, confidence: 6}
          - {on: 2026-11-19, value: 2.3, by: mira@acme.test, note: One acquirer declines}
"""
MAPPINGS = """\
mappings:
  - key_result: pay/merchants
    owner: mira@acme.test
    from: jira-main
    select: project = PAY
    where:
      - state: done
    measure: count
    examples:
      - says: what is done counts
        items: [{state: done}, {state: todo}]
        gives: 1
"""
FILES = {"hub.yaml": HUB, "okrs/company.yaml": OKRS, "mappings/pay.yaml": MAPPINGS}


def write(folder: Path, *changes: tuple[str, str, str], **more: str) -> Path:
    """Write the workspace with some texts replaced, as (file, old, new), and files added by their path."""
    files = dict(FILES)
    for name, old, new in changes:
        assert files[name].count(old) >= 1, f"{old!r} is not in {name}"
        files[name] = files[name].replace(old, new, 1)
    files.update(more)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def declared(folder: Path, *changes: tuple[str, str, str], **more: str) -> Declaration:
    """Write the workspace and return what it declares."""
    reading = read_workspace(write(folder, *changes, **more))
    assert reading.declaration is not None, [str(problem) for problem in reading.problems]
    return reading.declaration
