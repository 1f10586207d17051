"""``read_services``: each service of the configuration, under each environment, as a program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from greenshift.check.configuration import CheckConfiguration, ServiceConfiguration
from greenshift.check.drift.dotenv_file import EnvironmentFile, read_environment
from greenshift.check.errors import CheckError
from greenshift.check.facts import MissingVariable, Program
from greenshift.check.live import read_live
from greenshift.check.source.decoding import read_files
from greenshift.check.source.discovery import find_files
from greenshift.check.static import read_program

# A part of a name that is shorter says nothing of whether a program uses it.
_SHORTEST: Final = 3
_REQUIREMENTS: Final = ("pyproject.toml", "requirements.txt", "setup.cfg", "Pipfile")
_WORD: Final = re.compile(r"[a-z0-9_]+")


def read_services(
    configuration: CheckConfiguration, root: Path, environments: Mapping[str, Path] | None = None
) -> list[Program]:
    """Return the services' programs: one for each service, or for each service and environment.

    Args:
        configuration: names the services; without any, several environments of the whole project can be compared.
        root: the folder of pyproject.toml.
        environments: the files of environment variables, by the environments' names.

    Raises:
        CheckError: no service is named, a service's folder does not exist, its import fails, or a file of variables
            cannot be read.
    """
    files = [read_environment(name, path, root) for name, path in (environments or {}).items()]
    services = list(configuration.services.values())
    if not services:
        if not files:
            raise CheckError(
                "[tool.greenshift.services] names no service to compare",
                'add a table for each: [tool.greenshift.services.NAME] with path = "FOLDER" or live = "MODULE:ENGINE"',
            )
        services = [ServiceConfiguration(root.resolve().name, path=".")]
    return [program for service in services for program in _programs(service, configuration, root, files)]


def _programs(
    service: ServiceConfiguration, configuration: CheckConfiguration, root: Path, files: Sequence[EnvironmentFile]
) -> Iterator[Program]:
    if service.live:
        for variables in [file.values for file in files] or [{}]:
            program = read_live(service.live, root / service.path, variables, service.name)
            yield replace(
                program,
                deployment=configuration.deployment(service.name),
                environment=_name(files, variables),
                notes=_prefixed(service.name, program.notes),
            )
        return
    texts = _texts(service, configuration, root)
    read = partial(_read, texts, configuration, service.name)
    if not files:
        yield read({})
    for file in files:
        yield replace(read(file.values), environment=file.name, missing=tuple(_missing(read, texts, file, files)))


def _texts(service: ServiceConfiguration, configuration: CheckConfiguration, root: Path) -> dict[str, str]:
    folder = root / service.path
    if not folder.is_dir():
        raise CheckError(
            f"the folder of the service {service.name!r} does not exist: {service.path}",
            f"correct path in [tool.greenshift.services.{service.name}]; it is relative to pyproject.toml",
        )
    found = find_files([folder], configuration.exclude, root)
    texts, _ = read_files(root, found.stamps)
    if not any(Path(path).name in _REQUIREMENTS for path in texts):
        # Services of one project may share its requirements.
        texts |= read_files(root, [name for name in _REQUIREMENTS if (root / name).is_file()])[0]
    if not any(path.endswith(".py") for path in texts):
        raise CheckError(
            f"the folder of the service {service.name!r} has no Python file: {service.path}",
            f"correct path in [tool.greenshift.services.{service.name}]",
        )
    return texts


def _read(
    texts: Mapping[str, str], configuration: CheckConfiguration, name: str, variables: Mapping[str, str]
) -> Program:
    program, _ = read_program(texts, configuration, variables, name)
    return replace(program, notes=_prefixed(name, program.notes))


def _missing(
    read: partial[Program], texts: Mapping[str, str], file: EnvironmentFile, files: Sequence[EnvironmentFile]
) -> Iterator[MissingVariable]:
    """Yield what another environment sets and this one does not, if it changes an engine or a session factory."""
    words = {word for text in texts.values() for word in _WORD.findall(text.lower())}
    seen: set[str] = set()
    as_is: list[object] | None = None
    for other in files:
        for name in other.values:
            if name in file.values or name in seen or not _occurs(name, words):
                continue
            as_is = _facts(read(file.values)) if as_is is None else as_is
            if _facts(read({**file.values, name: other.values[name]})) != as_is:
                seen.add(name)
                yield MissingVariable(name, file.file, other.name, other.places[name])


def _occurs(name: str, words: set[str]) -> bool:
    """Return whether a variable's name, or what follows a prefix of it, stands anywhere in a program."""
    parts = name.lower().split("_")
    endings = ("_".join(parts[at:]) for at in range(len(parts)))
    return any(len(ending) >= _SHORTEST and ending in words for ending in endings)


def _facts(program: Program) -> list[object]:
    engines = [(engine.url, dict(engine.arguments)) for engine in program.engines]
    return [*engines, *(dict(factory.arguments) for factory in program.session_factories)]


def _name(files: Sequence[EnvironmentFile], variables: Mapping[str, str]) -> str:
    return next((file.name for file in files if file.values is variables), "")


def _prefixed(name: str, notes: Sequence[str]) -> tuple[str, ...]:
    return tuple(f"{name}: {note}" for note in notes)
