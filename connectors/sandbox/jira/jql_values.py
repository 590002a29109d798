"""Read the values of a JQL clause as the site understands them: names to things, dates in the user's zone."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from connectors.sandbox.jira.issues import Issue
from connectors.sandbox.jira.jql import JqlError, Operand
from connectors.sandbox.jira.state import Tracker
from connectors.sandbox.jira.vocabulary import (
    CATEGORIES,
    PRIORITIES,
    RESOLUTIONS,
    STATUSES,
    TYPES,
    FieldEntry,
    account_id,
)

_PERIOD = re.compile(r"([+-]?)((?:\d+[wdhm]\s*)+)")
_DATE = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T](\d{1,2}):(\d{2}))?")
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes"}
_OPTIONS: dict[str, dict[str, str]] = {  # field -> lower-case name or id -> what an issue holds
    "status": {k: s.name for s in STATUSES.values() for k in (s.name.lower(), s.id)},
    "statusCategory": {k: key for key, (id, name, _) in CATEGORIES.items() for k in (key, name.lower(), str(id))},
    "issuetype": {k: name for name, (id, _) in TYPES.items() for k in (name.lower(), id)},
    "priority": {k: name for name, id in PRIORITIES.items() for k in (name.lower(), id)},
    "resolution": {k: name for name, id in RESOLUTIONS.items() for k in (name.lower(), id)},
}


class Values:
    """Turn operands into what issues hold. Raises JqlError for what does not exist."""

    def __init__(self, tracker: Tracker) -> None:
        self._tracker = tracker
        self.relative = False
        self._kinds: dict[str, Callable[[FieldEntry, str, Operand], Any]] = {
            "option": self._option,
            "user": self._user,
            "number": self._number,
            "date": self._date,
            "datetime": self._datetime,
            "labels": lambda _entry, _said, operand: operand.text,
            "key": lambda _entry, said, operand: self.issue(said, operand).id,
            "issue": lambda _entry, said, operand: self.issue(said, operand).id,
        }

    def value(self, entry: FieldEntry, said: str, operand: Operand) -> Any:
        """Read one operand for a field; `said` is the field's name as the query wrote it."""
        return self._kinds[entry.kind](entry, said, operand)

    def issue(self, said: str, operand: Operand) -> Issue:
        """Find the issue an operand names; what may not be seen does not exist."""
        found = self._tracker.find(operand.text)
        if found is None:
            if operand.text.isdecimal():
                raise JqlError(f"A value with ID '{operand.text}' does not exist for the field '{said}'.")
            raise JqlError(f"An issue with key '{operand.text}' does not exist for field '{said}'.")
        return found

    def _option(self, entry: FieldEntry, said: str, operand: Operand) -> str:
        wanted = operand.text.lower()
        if entry.id == "project":
            for project in self._tracker.projects.values():
                if wanted in (project.key.lower(), project.name.lower(), str(project.id)):
                    return project.key
        elif wanted in _OPTIONS[entry.id]:
            return _OPTIONS[entry.id][wanted]
        raise JqlError(f"The value '{operand.text}' does not exist for the field '{said}'.")

    def _user(self, entry: FieldEntry, said: str, operand: Operand) -> str:
        if operand.arguments is not None:
            if operand.text.lower() == "currentuser":
                return self._tracker.email
            raise JqlError(f"Unable to find JQL function '{operand.text}({', '.join(operand.arguments)})'.")
        for email in self._tracker.people:
            if operand.text in (account_id(email), email):
                return email
        raise JqlError(f"The value '{operand.text}' does not exist for the field '{said}'.")

    def _number(self, entry: FieldEntry, said: str, operand: Operand) -> float:
        try:
            return float(operand.text)
        except ValueError:
            raise JqlError(f"The value '{operand.text}' for field '{said}' is invalid: enter a number.") from None

    def _date(self, entry: FieldEntry, said: str, operand: Operand) -> Any:
        return self._datetime(entry, said, operand).astimezone(self._tracker.zone).date()

    def _datetime(self, entry: FieldEntry, said: str, operand: Operand) -> datetime:
        text = operand.text.strip()
        if operand.arguments is not None:
            return self._function(operand)
        if text.isdecimal() and len(text) > 4:
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        if period := _PERIOD.fullmatch(text):
            self.relative = True
            span = timedelta(**{_UNITS[u]: 0 for u in "wdhm"})
            for amount, unit in re.findall(r"(\d+)([wdhm])", period[2]):
                span += timedelta(**{_UNITS[unit]: int(amount)})
            return self._tracker.now().astimezone(UTC) + (-span if period[1] == "-" else span)
        if match := _DATE.fullmatch(text):
            year, month, day, hour, minute = (int(part or 0) for part in match.groups())
            try:
                return datetime(year, month, day, hour, minute, tzinfo=self._tracker.zone).astimezone(UTC)
            except ValueError:
                raise _no_date(operand, said) from None
        raise _no_date(operand, said)

    def _function(self, operand: Operand) -> datetime:
        self.relative = True
        now = self._tracker.now().astimezone(self._tracker.zone)
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        moments = {
            "now": now,
            "startofday": midnight,
            "startofweek": midnight - timedelta(days=(now.weekday() + 1) % 7),  # weeks begin on Sunday here
            "startofmonth": midnight.replace(day=1),
            "startofyear": midnight.replace(month=1, day=1),
        }
        if operand.text.lower() not in moments or operand.arguments:
            raise JqlError(f"Unable to find JQL function '{operand.text}({', '.join(operand.arguments or ())})'.")
        return moments[operand.text.lower()].astimezone(UTC)


def _no_date(operand: Operand, said: str) -> JqlError:
    return JqlError(
        f"Date value '{operand.text}' for field '{said}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', "
        "'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'."
    )
