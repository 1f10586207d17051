"""Loads the relationships of instances that the program constructed, once they are stored."""

from __future__ import annotations

import ast
from collections.abc import Collection

from greenshift.shift.kinds.classes import Relationship
from greenshift.shift.kinds.values import Instance
from greenshift.shift.loading.analysis import Loading, Reader
from greenshift.shift.loading.paths import EAGER, Path, relationships_on
from greenshift.shift.loading.session_calls import (
    PERSISTING,
    SessionCall,
    is_bound_at,
    last_in_each_block,
    session_calls,
)
from greenshift.shift.loading.sharing import tests_share_session
from greenshift.shift.loading.sites import Site
from greenshift.shift.loading.stored_reads import read_once_stored
from greenshift.shift.project import Function, Module
from greenshift.shift.project.traversal import walk
from greenshift.shift.rewrite.context import Context
from greenshift.shift.rewrite.prepare.after_commit import planned_refreshes
from greenshift.shift.rewrite.prepare.inserting import insert_before, insert_behind

Unit = Function | Module
Unproved = dict[Relationship, list[Reader]]


class Constructed:
    """Refreshes what is read of constructed instances behind the ``commit`` or ``flush`` that stores them.

    Args:
        context: The stage's context.
    """

    def __init__(self, context: Context) -> None:
        self.context = context
        self.failed: Unproved = {}
        self._calls: dict[Unit, list[SessionCall]] = {}
        self._stored = self._find_stored()
        self._wanted: dict[tuple[Unit, str], set[str]] = {}
        self._again: dict[tuple[Unit, str], set[str]] = {}
        self._at_readers: dict[tuple[Function, ast.stmt], dict[str, None]] = {}
        self._to_be_refreshed = {(function, name) for function, name, _ in planned_refreshes(context)}
        self._shares = tests_share_session(context.kinds)

    def plan(self, loading: Loading) -> Unproved:
        """Decide what is refreshed where; return the relationships that only a model can load.

        Args:
            loading: What is read.
        """
        wanted = self._wanted
        classes = self.context.kinds.classes
        for site, demands in loading.demands.items():
            if site.kind != "constructor":
                if site.kind in ("statement", "get") and self._shares:
                    self._after_refresh(site, demands)
                continue
            for path, readers in demands.items():
                variables = self._stored.get(site.node, set())
                root = next((cls for cls, _ in site.roots if relationships_on(classes, cls, path)), None)
                chain = (relationships_on(classes, root, path) if root is not None else None) or []
                if not chain:
                    continue
                self._fail(chain[1:], readers)
                if (site.node, path[0]) in loading.given:
                    # It stays as it was assigned, unless a refresh of everything forgets it.
                    variables = {one for one in variables if self._is_refreshed(one)}
                    if not variables:
                        continue
                own = {one for one in variables if one[0] is self.context.kinds.unit(site.node)}
                special = {one for one in own or variables if self._is_of_one_class(one)}
                reached = {one for one in special if self._calls_behind(*one, PERSISTING)}
                for variable in reached:
                    wanted.setdefault(variable, set()).add(path[0])
                if reached and len(reached) == len(own or variables):
                    continue
                # Made in a loop and stored behind it, or in a variable for several classes: refreshed where it is read.
                missed = [one for one in readers if not self._refresh_at_reader(one, path[0])]
                if not missed or (special and all(module.is_test for module, _ in missed)):
                    continue
                if len(special) < len(own or variables) or not special:
                    self._fail(chain[:1], missed)
                if not any(self._is_refreshed(one) for one in variables):
                    self._list(site, chain[0], missed)
        return self.failed

    def _after_refresh(self, site: Site, demands: dict[Path, list[Reader]]) -> None:
        """A refresh forgets what a statement loaded, if the session had the instance before (a test made it)."""
        for variable in self._stored.get(site.node, set()):
            if self._is_refreshed(variable) and self._is_of_one_class(variable):
                names = {path[0] for path in demands}
                self._again.setdefault(variable, set()).update(names)

    def write(self, with_model: Collection[Relationship]) -> None:
        """Write the refreshes.

        Args:
            with_model: Relationships that the model will load, with a refresh of everything too.
        """
        for (unit, name), names in self._wanted.items():
            if self._is_refreshed((unit, name)):
                names -= self._loaded_with_model((unit, name), with_model)
            self._refresh(unit, name, names, PERSISTING)
        for (function, statement), texts in self._at_readers.items():
            for text in texts:
                if text and insert_before(self.context.edits(function.module), statement, text):
                    self.context.count("refreshed relationships")
        for (unit, name), names in self._again.items():
            missing = names - self._wanted.get((unit, name), set())
            self._refresh(unit, name, missing - self._loaded_with_model((unit, name), with_model), {"refresh"})

    def _loaded_with_model(self, variable: tuple[Unit, str], with_model: Collection[Relationship]) -> set[str]:
        found: set[str] = set()
        for call in self._calls_with(variable):
            for argument in call.call.args[:1]:
                for value in self.context.kinds.values(argument):
                    if isinstance(value, Instance):
                        own = self.context.kinds.classes.relationships(value.cls)
                        found |= {name for name, one in own.items() if one.lazy in EAGER or one in with_model}
        return found

    def _find_stored(self) -> dict[ast.AST, set[tuple[Unit, str]]]:
        """By constructor call: the variables that are stored through a session, with their functions."""
        found: dict[ast.AST, set[tuple[Unit, str]]] = {}
        kinds = self.context.kinds
        units: list[Unit] = [*self.context.project.functions, *self.context.project.modules]
        for unit in units:
            calls = session_calls(kinds, unit)
            if not calls:
                continue
            self._calls[unit] = calls
            for call in calls:
                if call.method not in ("add", "add_all", "refresh") or not call.call.args:
                    continue
                argument = call.call.args[0]
                names = argument.elts if isinstance(argument, ast.List | ast.Tuple) else [argument]
                for name in names:
                    if not isinstance(name, ast.Name):
                        continue
                    for value in kinds.values(name):
                        if isinstance(value, Instance) and value.site is not None and not value.path:
                            found.setdefault(value.site, set()).add((unit, name.id))
        return found

    def _calls_with(self, variable: tuple[Unit, str]) -> list[SessionCall]:
        unit, name = variable
        return [call for call in self._calls[unit] if call.gives(name)]

    def _is_refreshed(self, variable: tuple[Unit, str]) -> bool:
        if variable in self._to_be_refreshed:
            return True
        return any(call.method == "refresh" and call.attributes is None for call in self._calls_with(variable))

    def _is_of_one_class(self, variable: tuple[Unit, str]) -> bool:
        classes = set()
        for call in self._calls_with(variable):
            for argument in walk(call.call):
                if isinstance(argument, ast.Name) and argument.id == variable[1]:
                    values = self.context.kinds.values(argument)
                    classes |= {value.cls for value in values if isinstance(value, Instance)}
        return len(classes) == 1

    def _refresh_at_reader(self, reader: Reader, name: str) -> bool:
        stored = read_once_stored(self.context.kinds, self._calls, reader, name)
        if stored is not None:
            self._at_readers.setdefault((stored.unit, stored.statement), {}).setdefault(stored.text, None)
        return stored is not None

    def _calls_behind(self, unit: Unit, name: str, methods: set[str]) -> list[SessionCall]:
        """The calls behind which a variable can be refreshed."""
        calls = self._calls[unit]
        begin = min((call.line for call in calls if call.gives(name)), default=0)
        return [
            call
            for call in calls
            if call.line >= begin
            and call.method in methods
            and (call.method != "refresh" or (call.gives(name) and call.attributes is None))
            and is_bound_at(unit, name, call)
        ]

    def _refresh(self, unit: Unit, name: str, names: set[str], methods: set[str]) -> None:
        calls = self._calls[unit]
        behind = self._calls_behind(unit, name, methods)
        done: set[str] = set()
        for call in calls:
            if call.method == "refresh" and call.gives(name):
                done |= call.attributes or set()
        missing = sorted(names - done)
        module = unit if isinstance(unit, Module) else unit.module
        if not missing:
            return
        listed = ", ".join(f'"{one}"' for one in missing)
        for call in last_in_each_block(behind):
            if insert_behind(self.context.edits(module), call.statement, f"{call.session}.refresh({name}, [{listed}])"):
                self.context.count("refreshed relationships")

    def _fail(self, chain: list[Relationship], readers: list[Reader]) -> None:
        for relationship in chain:
            if relationship.lazy not in EAGER:
                self.failed.setdefault(relationship, []).extend(readers)

    def _list(self, site: Site, relationship: Relationship, readers: list[Reader]) -> None:
        name = f"{relationship.cls.name}.{relationship.name}"
        self.context.leave(
            site.module,
            site.node,
            "lazy load",
            f"{name} is read of this new instance: refresh it by name once it is stored",
        )
