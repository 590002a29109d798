"""The one MetaData of the store, and the columns that many tables share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BigInteger, Column, ForeignKey, Integer, MetaData

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

# SQLite numbers its rows by INTEGER alone; PostgreSQL gets 64 bits.
BigId = BigInteger().with_variant(Integer, "sqlite")


def id_column() -> Column[Any]:
    return Column("id", BigId, primary_key=True, autoincrement=True)


def refers_to(name: str, target: str, *, nullable: bool = False, index: bool = False) -> Column[Any]:
    return Column(name, BigId, ForeignKey(target), nullable=nullable, index=index)
