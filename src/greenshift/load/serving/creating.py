"""The process that fills a database as ``[tool.greenshift]`` says: metadata, SQL files, a function, seeds.

``python -m greenshift.load.serving.creating FOLDER URL`` in the version's interpreter, since it imports the version's
code. Migrations are run by Alembic's own command.
"""

from __future__ import annotations

import sys
from pathlib import Path

from greenshift.config import Config, load_config
from greenshift.definitions import Definition, from_callable, from_metadata, from_sql, with_seeds
from greenshift.errors import GreenshiftError
from greenshift.postgres import ServerSettings, TemplateTarget, open_server


def create(config: Config, url: str) -> None:
    """Fill a database.

    Args:
        config: of the version.
        url: the database's, for libpq.

    Raises:
        GreenshiftError: what makes it fails.
    """
    server = open_server(ServerSettings(url=url))
    with_seeds(_schema(config), config.seed, root=config.root).build(
        TemplateTarget(server, server.maintenance_database)
    )


def _schema(config: Config) -> Definition:
    if config.metadata:
        return from_metadata(config.metadata)
    if config.sql:
        return from_sql([config.root / name for name in config.sql])
    if config.setup is not None:
        return from_callable(config.setup)
    return Definition("nothing", lambda _target: None, "what is there")


def main() -> None:
    """Read from the arguments what to do; a failure is its problem, in one line."""
    folder, url = sys.argv[1:]
    try:
        create(load_config(Path(folder), {}), url)
    except GreenshiftError as error:
        sys.exit(error.problem)


if __name__ == "__main__":
    main()
