"""How a browser is named in a list of sessions: enough to tell one's own apart."""

from __future__ import annotations

# In this order: most browsers also claim to be those they descend from.
BROWSERS = (("Edg/", "Edge"), ("OPR/", "Opera"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def name_browser(agent: str) -> str:
    """Return such as "Firefox on Linux" for a User-Agent; its first word where it is no known browser."""
    browser = next((name for mark, name in BROWSERS if mark in agent), "")
    system = next((name for mark, name in SYSTEMS if mark in agent), "")
    if browser:
        return f"{browser} on {system}" if system else browser
    return agent.split(" ", 1)[0][:40] or "An unknown browser"
