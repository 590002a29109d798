"""What is compiled once for all tests of a process, and not by each store and application anew: SQL,
templates and routes.

An installation compiles a statement and a template once in its life; a test lives for a tenth of a second, and most of
that went into compiling the same again. What is compiled, and from what, stays the same.
"""

from __future__ import annotations

from typing import Any

from flask import Flask
from jinja2 import BytecodeCache
from jinja2.bccache import Bucket
from sqlalchemy import Engine, create_engine, event
from werkzeug.routing import Rule

from hub.store import engine


class Templates(BytecodeCache):
    """Compiled templates in memory, by name and source."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, str], bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        kept = self._kept.get((bucket.key, bucket.checksum))
        if kept is not None:
            bucket.bytecode_from_string(kept)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._kept[bucket.key, bucket.checksum] = bucket.bytecode_to_string()


_first: dict[type, Engine] = {}  # of each dialect the engine that connected first


def _create_engine(*args: Any, **how: Any) -> Engine:
    """Create an engine that finds the statements which another one of its kind has compiled.

    SQLAlchemy keeps them by dialect and statement: the engines share both the dialect, which is ready once its first
    engine has connected, and what is kept.
    """
    made = create_engine(*args, query_cache_size=3000, **how)
    kind = type(made.dialect)
    first = _first.get(kind)
    if first is not None:
        made.dialect, made._compiled_cache = first.dialect, first._compiled_cache
    else:

        @event.listens_for(made, "engine_connect", once=True)
        def _be_first(_connection: object) -> None:
            _first.setdefault(kind, made)

    return made


_compile_builder = Rule._compile_builder
_builders: dict[object, Any] = {}


def _find_builder(rule: Rule, append_unknown: bool = True) -> Any:
    """Return what builds the addresses of a route, as compiled for the first application that had the same route."""
    defaults = tuple(sorted((rule.defaults or {}).items()))
    route = (rule.rule, tuple(rule._trace), defaults, append_unknown)
    if route not in _builders:
        _builders[route] = _compile_builder(rule, append_unknown)
    return _builders[route]


def compile_once() -> None:
    """Have every store and application of this process share what they compile."""
    engine.create_engine = _create_engine
    Rule._compile_builder = _find_builder  # type: ignore[method-assign]  # for tests alone
    Flask.jinja_options = {**Flask.jinja_options, "bytecode_cache": Templates()}
