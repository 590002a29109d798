"""What every connector must be, whatever its tool: the contract, as checks that take a kind."""

from __future__ import annotations

import inspect
import json
import socket
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from connectors import contract, errors, sandbox
from connectors.errors import Misconfigured
from connectors.fields import Face, Field
from connectors.registry import load, open_connector

DOCS = Path(__file__).parents[2] / "docs"
SANDBOXES = Path(sandbox.__file__).parent
FIXTURES = Path(__file__).parents[1] / "fixtures"
FACES: Mapping[Face, type] = {
    Face.SOURCE: contract.Source,
    Face.SWEEP: contract.Sweep,
    Face.GAUGES: contract.Gauges,
    Face.WEBHOOKS: contract.Webhooks,
    Face.SUBSCRIPTIONS: contract.Subscriptions,
    Face.HISTORIES: contract.Histories,
    Face.SITES: contract.Sites,
    Face.WRITE_BACK: contract.WriteBack,
    Face.CHANNEL: contract.Channel,
}
# settings that could be right, of a kind each: made up, reaching nobody
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "asana": {"token": "1/1201234567890123:a-token-of-length"},
    "jira": {"base_url": "https://acme.atlassian.net", "email": "bot@acme.example", "token": "a-token-of-length"},
    "microsoft": {
        "tenant": "acme.onmicrosoft.com",
        "client_id": "00001111-aaaa-2222-bbbb-3333cccc4444",
        "client_secret": "a-secret-of-length",
    },
    "slack": {"webhook_url": "https://hooks.slack.com/services/T00000000/B00000000/abcdefghijklmnopqrstuvwx"},
    "teams": {
        "workflow_url": "https://prod-00.westeurope.logic.azure.com:443/workflows/0123456789abcdef/triggers/manual/"
        "paths/invoke?api-version=2016-06-01&sp=%2Ftriggers%2Fmanual%2Frun&sv=1.0&sig=abcdefghijklmnop"
    },
    "trello": {"api_key": "0123456789abcdef0123456789abcdef", "token": "ATTAa-token-of-length"},
}


def _methods(face: type) -> set[str]:
    return {
        name
        for name, value in vars(face).items()
        if (inspect.isfunction(value) or isinstance(value, classmethod)) and not name.startswith("_")
    }


def describing_is_pure_and_constant(kind: str) -> None:
    made = load(kind)
    assert made.describe() == made.describe()
    assert made.describe().kind == kind
    assert made.describe().title.strip()
    hash(made.describe())  # nothing in it can be changed by whoever reads it


def it_has_the_faces_it_declares_and_no_other(kind: str) -> None:
    made = load(kind)
    declared = made.describe().faces
    assert declared
    for name in _methods(contract.Connector):
        assert callable(getattr(made, name))
    for face, protocol in FACES.items():
        has = {name for name in _methods(protocol) if callable(getattr(made, name, None))}
        wanted = _methods(protocol)
        assert wanted, f"{protocol.__name__} has no methods, so it proves nothing"
        if face in declared:
            assert has == wanted, f"{kind} declares {face} and lacks {sorted(wanted - has)}"
        else:
            assert has != wanted, f"{kind} has the methods of {face} and does not say so"


def its_methods_take_what_the_contract_says(kind: str) -> None:
    made = load(kind)
    for face in made.describe().faces:
        for name in _methods(FACES[face]):
            asked = [p.name for p in inspect.signature(getattr(FACES[face], name)).parameters.values()]
            taken = [p.name for p in inspect.signature(getattr(made, name)).parameters.values()]
            assert taken[: len(asked)] == asked, f"{kind}.{name} takes {taken}, the contract says {asked}"


def every_field_helps_whoever_fills_it_in(kind: str) -> None:
    fields = load(kind).describe().all_fields()
    assert fields
    for field in fields:
        assert isinstance(field, Field)
        assert field.name.isidentifier(), f"{kind}.{field.name} cannot be an environment name or a form field"
        assert field.name == field.name.lower()
        assert len(field.help) >= 15, f"{kind}.{field.name} has no help"
        assert field.help[-1] in ".)?", f"{kind}.{field.name}: the help is not a sentence"
        assert bool(field.choices) == (field.kind == "choice")
        assert not (field.required and field.default), f"{kind}.{field.name} is required and has a default"


