"""Ready-made tests for any models, sync and async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenshift.contract.adapter import Adapter, Ground, Session
    from greenshift.contract.behaviours.behaviour import Behaviour
    from greenshift.contract.behaviours.scene import Scene
    from greenshift.contract.description import Column, ForeignKey, Model, Relationship
    from greenshift.contract.errors import ContractError, RowError
    from greenshift.contract.sqlalchemy_adapter import SQLAlchemyAdapter
    from greenshift.contract.suite import ModelContract

_PLACES = {
    "Adapter": "adapter",
    "Behaviour": "behaviours.behaviour",
    "Column": "description",
    "ContractError": "errors",
    "ForeignKey": "description",
    "Ground": "adapter",
    "Model": "description",
    "ModelContract": "suite",
    "Relationship": "description",
    "RowError": "errors",
    "SQLAlchemyAdapter": "sqlalchemy_adapter",
    "Scene": "behaviours.scene",
    "Session": "adapter",
}

__all__ = [
    "Adapter",
    "Behaviour",
    "Column",
    "ContractError",
    "ForeignKey",
    "Ground",
    "Model",
    "ModelContract",
    "Relationship",
    "RowError",
    "SQLAlchemyAdapter",
    "Scene",
    "Session",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: SQLAlchemy, pytest and polyfactory take their time."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
