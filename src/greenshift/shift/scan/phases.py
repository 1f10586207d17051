"""The phases of a migration, in the order in which people plan them."""

from __future__ import annotations

PHASES = {
    "infrastructure": "Engine, session factory, dependencies, URL, lifespan, requirements",
    "services": "Functions and methods that query",
    "routers": "Routes and what the framework calls",
    "eager loading": "Relationships that are read from loaded instances",
    "tests": "Tests, fixtures and clients",
    "performance": "Calls that would block the event loop",
    "alembic": "Migrations: they stay sync",
}
"""Phase and what belongs to it."""

ROUTE_METHODS = {"get", "post", "put", "patch", "delete", "head", "options", "websocket", "route", "api_route"}

BRIDGED = "runs inside run_sync"
"""What is done about a place that cannot be awaited."""
