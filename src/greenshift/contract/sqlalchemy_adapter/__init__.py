"""The built-in adapter: SQLAlchemy's ORM, SQLModel and mapped dataclasses included."""

from greenshift.contract.sqlalchemy_adapter.adapter import SQLAlchemyAdapter
from greenshift.contract.sqlalchemy_adapter.describe import describe

__all__ = ["SQLAlchemyAdapter", "describe"]
