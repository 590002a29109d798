"""Which gid a custom field has. Names are people's, change, and may be shared; gids stay.

https://developers.asana.com/docs/custom-fields-guide
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from connectors.asana import answers
from connectors.asana.answers import CustomField
from connectors.asana.calls import Calls
from connectors.asana.items import CARRIED, POINTS
from connectors.asana.queries import GID
from connectors.errors import Misconfigured

_POINTS_NAMES = frozenset({"story points", "story point estimate", "points"})
_OPTIONS = "custom_field.name,custom_field.type"


def of_project(calls: Calls, gid: str) -> list[CustomField]:
    """Return the custom fields of a project."""
    pages = calls.pages(
        answers.setting_page, f"custom fields of project {gid}", "CustomFieldSettingsApi",
        "get_custom_field_settings_for_project", gid, opt_fields=_OPTIONS,
    )  # fmt: skip
    return [setting.custom_field for page in pages for setting in page.data]


def of_workspace(calls: Calls, gid: str) -> list[CustomField]:
    """Return the custom fields that a workspace's projects share."""
    pages = calls.pages(
        answers.field_page, f"custom fields of workspace {gid}", "CustomFieldsApi", "get_custom_fields_for_workspace",
        gid, opt_fields="name,type",
    )  # fmt: skip
    return [field for page in pages for field in page.data]


def field_gids(names: Iterable[str], points_field: str, places: Sequence[Sequence[CustomField]]) -> dict[str, str]:
    """Return the gid of each name; where several `places` each have a field of it, their gids with commas between.

    Raises Misconfigured when a name is unknown everywhere (with a suggestion) or stands for two fields in one place.
    """
    found: dict[str, str] = {}
    for name in sorted(names):
        if name in CARRIED:
            found[name] = name
            continue
        wanted = points_field if name == POINTS and points_field else name
        if GID.fullmatch(wanted):
            found[name] = wanted
            continue
        gids = sorted({gid for place in places for gid in _in_one(name, wanted, place)})
        if not gids:
            raise _unknown(name, wanted, places)
        found[name] = ",".join(gids)
    return found


def needs_asking(names: Iterable[str], points_field: str) -> bool:
    """Say whether some name can only be understood by asking which custom fields there are."""
    wanted = [points_field if name == POINTS and points_field else name for name in names]
    return any(name not in CARRIED and not GID.fullmatch(name) for name in wanted)


def _in_one(name: str, wanted: str, place: Sequence[CustomField]) -> list[str]:
    if wanted == POINTS:
        alike = [field for field in place if field.type == "number" and _name(field).casefold() in _POINTS_NAMES]
    else:
        same = [field for field in place if field.name == wanted]
        alike = same or [field for field in place if _name(field).casefold() == wanted.casefold()]
    if len(alike) > 1:
        raise Misconfigured(
            f"asana has {len(alike)} custom fields for {wanted!r}: "
            + ", ".join(f"{field.name} ({field.gid})" for field in sorted(alike, key=lambda f: f.gid)),
            field="points_field" if name == POINTS else "select",
            hint="name the one you mean by its gid",
        )
    return [field.gid for field in alike]


def _name(field: CustomField) -> str:
    return field.name if isinstance(field.name, str) else ""


def _unknown(name: str, wanted: str, places: Sequence[Sequence[CustomField]]) -> Misconfigured:
    if wanted == POINTS:
        return Misconfigured(
            "asana has no number field for points here",
            field="points_field",
            hint="name the custom field that holds your estimate",
        )
    close = get_close_matches(wanted, sorted({_name(field) for place in places for field in place}), n=1)
    return Misconfigured(
        f"asana has no custom field named {wanted!r} here" + (f" (did you mean {close[0]!r}?)" if close else ""),
        field="points_field" if name == POINTS else "select",
        hint="add the field to the project, or name it by its gid",
    )
