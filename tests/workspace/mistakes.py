"""One mistake each in the files of a workspace, and the line that lint says of it."""

from __future__ import annotations

import pytest

HUB, OKRS, MAPPINGS = "hub.yaml", "okrs/company.yaml", "mappings/pay.yaml"
Change = tuple[str, str, str]

ONE_PROBLEM = [
    pytest.param(
        (HUB, "time_zone:", "time_zon:"),
        "hub.yaml:2:1  unknown field 'time_zon' (did you mean 'time_zone'?)  [unknown-field]",
        id="a setting of the hub that does not exist",
    ),
    pytest.param(
        (HUB, "every: 15 minutes", "every: 15 minutes\n    evry: 1 hour"),
        "hub.yaml:10:5  unknown setting 'evry' (did you mean 'every'?)  [unknown-field]",
        id="a setting of a connection that does not exist",
    ),
    pytest.param(
        (HUB, '"${JIRA_URL}"', "ftp://acme.atlassian.net"),
        "hub.yaml:6:15  base_url is not a web address: it must start with https:// and name a host  [address]",
        id="an address that is no web address",
    ),
    pytest.param(
        (HUB, '"${JIRA_URL}"', "https://bot:secret@acme.atlassian.net"),
        "hub.yaml:6:15  base_url is not a web address: it must not carry a user name or a password  [address]",
        id="a password in an address",
    ),
    pytest.param(
        (HUB, '"${JIRA_URL}"', "acme.atlassian.net"),
        "hub.yaml:6:15  base_url is not a web address: it must start with https:// and name a host  [address]",
        id="an address without https",
    ),
    pytest.param(
        (HUB, '"${JIRA_URL}"', "https://acme.atlassian.net:https/"),
        "hub.yaml:6:15  base_url is not a web address: it is not a URL  [address]",
        id="an address with a port that is none",
    ),
    pytest.param(
        (HUB, "team: payments", "team: paymnets"),
        "hub.yaml:14:22  there is no team 'paymnets' (did you mean 'payments'?)  [unknown-team]",
        id="a team in a route",
    ),
    pytest.param(
        (HUB, "to: okrs", "to: okr"),
        "hub.yaml:14:10  there is no channel 'okr' (did you mean 'okrs'?)  [unknown-channel]",
        id="a channel in a route",
    ),
    pytest.param(
        (HUB, "team: payments", "objective: pya"),
        "hub.yaml:14:27  there is no objective 'pya' (did you mean 'pay'?)  [unknown-objective]",
        id="an objective in a route",
    ),
    pytest.param(
        (HUB, "team: payments", "key_result: pay/merchant"),
        "hub.yaml:14:28  there is no key result 'pay/merchant' (did you mean 'pay/merchants'?)  [unknown-key-result]",
        id="a key result in a route",
    ),
    pytest.param(
        (HUB, "team: payments", "becomes: at_rsk"),
        "hub.yaml:14:25  'at_rsk' is not one of on_track, at_risk, off_track, achieved, missed "
        "(did you mean 'at_risk'?)  [unknown-word]",
        id="a status in a route",
    ),
    pytest.param(
        (OKRS, "    cycle: q4", "    cycle: q5"),
        "okrs/company.yaml:11:12  there is no cycle 'q5'  [unknown-cycle]",
        id="a cycle",
    ),
    pytest.param(
        (OKRS, "    team: payments", "    team: payment"),
        "okrs/company.yaml:10:11  there is no team 'payment' (did you mean 'payments'?)  [unknown-team]",
        id="a team of an objective",
    ),
    pytest.param(
        (OKRS, "lead: mira@acme.test}", "parent: company}"),
        "okrs/company.yaml:6:38  there is no team 'company'  [unknown-team]",
        id="a team above a team",
    ),
    pytest.param(
        (OKRS, "    cycle: q4", "    cycle: q4\n    supports: pya"),
        "okrs/company.yaml:12:15  there is no objective 'pya' (did you mean 'pay'?)  [unknown-objective]",
        id="an objective that is supported",
    ),
    pytest.param(
        (OKRS, "    cycle: q4", "    cycle: q4\n    supports: pay"),
        "okrs/company.yaml:12:15  objectives support each other in a circle: pay > pay  [circle]",
        id="a circle of alignment",
    ),
    pytest.param(
        (OKRS, "teams:\n", "teams:\n  a: {name: A, parent: b}\n  b: {name: B, parent: a}\n"),
        "okrs/company.yaml:6:24  teams stand above each other in a circle: a > b > a  [circle]",
        id="a circle of teams",
    ),
    pytest.param(
        (HUB, '"${JIRA_TOKEN}"', "hunter2-hunter2"),
        "hub.yaml:8:12  token is a secret: write ${JIRA_MAIN_TOKEN} and set it in the environment  [secret-in-file]",
        id="a secret in the file is not repeated in the message",
    ),
    pytest.param(
        (HUB, '"${JIRA_TOKEN}"', '"x${JIRA_TOKEN}"'),
        "hub.yaml:8:12  token is a secret: write ${JIRA_MAIN_TOKEN} and set it in the environment  [secret-in-file]",
        id="a secret beside a reference",
    ),
    pytest.param(
        (HUB, "15 minutes", "15 minuts"),
        "hub.yaml:9:12  '15 minuts' is not a duration: write 15 minutes, 1 hour or 7 days  [duration]",
        id="an interval",
    ),
    pytest.param(
        (HUB, "15 minutes", "30 seconds"),
        "hub.yaml:9:12  the shortest interval is 1 minute  [duration]",
        id="an interval that is too short",
    ),
    pytest.param(
        (HUB, "hold: 1 hour", "hold: an hour"),
        "hub.yaml:15:45  'an hour' is not a duration: write 15 minutes, 1 hour or 7 days  [duration]",
        id="a hold time",
    ),
    pytest.param(
        (HUB, "Europe/Berlin", "Europe/Berln"),
        "hub.yaml:2:12  'Europe/Berln' is not a time zone: write one such as Europe/Berlin  [time-zone]",
        id="a time zone",
    ),
    pytest.param(
        (HUB, "at_risk: 40%", "at_risk: 80%"),
        "hub.yaml:15:25  at_risk lies above on_track: a status could be neither  [policy]",
        id="thresholds in the wrong order",
    ),
    pytest.param(
        (HUB, "[127.0.0.0/8]", "[127.0.0.0/8, 10.x]"),
        "hub.yaml:10:34  '10.x' is not a network such as 10.1.0.0/16  [network]",
        id="a network",
    ),
    pytest.param(
        (HUB, "kind: jira", "kind: slack"),
        "hub.yaml:5:11  Slack cannot be read  [wrong-kind]",
        id="a tool that cannot be read",
    ),
    pytest.param(
        (HUB, "kind: slack", "kind: jira"),
        "hub.yaml:12:16  Jira cannot be told  [wrong-kind]",
        id="a tool that cannot be told",
    ),
    pytest.param(
        (OKRS, "starts: 2026-10-01", "starts: 2026-13-01"),
        "okrs/company.yaml:2:16  there is no 2026-13-01 in the calendar  [date]",
        id="a date that does not exist",
    ),
    pytest.param(
        (OKRS, "starts: 2026-10-01", "starts: 1 October"),
        "okrs/company.yaml:2:16  '1 October' is not a date: write it as 2026-10-31  [date]",
        id="a date in words",
    ),
    pytest.param(
        (OKRS, "ends: 2026-12-31", "ends: 2026-09-30"),
        "okrs/company.yaml:2:28  the cycle ends before it starts  [dates]",
        id="a cycle that ends before it starts",
    ),
    pytest.param(
        (OKRS, "target: 40", "target: 0"),
        "okrs/company.yaml:14:21  baseline and target are the same: there is nothing to travel  [goal]",
        id="baseline and target are the same",
    ),
    pytest.param(
        (OKRS, "baseline: 2.4", "baseline: 1.1"),
        "okrs/company.yaml:19:21  the target of a decrease lies below its baseline (or use kind: increase)  [goal]",
        id="a decrease that goes up",
    ),
    pytest.param(
        (OKRS, "        target: 40", "        target: 40\n        starts: 2026-12-31\n        due: 2026-10-01"),
        "okrs/company.yaml:14:21  the due date is before the start  [goal]",
        id="due before the start",
    ),
    pytest.param(
        (OKRS, "kind: reach", "kind: reaches"),
        "okrs/company.yaml:16:15  'reaches' is not one of reach, increase, decrease, stay_below, stay_above, range, "
        "milestones, baseline (did you mean 'reach'?)  [unknown-word]",
        id="a kind of key result",
    ),
    pytest.param(
        (OKRS, "{on: 2026-11-19", "{on: 2026-10-08"),
        "okrs/company.yaml:27:18  there is a check-in for 2026-10-08 already  [duplicate]",
        id="two check-ins on a day",
    ),
    pytest.param(
        (OKRS, "unit: merchants", "unit: merchants\n        check_ins: [{on: 2026-10-08, value: 3}]"),
        "okrs/company.yaml:19:45  the value comes from a mapping: a check-in here may carry a note alone  [two-values]",
        id="a value from a mapping and by hand",
    ),
    pytest.param(
        (OKRS, "title: 40 merchants live", "title: ''"),
        "okrs/company.yaml:15:16  an empty text says nothing here: fill it in, or leave the line out  [empty]",
        id="an empty title",
    ),
    pytest.param(
        (OKRS, "baseline: 2.4", "baseline: 2,4"),
        "okrs/company.yaml:22:19  '2,4' is not a number: write 2.4  [wrong-type]",
        id="a decimal comma",
    ),
    pytest.param(
        (OKRS, "{on: 2026-10-08, value: 2.4,", "{on: 2026-10-08, value: 2,4,"),
        "okrs/company.yaml:26:37  the comma splits the number 2,4 in two: write 2.4  [decimal-comma]",
        id="a decimal comma between braces",
    ),
    pytest.param(
        (OKRS, "        target: 1.2", "        target: 1.2\n        phased_targets: {2026-11-15: 1,8}"),
        "okrs/company.yaml:24:38  the comma splits the number 1,8 in two: write 1.8  [decimal-comma]",
        id="a decimal comma in a phased target",
    ),
    pytest.param(
        (OKRS, "target: 40", "target: 1,000"),
        "okrs/company.yaml:17:17  '1,000' is not a number: write 1000, or 1.0 where the comma is a decimal one  "
        "[wrong-type]",
        id="a comma that may part thousands",
    ),
    pytest.param(
        (OKRS, "target: 40", "target: 1.000.000"),
        "okrs/company.yaml:17:17  '1.000.000' is not a number: write 1000000  [wrong-type]",
        id="points that part thousands",
    ),
    pytest.param(
        (OKRS, "target: 1.2", "target: 1,2 %"),
        "okrs/company.yaml:23:17  '1,2 %' is not a number: write 1.2  [wrong-type]",
        id="a number with its unit",
    ),
    pytest.param(
        (MAPPINGS, "measure: count", "measure: count\n    guard:\n      max_drop: 40,5%"),
        "mappings/pay.yaml:10:17  '40,5%' is not a percentage such as 40% (did you mean '40.5%'?)  [percentage]",
        id="a decimal comma in a percentage",
    ),
    pytest.param(
        (MAPPINGS, "measure: count", "measure: count\n    guard: {max_drop: 0.4}"),
        "mappings/pay.yaml:9:23  '0.4' is not a percentage such as 40% (did you mean '40%'?)  [percentage]",
        id="a share where a percentage is wanted",
    ),
    pytest.param(
        (MAPPINGS, "from: jira-main", "from: jira"),
        "mappings/pay.yaml:4:11  there is no connection 'jira': there are jira-main (jira) "
        "(did you mean 'jira-main'?)  [unknown-connection]",
        id="a connection of a mapping",
    ),
    pytest.param(
        (MAPPINGS, "- state: done\n", "- stat: done\n"),
        "mappings/pay.yaml:7:9  unknown field 'stat' (did you mean 'state'?)  [unknown-field]",
        id="a field of a mapping",
    ),
]
