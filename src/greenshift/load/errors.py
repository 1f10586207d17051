"""What keeps a load from being driven or measured."""

from __future__ import annotations

from greenshift.errors import GreenshiftError


class LoadError(GreenshiftError):
    """A version cannot be served, a scenario cannot be used, or nothing could be measured."""


class ScenarioError(LoadError):
    """A scenario file, or the application's OpenAPI document, does not say what to send."""


class GeneratorError(LoadError):
    """Locust could not be started, or ended without a result."""
