"""The pytest plugin: configuration, fixtures, isolation modes, guards."""
