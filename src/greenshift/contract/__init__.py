"""Ready-made tests for any models, sync and async."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from greenshift.contract.adapter import Adapter, Ground, Session
    from greenshift.contract.behaviours.behaviour import Behaviour
    from greenshift.contract.behaviours.scene import Scene
    from greenshift.contract.description import Column, ForeignKey, Model, Relationship
    from greenshift.contract.errors import ContractError, RowError
    from greenshift.contract.paired import PairedAdapter, PairedSession, column_of, completed
    from greenshift.contract.running import run_to_end
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
    "PairedAdapter": "paired",
    "PairedSession": "paired",
    "Relationship": "description",
    "RowError": "errors",
    "SQLAlchemyAdapter": "sqlalchemy_adapter",
    "Scene": "behaviours.scene",
    "Session": "adapter",
    "column_of": "paired",
    "completed": "paired",
    "run_to_end": "running",
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
    "PairedAdapter",
    "PairedSession",
    "Relationship",
    "RowError",
    "SQLAlchemyAdapter",
    "Scene",
    "Session",
    "column_of",
    "completed",
    "run_to_end",
]


def __getattr__(name: str) -> Any:
    """Import a public name when it is first asked for: SQLAlchemy, pytest and polyfactory take their time."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(f"{__name__}.{_PLACES[name]}"), name)
