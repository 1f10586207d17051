"""Async mirrors of sync test files: the same tests against the async API, kept up to date."""
