"""``[tool.greenshift.check]`` and ``[tool.greenshift.services]``, read into validated dataclasses."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, TypeVar, get_args

from greenshift.check.facts.deployment import Deployment, Proxy
from greenshift.check.facts.value import Value
from greenshift.check.selection import known_rules
from greenshift.errors import ConfigurationError
from greenshift.report.findings import Severity

SeverityName = Literal["advice", "warning", "error"]

_COUNTS: Final = frozenset({"workers", "instances", "max_connections"})
_SECONDS: Final = frozenset({"request_timeout", "proxy_idle_timeout"})
_LISTS: Final = frozenset({"paths", "exclude", "ignore", "select", "live"})
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "severity": tuple(str(severity) for severity in Severity),
    "proxy": get_args(Proxy),
}
_DEPLOYMENT: Final = ("workers", "instances", "max_connections", "request_timeout", "proxy", "proxy_idle_timeout")
_MULTIPLIERS: Final = ("workers", "instances")
_Table = TypeVar("_Table")


@dataclass(frozen=True)
class ServiceConfiguration:
    """``[tool.greenshift.services.NAME]``: one of several services that are compared.

    A key of the deployment that is None is the one of ``[tool.greenshift.check]``.

    Attributes:
        name: the service's name.
        path: its folder, relative to pyproject.toml; "" if it is imported.
        live: what is imported in place of reading source, such as ``auth.db:engine``; several for several engines.
            With a path, it is imported from that folder.
        workers: the processes of one instance.
        instances: how many instances of it run at a time.
        max_connections: what its server allows.
        request_timeout: seconds after which a request is given up.
        proxy: what stands between it and PostgreSQL.
        proxy_idle_timeout: seconds after which that closes an idle connection.
        differs: the settings that it may have otherwise than the other services, each with the reason.
    """

    name: str
    path: str = ""
    live: tuple[str, ...] = ()
    workers: int | None = None
    instances: int | None = None
    max_connections: int | None = None
    request_timeout: float | None = None
    proxy: Proxy | None = None
    proxy_idle_timeout: float | None = None
    differs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class CheckConfiguration:
    """``[tool.greenshift.check]``, and the services.

    Attributes:
        paths: what is checked when no path is given, relative to pyproject.toml; empty for its whole folder.
        exclude: globs of files or folders that are not read, relative to pyproject.toml.
        select: the rules that are asked, by id or family; empty for all.
        ignore: the rules that are left out.
        severity: the lowest severity that is shown and that fails.
        baseline: the file of the findings that are known, relative to pyproject.toml.
        workers: the processes of one instance.
        instances: how many instances run at a time.
        max_connections: what the server allows, if no server is asked.
        request_timeout: seconds after which a request is given up.
        proxy: what stands between the program and PostgreSQL.
        proxy_idle_timeout: seconds after which that closes an idle connection.
        services: the services by name, in the order in which they are written.
    """

    paths: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: SeverityName = "warning"
    baseline: str | None = None
    workers: int | None = None
    instances: int | None = None
    max_connections: int | None = None
    request_timeout: float | None = None
    proxy: Proxy | None = None
    proxy_idle_timeout: float | None = None
    services: Mapping[str, ServiceConfiguration] = field(default_factory=dict)

    def deployment(self, service: str = "") -> Deployment:
        """Return how a program is run, as far as the configuration says it.

        Args:
            service: the service's name; what its table does not say is that of the whole.
        """
        own = self.services.get(service)
        given: dict[str, Any] = {}
        for name in _DEPLOYMENT:
            value = getattr(own, name) if own is not None else None
            if own is None and name in _MULTIPLIERS and any(getattr(one, name) for one in self.services.values()):
                # Where services say it themselves, there is no one number for the project as a whole.
                continue
            value = getattr(self, name) if value is None else value
            if value is not None:
                given[name] = value if name == "proxy" else Value.of(value)
        return Deployment(**given, differs=own.differs if own is not None else {})


def read_configuration(
    check: Mapping[str, Any], services: Mapping[str, Any], where: str = "pyproject.toml"
) -> CheckConfiguration:
    """Return the validated configuration.

    Args:
        check: the raw table ``[tool.greenshift.check]``.
        services: the raw table ``[tool.greenshift.services]``.
        where: the file that they come from, for messages.

    Raises:
        ConfigurationError: a key is unknown, a value has the wrong type or is not allowed, or a rule does not exist.
    """
    table = f"[tool.greenshift.check] in {where}"
    values = _values(CheckConfiguration, check, {"services"}, table)
    for key in ("select", "ignore"):
        known_rules(values.get(key, ()), f"{key} of {table}")
    return CheckConfiguration(
        **values, services={name: _service(name, value, where) for name, value in services.items()}
    )


def _service(name: str, value: Any, where: str) -> ServiceConfiguration:
    table = f"[tool.greenshift.services.{name}] in {where}"
    if not isinstance(value, Mapping):
        raise ConfigurationError(
            f"the service {name!r} in {where} is not a table",
            f'write it as [tool.greenshift.services.{name}] with path = "FOLDER"',
        )
    service = ServiceConfiguration(name, **_values(ServiceConfiguration, value, {"name"}, table))
    # Both: two services may have modules of the same name, so each is imported from a folder of its own.
    if not service.path and not service.live:
        raise ConfigurationError(
            f"{table} says neither path nor live", 'write path = "FOLDER", or live = "MODULE:ENGINE"'
        )
    return service


def _values(kind: type[_Table], table: Mapping[str, Any], ours: set[str], where: str) -> dict[str, Any]:
    known = {item.name for item in fields(kind)} - ours  # type: ignore[arg-type]
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(sorted(known))}"
            raise ConfigurationError(f"{where} has the unknown key {key!r}", hint)
    return {key: _validated(key, value, where) for key, value in table.items()}


def _validated(key: str, value: Any, where: str) -> Any:
    if key in _LISTS:
        value = [value] if isinstance(value, str) else value
        if not isinstance(value, list) or not all(isinstance(item, str) and item for item in value):
            raise _wrong(key, "a string or a list of strings", where)
        return tuple(value)
    if key in _COUNTS:
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise _wrong(key, "a whole number from 1", where)
        return value
    if key in _SECONDS:
        if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
            raise _wrong(key, "a number of seconds above 0", where)
        return float(value)
    if key == "differs":
        if not isinstance(value, Mapping) or not all(isinstance(item, str) and item.strip() for item in value.values()):
            raise _wrong(key, 'a table of settings with a reason each, such as { pool_size = "few users" }', where)
        return dict(value)
    if not isinstance(value, str) or not value:
        raise _wrong(key, "a string", where)
    allowed = _CHOICES.get(key)
    if allowed is not None and value not in allowed:
        near = difflib.get_close_matches(value, allowed, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise ConfigurationError(
            f"{key} = {value!r} of {where} is not known", f"{hint}choose one of: {', '.join(allowed)}"
        )
    return value


def _wrong(key: str, expected: str, where: str) -> ConfigurationError:
    return ConfigurationError(f"{key!r} of {where} has the wrong type or value", f"write {expected}")
