"""Templates of the tests, made from SQL."""

from __future__ import annotations

from collections.abc import Callable

from greenshift.postgres import Database, Run, Server, Template, TemplateSource, TemplateTarget

MakeDatabase = Callable[..., Database]


def template_of(server: Server, run: Run, schema: str, fingerprint: str | None = None) -> Template:
    """Return a template built from SQL statements, run at once in one transaction."""

    def build(target: TemplateTarget) -> None:
        with target.connect() as connection:
            connection.execute(schema.encode())

    return Template.ensure(server, run, TemplateSource(fingerprint or schema, build, "a test's schema"))