def every_secret_is_flagged(kind: str) -> None:
    telling = ("token", "secret", "password", "webhook_url", "workflow_url", "api_key")
    for field in load(kind).describe().all_fields():
        if any(word in field.name for word in telling):
            assert field.secret, f"{kind}.{field.name} looks like a secret and is not flagged as one"
        if field.secret:
            assert not field.default
            assert field.example == "" or field.example.startswith("${"), f"{kind}.{field.name} shows a secret"


def the_wire_can_reach_it(kind: str) -> None:
    described = load(kind).describe()
    assert "base_url" in {f.name for f in described.all_fields()}, f"{kind} cannot be pointed at another address"
    for host in described.hosts:
        assert host == host.lower().strip(".")
        assert "/" not in host
        assert host.count(".") >= 1, f"{kind}: {host} would let a whole top-level domain in"


def its_page_of_documentation_exists_and_names_every_field(kind: str) -> None:
    described = load(kind).describe()
    page = DOCS / described.docs
    assert page.is_file(), f"docs/{described.docs} is missing"
    text = page.read_text(encoding="utf-8")
    for field in described.all_fields():
        assert f"`{field.name}`" in text, f"docs/{described.docs} does not explain `{field.name}`"


def a_simulated_tool_stands_in_for_it(kind: str) -> None:
    package, module = SANDBOXES / kind / "__init__.py", SANDBOXES / f"{kind}.py"
    assert package.is_file() or module.is_file(), f"connectors/sandbox/{kind} is missing: nothing answers in its place"
    made = import_module(f"connectors.sandbox.{kind}")
    assert any(name.endswith("Sandbox") and callable(getattr(made, name)) for name in dir(made))


def what_it_has_been_told_is_kept_as_fixtures(kind: str) -> None:
    kept = [file for file in (FIXTURES / kind).rglob("*.json") if json.loads(file.read_bytes())]
    assert kept, f"tests/fixtures/{kind}/ has no JSON: webhooks and items of a source, answers of a channel"


def making_it_reaches_nobody(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError(f"making a {kind} connector opened a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    made = open_connector(kind, SETTINGS[kind])
    assert isinstance(made, load(kind))


def settings_that_cannot_be_right_are_misconfigured(kind: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        open_connector(kind, {})
    named = {f.name for f in load(kind).describe().all_fields()}
    assert raised.value.field in named, f"{kind} does not say which setting is missing"


def no_secret_shows_in_what_it_prints(kind: str) -> None:
    made = open_connector(kind, SETTINGS[kind])
    secrets = {f.name for f in load(kind).describe().all_fields() if f.secret}
    shown = repr(made) + str(made)
    for name in secrets & set(SETTINGS[kind]):
        assert SETTINGS[kind][name] not in shown


CHECKS = (
    describing_is_pure_and_constant,
    it_has_the_faces_it_declares_and_no_other,
    its_methods_take_what_the_contract_says,
    every_field_helps_whoever_fills_it_in,
    every_secret_is_flagged,
    the_wire_can_reach_it,
    its_page_of_documentation_exists_and_names_every_field,
    a_simulated_tool_stands_in_for_it,
    what_it_has_been_told_is_kept_as_fixtures,
    settings_that_cannot_be_right_are_misconfigured,
    no_secret_shows_in_what_it_prints,
)
ERRORS = frozenset({"Misconfigured", "Unauthorized", "Forged", "Gone", "Unexpected", "TryLater"})


def errors_are_a_closed_set() -> None:
    found = {
        name
        for name, value in vars(errors).items()
        if inspect.isclass(value) and issubclass(value, errors.ConnectorError) and value is not errors.ConnectorError
    }
    assert found == ERRORS
