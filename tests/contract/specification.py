"""A vendor's published description (OpenAPI 3.0 or Swagger 2.0), read for the operations that are asked for."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import jsonschema

Json = Any


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: the path as the description writes it, what the path said, and the operation itself."""

    path: str
    parts: Mapping[str, str]
    described: Mapping[str, Json]
    parameters: tuple[Mapping[str, Json], ...]


class Specification:
    """One description. Schemas are compiled when they are first needed."""

    def __init__(self, *files: Path) -> None:
        self._files = files
        self._validators: dict[int, Any] = {}

    @cached_property
    def documents(self) -> list[Json]:
        return [load(file) for file in self._files]

    @cached_property
    def _paths(self) -> list[tuple[re.Pattern[str], str, Json, Json]]:
        """Every path with its pattern, those with fewer blanks first, and the document it is in."""
        found = [(path, item, document) for document in self.documents for path, item in document["paths"].items()]
        found.sort(key=lambda one: (one[0].count("{"), -len(one[0])))
        return [(_pattern(path), path, item, document) for path, item, document in found]

    def operation(self, method: str, path: str) -> tuple[Operation, Json] | None:
        """Return the operation that a request asks for, and its document; None where there is none.

        Slack takes every method by GET and by POST, and describes each under one of them.
        """
        for pattern, written, item, document in self._paths:
            match = pattern.fullmatch(path)
            if match is None:
                continue
            is_either = document.get("swagger") == "2.0" and method in {"GET", "POST"}
            described = item.get(method.lower()) or (is_either and (item.get("get") or item.get("post")))
            if not described:
                continue
            given = [*item.get("parameters", ()), *described.get("parameters", ())]
            parameters = tuple(resolve(one, document) for one in given)
            names = re.findall(r"{([^}]+)}", written)
            return Operation(written, dict(zip(names, match.groups(), strict=True)), described, parameters), document
        return None

    def problems(self, value: Json, schema: Json, document: Json, *, of_request: bool) -> Iterator[str]:
        """Yield what is wrong with a value, with the place in it."""
        known = self._validators.get(id(schema) * 2 + of_request)
        if known is None:
            root = {"components": document.get("components", {}), "definitions": document.get("definitions", {})}
            known = _Validator({**schema, **root})
            self._validators[id(schema) * 2 + of_request] = known
        for error in known.iter_errors(value):
            place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in error.absolute_path).lstrip(".")
            yield f"{place or 'body'}: {error.message[:200]}"


def load(file: Path) -> Json:
    """Read a description. Three megabytes of YAML take seconds: they are kept as JSON beside other passing things.

    YAML's statuses are numbers, and JSON's keys are text: who reads first gets the same as everybody after.
    """
    if file.suffix == ".json":
        return json.loads(file.read_bytes())
    raw = file.read_bytes()
    kept = Path(tempfile.gettempdir()) / f"okr-hub-{file.stem}-{hashlib.sha256(raw).hexdigest()[:16]}.json"
    if kept.is_file():
        return json.loads(kept.read_bytes())
    import yaml

    found = yaml.load(raw, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    written = json.dumps(found, default=str)
    fresh = kept.with_name(f"{kept.name}.{os.getpid()}")
    fresh.write_text(written)
    fresh.replace(kept)  # another process may read it at this moment
    return json.loads(written)


def resolve(part: Json, document: Json) -> Json:
    """Follow a $ref."""
    while isinstance(part, dict) and "$ref" in part:
        found = document
        for name in part["$ref"].removeprefix("#/").split("/"):
            found = found[name.replace("~1", "/").replace("~0", "~")]
        part = found
    return part


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(
        "".join("([^/]+)" if part.startswith("{") else re.escape(part) for part in re.split(r"({[^}]+})", path))
    )


def _type(validator: Any, types: Any, instance: Any, schema: Any) -> Any:
    """Check a type as OpenAPI 3.0 means it: null only where the schema says nullable."""
    if instance is None and schema.get("nullable"):
        return
    yield from jsonschema.Draft4Validator.VALIDATORS["type"](validator, types, instance, schema)


def _enum(validator: Any, enums: Any, instance: Any, schema: Any) -> Any:
    if instance is None and schema.get("nullable"):
        return
    yield from jsonschema.Draft4Validator.VALIDATORS["enum"](validator, enums, instance, schema)


def _all_of(validator: Any, parts: Any, instance: Any, schema: Any) -> Any:
    """Check all parts, unless one says that null will do: so Asana writes a reference to what may be missing."""
    if instance is None and any(part.get("nullable") for part in parts):
        return
    yield from jsonschema.Draft4Validator.VALIDATORS["allOf"](validator, parts, instance, schema)


_Validator = jsonschema.validators.extend(jsonschema.Draft4Validator, {"type": _type, "enum": _enum, "allOf": _all_of})
