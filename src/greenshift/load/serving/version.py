"""A version ready to be served: its code, its interpreter, its configuration."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from greenshift.application.interpreter import Interpreter
from greenshift.application.sources import sources_that_run
from greenshift.config import Config, load_config
from greenshift.load.errors import LoadError
from greenshift.load.results import VersionFacts
from greenshift.load.serving import interpreter as serving
from greenshift.load.serving.application import ServedApplication
from greenshift.load.serving.pool_arguments import asking
from greenshift.load.serving.source import Source, opened_source
from greenshift.load.serving.variables import is_async, variables_for
from greenshift.postgres import Address

_BRIDGE: Final = re.compile(r"\.run_sync\(|\brun_in_threadpool\(|\bto_thread(?:\.run_sync)?\(")


@dataclass(frozen=True)
class Version:
    """One version.

    Args:
        label: ``before``, ``after`` or ``application``.
        source: its code.
        interpreter: its Python.
        config: ``[tool.greenshift]`` of its folder.
        app: ``module:attribute``.
        variables: further environment variables.
    """

    label: str
    source: Source
    interpreter: Interpreter
    config: Config
    app: str
    variables: Mapping[str, str] = field(default_factory=dict)

    def facts(self) -> VersionFacts:
        """Return what reports say of it."""
        folder = self.source.folder
        bridged = sum(len(_BRIDGE.findall(text)) for _, text in sources_that_run(folder))
        return VersionFacts(self.label, self.source.name, serving.words(self.interpreter), is_async(folder), bridged)

    def environment(
        self, address: Address, database: str, pool_size: int | None = None, max_overflow: int | None = None
    ) -> dict[str, str]:
        """Return the variables that lead it to a database.

        Args:
            address: where the server is, for this version.
            database: its name.
            pool_size: another size for its pools.
            max_overflow: likewise.
        """
        found = variables_for(self.config, self.interpreter, address, database, self.variables)
        return {
            name: asking(value, pool_size, max_overflow) if value.startswith("postgresql") else value
            for name, value in found.items()
        }

    def serve(self, environment: Mapping[str, str], database: str, workers: int) -> ServedApplication:
        """Serve it.

        Args:
            environment: of `environment`.
            database: the database that it may connect to.
            workers: uvicorn's.
        """
        return ServedApplication(
            self.interpreter, self.source.folder, self.app, environment, database=database, workers=workers
        )


@contextmanager
def opened_version(
    label: str,
    given: str,
    *,
    app: str | None = None,
    python: Path | None = None,
    variables: Mapping[str, str] | None = None,
) -> Iterator[Version]:
    """Make a version ready, for as long as the block runs.

    Args:
        label: ``before``, ``after`` or ``application``.
        given: a folder or a git revision.
        app: ``module:attribute``; else what ``[tool.greenshift]`` says.
        python: its interpreter; this one by default.
        variables: further environment variables.

    Raises:
        ApplicationError: its interpreter cannot serve it.
        LoadError: something of it is missing.
    """
    with ExitStack() as stack:
        source = stack.enter_context(opened_source(given))
        config = load_config(source.folder, {})
        app = app or config.app
        if app is None:
            raise LoadError(
                f"which application of {source.name} to serve is not said",
                "give --app module:attribute, or app in [tool.greenshift]",
            )
        if not config.configured:
            config = replace(config, root=source.folder)
        interpreter = stack.enter_context(serving.opened(python))
        yield Version(label, source, interpreter, config, app, variables or {})
