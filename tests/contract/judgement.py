"""Whether exchanges are what the vendors have published: each judged, or put under a reason why it is not."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

from tests.contract.exceptions import may_be_sent, why_forgiven, why_undescribed
from tests.contract.exchanges import Exchange
from tests.contract.graph import Graph
from tests.contract.specification import Json, Operation, Specification, resolve

SPECIFICATIONS = Path(__file__).parents[3] / "shared/specs"
FILES = {
    "jira": ("jira-cloud-platform-v3.json", "jira-software-2026-derived.json"),
    "asana": ("asana_oas.yaml",),
    "trello": ("trello-v3.json",),
    "slack": ("slack_web_openapi_v2_without_examples.json",),
}


@dataclass(slots=True)
class Judged:
    """What came of judging: numbers by what was judged or why it was not, and what is wrong."""

    counts: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: Mapping[str, Any]) -> None:
        """Take in what another process found."""
        self.counts.update(other["counts"])
        self.problems += other["problems"]

    def as_data(self) -> dict[str, Any]:
        """Return it as another process can be sent it."""
        return {"counts": dict(self.counts), "problems": list(self.problems)}


class Judge:
    """Judges exchanges by the descriptions in a folder; raises FileNotFoundError where one is missing."""

    def __init__(self, folder: Path = SPECIFICATIONS) -> None:
        self._described = {vendor: Specification(*(folder / name for name in names)) for vendor, names in FILES.items()}
        self._graph = Graph(folder)

    def judge(self, exchanges: Iterable[Exchange]) -> Judged:
        """Judge them all."""
        judged = Judged()
        for exchange in exchanges:
            for said in self._judge(exchange, judged.counts):
                problem = re.sub(r"\[\d+\]", "[*]", said)  # one of a hundred items tells of all
                if why := why_forgiven(exchange.vendor, exchange.path, problem):
                    judged.counts[f"{exchange.vendor}: known differences: {why}"] += 1
                    continue
                path = re.sub(r"/(?=[^/]*[0-9])[^/]{4,}", "/*", exchange.path)
                judged.problems.append(f"{exchange.vendor} {exchange.method} {path}: {problem}")
        return judged

    def _judge(self, exchange: Exchange, counts: Counter[str]) -> Iterator[str]:
        name = exchange.vendor or "nobody's"
        if why := why_undescribed(exchange.vendor, exchange.path):
            counts[f"not described: {why}"] += 1
            return
        if not exchange.vendor:
            counts["to a path of no vendor"] += 1
            if exchange.is_connectors:
                yield "a connector asked for a path of no vendor that tests/contract/exchanges.py knows"
            return
        if exchange.vendor == "graph":
            yield from self._graph.judge(exchange, counts)
            return
        specification = self._described[exchange.vendor]
        if exchange.vendor == "asana" and exchange.path == "/batch":
            for one in actions_of(exchange):
                yield from (f"in a batch, {one.method} {one.path}: {said}" for said in self._judge(one, counts))
        found = specification.operation(exchange.method, exchange.path)
        if found is None:
            counts[f"{name}: no such operation"] += 1
            if exchange.is_connectors:
                yield "there is no such operation"
            elif exchange.status is not None and exchange.status < 400:
                yield "the simulated tool answers what the vendor does not have"
            return
        operation, document = found
        if exchange.is_connectors:
            counts[f"{name}: requests checked"] += 1
            for problem in self._request(specification, exchange, operation, document):
                yield f"request: {problem}"
        else:
            counts[f"{name}: requests of tests' own, to see what is refused"] += 1
        yield from self._answer(specification, exchange, operation, document, counts)

    # -- requests

    def _request(
        self, specification: Specification, exchange: Exchange, operation: Operation, document: Json
    ) -> Iterator[str]:
        listed = {(one["in"], one["name"]): one for one in operation.parameters}
        given = {name for name, _ in exchange.query}
        for (place, name), one in listed.items():
            if place == "query" and one.get("required") and name not in given:
                yield f"the parameter {name} is missing"
            if place == "path":
                yield from self._parameter(specification, one, [unquote(operation.parts.get(name, ""))], document)
        for name in sorted(given):
            one = listed.get(("query", name))
            if one is None:
                if not may_be_sent(exchange.vendor, exchange.path, name):
                    yield f"there is no parameter {name}"
                continue
            values = [text for other, text in exchange.query if other == name]
            yield from self._parameter(specification, one, values, document)
        if document.get("swagger") == "2.0":
            yield from self._form(specification, exchange, listed, document)
        else:
            yield from self._body(specification, exchange, operation, document)

    def _parameter(
        self, specification: Specification, one: Mapping[str, Any], texts: list[str], document: Json
    ) -> Iterator[str]:
        schema = resolve(one.get("schema") or {k: one[k] for k in ("type", "enum", "items") if k in one}, document)
        if schema.get("type") == "array":
            if not one.get("explode", one.get("style", "form") == "form") or len(texts) == 1:
                texts = [part for text in texts for part in text.split(",")]
            items = resolve(schema.get("items", {}), document)
            value: Any = [_read(text, items) for text in texts]
        elif len(texts) > 1:
            yield f"the parameter {one['name']} is given {len(texts)} times"
            return
        else:
            value = _read(texts[0], schema)
        for problem in specification.problems(value, schema, document, of_request=True):
            yield f"the parameter {one['name']}: {problem}"

    def _body(
        self, specification: Specification, exchange: Exchange, operation: Operation, document: Json
    ) -> Iterator[str]:
        wanted = resolve(operation.described.get("requestBody"), document)
        if not exchange.body:
            if wanted and wanted.get("required"):
                yield "the body is missing"
            return
        if not wanted:
            yield "a body is sent where none is taken"
            return
        contents = wanted["content"]
        content = contents.get(exchange.kind)
        if content is None:
            yield f"the body is {exchange.kind or 'of no kind'}, and {', '.join(contents)} is taken"
            return
        value = _parse(exchange.body, exchange.kind)
        if "schema" in content:
            for problem in specification.problems(value, content["schema"], document, of_request=True):
                yield f"the body: {problem}"

    def _form(
        self, specification: Specification, exchange: Exchange, listed: Mapping[Any, Any], document: Json
    ) -> Iterator[str]:
        """Check the arguments of a Slack method, sent as a form or as JSON: by name, and by type where it is plain."""
        value = _parse(exchange.body, exchange.kind) if exchange.body else {}
        if not isinstance(value, dict):
            yield "the arguments are no object"
            return
        for name in value:
            one = listed.get(("formData", name)) or listed.get(("query", name))
            if one is None:
                if not (name == "metadata" and exchange.path.startswith("/chat.")):  # newer than the file, of 2021
                    yield f"there is no argument {name}"
            elif (
                one.get("type") == "boolean"
                and not isinstance(value[name], bool)
                and value[name] not in ("true", "false")
            ):
                yield f"the argument {name} is no truth value"
            elif one.get("type") == "string" and isinstance(value[name], bool | int | float):
                yield f"the argument {name} is no text"
        for (place, name), one in listed.items():
            if place == "formData" and one.get("required") and name not in value:
                yield f"the argument {name} is missing"

    # -- answers

    def _answer(
        self,
        specification: Specification,
        exchange: Exchange,
        operation: Operation,
        document: Json,
        counts: Counter[str],
    ) -> Iterator[str]:
        name = exchange.vendor
        if exchange.status is None:
            counts[f"{name}: no answer, or one that a test wrote itself"] += 1
            return
        if exchange.is_ordered:
            counts[f"{name}: answers that a test ordered to be wrong"] += 1
            return
        answers = operation.described["responses"]
        is_refusal = exchange.vendor == "slack" and b'"ok": false' in exchange.answer[:40]  # with a status of 200
        said = resolve(answers.get("default" if is_refusal else str(exchange.status)), document)
        if said is None and exchange.status < 400:
            yield f"the answer {exchange.status} is not described: {', '.join(answers)}"
            return
        if said is None:
            said = resolve(answers.get("default"), document) or {}
        schema = said.get("schema") or said.get("content", {}).get(exchange.answer_kind, {}).get("schema")
        if not schema or not resolve(schema, document):
            counts[f"{name}: answers without a schema ({'success' if exchange.status < 400 else 'refusals'})"] += 1
            return
        counts[f"{name}: answers checked"] += 1
        try:
            value = json.loads(exchange.answer)
        except ValueError:
            yield f"answer {exchange.status}: it is not JSON"
            return
        for problem in specification.problems(value, schema, document, of_request=False):
            yield f"answer {exchange.status}: {problem}"


def actions_of(batch: Exchange) -> list[Exchange]:
    """Return the actions of a batch of Asana as exchanges of their own: https://developers.asana.com/docs/batch-requests

    Parameters of an action that reads are in its `data`, those of its page and fields in `options`.
    """
    try:
        actions = json.loads(batch.body)["data"]["actions"]
        answers = json.loads(batch.answer)["data"] if batch.status == 200 and not batch.is_ordered else []
    except (ValueError, KeyError, TypeError):
        return []
    found = []
    for at, action in enumerate(actions):
        method = action["method"].upper()
        given = {**action.get("data", {}), **_options(action.get("options", {}))} if method == "GET" else {}
        answer = answers[at] if at < len(answers) else None
        found.append(
            replace(
                batch,
                method=method,
                path=action["relative_path"],
                query=tuple(
                    (name, value if isinstance(value, str) else json.dumps(value)) for name, value in given.items()
                ),
                body=b"" if method == "GET" else json.dumps({"data": action.get("data", {})}).encode(),
                status=None if answer is None else answer["status_code"],
                answer=b"" if answer is None else json.dumps(answer["body"]).encode(),
            )
        )
    return found


def _options(options: Mapping[str, Any]) -> dict[str, Any]:
    named = dict(options)
    if "fields" in named:
        named["opt_fields"] = ",".join(named.pop("fields"))
    return named


def _read(text: str, schema: Mapping[str, Any]) -> Any:
    """Read a parameter as what its schema says it is; what cannot be read stays text, and is then found wrong."""
    kind = schema.get("type")
    if kind == "integer" and text.lstrip("-").isdecimal():
        return int(text)
    if kind == "number":
        try:
            return float(text)
        except ValueError:
            return text
    if kind == "boolean" and text in {"true", "false"}:
        return text == "true"
    return text


def _parse(body: bytes, kind: str) -> Any:
    if kind == "application/x-www-form-urlencoded":
        return dict(parse_qsl(body.decode(), keep_blank_values=True))
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
