"""Whether the sessions of an application are async, all of them.

An async application still has sync sessions: the one inside of an ``AsyncSession``, on which ``run_sync`` works. It
comes as ``sync_session``, from ``object_session``, or as the parameter of what a library calls. Nobody makes it.
"""

from __future__ import annotations

import ast

from greenshift.shift.kinds.analysis import Kinds
from greenshift.shift.kinds.values import FunctionValue, Session, SessionFactory
from greenshift.shift.project import Module, Project
from greenshift.shift.project.alembic import is_alembic


def has_only_async_sessions(project: Project, kinds: Kinds) -> bool:
    """Whether an application has async sessions, and makes none that is sync.

    Args:
        project: The application; Alembic's environment does not count.
        kinds: Its analysis.
    """
    has_async = False
    for module in project.modules:
        for node in () if is_alembic(module) else module.source.nodes:
            if not isinstance(node, ast.Name | ast.Call):
                continue
            for value in kinds.values(node):
                if not isinstance(value, Session | SessionFactory):
                    continue
                if value.is_async:
                    has_async = True
                elif isinstance(node, ast.Call) and _is_made(kinds, module, node):
                    return False
    return has_async


def _is_made(kinds: Kinds, module: Module, call: ast.Call) -> bool:
    if any(isinstance(value, FunctionValue) for value in kinds.values(call.func)):
        # The function makes it, or has it from where nobody does.
        return False
    if not isinstance(call.func, ast.Name | ast.Attribute):
        return True
    name = kinds.library_name(module, call.func) or ""
    return name.rpartition(".")[2] != "object_session"
