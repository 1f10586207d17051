"""Desktop programs: what they import stays sync, also where an application that serves requests shares it.

A window's callbacks are called by the toolkit, which awaits nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import PurePosixPath
from weakref import WeakKeyDictionary

from greenshift.shift.project.project import Project
from greenshift.shift.project.symbols import Module

TOOLKITS = {
    "tkinter", "customtkinter", "ttkbootstrap", "PyQt5", "PyQt6", "PySide2", "PySide6", "wx", "kivy", "kivymd",
    "PySimpleGUI", "FreeSimpleGUI", "gi", "toga", "dearpygui",
}  # fmt: skip
SERVERS = {"fastapi", "starlette", "litestar", "quart", "sanic", "aiohttp", "blacksheep", "flask", "django"}
DATABASES = {"sqlalchemy", "sqlmodel"}

_FOUND: WeakKeyDictionary[Project, frozenset[Module]] = WeakKeyDictionary()


def desktop_modules(project: Project) -> frozenset[Module]:
    """Return the modules of a desktop program, and those that it shares: no tests, nothing of a server's own.

    A server's own is what lies in a folder that holds modules of a web framework and none of a toolkit. Scripts that
    use the program's modules, and not the server's, are the program's as well.

    Args:
        project: The project.
    """
    found = _FOUND.get(project)
    if found is None:
        found = _FOUND[project] = _desktop_modules(project)
    return found


def keeps_sessions(project: Project, module: Module) -> bool:
    """Whether a module's sessions and engines stay sync for a desktop program's sake: its own, and those of tests.

    Args:
        project: The project.
        module: The module.
    """
    desktop = desktop_modules(project)
    return module in desktop or (module.is_test and bool(desktop))


def _desktop_modules(project: Project) -> frozenset[Module]:
    modules = [module for module in project.modules if not module.is_test]
    windows = [module for module in modules if _libraries(module) & TOOLKITS]
    if not windows:
        return frozenset()
    serving = [module for module in modules if _libraries(module) & SERVERS and module not in windows]
    server = _own(serving, windows, modules)
    graph = {module: _imported(project, module) for module in modules}
    shared = _closure(windows, graph, server)
    if not any(_libraries(module) & DATABASES for module in shared):
        # Its windows ask no database: it has nothing to keep.
        return frozenset()
    found = set(shared)
    for module in modules:
        if module not in server and module not in found:
            reached = _closure([module], graph, shared)
            if not reached & server and any(graph[one] & shared for one in reached):
                found.add(module)
    return frozenset(found)


def _libraries(module: Module) -> set[str]:
    return {one.module.partition(".")[0] for one in module.imports.values()} | {
        name.partition(".")[0] for name in module.stars
    }


def _own(serving: list[Module], windows: list[Module], modules: list[Module]) -> frozenset[Module]:
    """The modules of the widest folders that hold something that serves, and no window."""
    taken = {folder for module in windows for folder in PurePosixPath(module.file).parents}
    folders: set[PurePosixPath] = set()
    for module in serving:
        free = [folder for folder in PurePosixPath(module.file).parents if folder not in taken]
        folders.update(free[-1:])
    own = {module for module in modules if folders & set(PurePosixPath(module.file).parents)}
    return frozenset(own | set(serving))


def _imported(project: Project, module: Module) -> set[Module]:
    names = set(module.stars)
    for imported in module.imports.values():
        names |= {imported.module, f"{imported.module}.{imported.name}"}
    found = {project.module_named(name, module) for name in names}
    return {one for one in found if one is not None and one is not module}


def _closure(
    start: Iterable[Module], graph: dict[Module, set[Module]], without: frozenset[Module]
) -> frozenset[Module]:
    stack = list(start)
    found = set(stack)
    while stack:
        for other in graph.get(stack.pop(), ()):
            if other not in found and other not in without and not other.is_test:
                found.add(other)
                stack.append(other)
    return frozenset(found)
