"""How days and times are said on a page, in the workspace's zone."""

from __future__ import annotations

from datetime import date, datetime, timedelta, tzinfo


def say_day(day: date) -> str:
    """Say a day of the current year: "18 Nov"."""
    return f"{day.day} {day:%b}"


def say_long_day(day: date) -> str:
    """Say a day in full: "Wednesday 18 November"."""
    return f"{day:%A} {day.day} {day:%B}"


def say_moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say when something happened: "today 09:28", "Wed 18 Nov", "18 Nov 2025"."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"today {local:%H:%M}"
    if local.date() == today.date() - timedelta(days=1):
        return f"yesterday {local:%H:%M}"
    if local.year == today.year or today - local < timedelta(days=180):
        return f"{local:%a} {say_day(local.date())}"
    return f"{say_day(local.date())} {local.year}"


def say_since(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say since when a state lasts: "09:12" today, "Thu 18:40" this week, "12 Nov" before."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M}"
    if today - local < timedelta(days=6):
        return f"{local:%a %H:%M}"
    return say_day(local.date())


def say_when(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say when something happened, within a sentence: "at 09:12" today, "on 12 Nov" before."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    return f"at {local:%H:%M}" if local.date() == today.date() else f"on {say_day(local.date())}"


def say_weekday(at: datetime, now: datetime, zone: tzinfo) -> str:
    """Say a day of the last week by its name, an earlier one by its date."""
    local, today = at.astimezone(zone), now.astimezone(zone)
    if local.date() == today.date():
        return f"{local:%H:%M} today"
    return f"{local:%A}" if today - local < timedelta(days=6) else say_day(local.date())
