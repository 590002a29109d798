"""Column types that mean the same on SQLite and PostgreSQL."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal, localcontext
from typing import Any

from sqlalchemy import DateTime, Dialect, Numeric, String
from sqlalchemy.types import TypeDecorator, TypeEngine

from hub.model.progress import DIGITS


class Instant(TypeDecorator[datetime]):
    """An aware instant, UTC: `timestamptz` on PostgreSQL, sortable ISO text of fixed width on SQLite."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(27))
        return dialect.type_descriptor(DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> object:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive time cannot be stored")
        utc = value.astimezone(UTC)
        if dialect.name != "sqlite":
            return utc
        return f"{utc.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"

    def process_result_value(self, value: object, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return datetime.fromisoformat(str(value))  # with its Z: aware, UTC


class Exact(TypeDecorator[Decimal]):
    """A decimal stored exactly: `numeric` on PostgreSQL, text on SQLite (which has binary floats alone)."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(String(80))
        return dialect.type_descriptor(Numeric(asdecimal=True))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> object:
        if value is None:
            return None
        with localcontext() as context:
            context.prec = DIGITS  # the usual 28 would round a longer number
            plain = value.normalize() + Decimal(0)
        return f"{plain:f}" if dialect.name == "sqlite" else plain

    def process_result_value(self, value: object, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(str(value))
