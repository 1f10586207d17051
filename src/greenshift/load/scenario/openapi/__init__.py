"""Scenarios from an application's OpenAPI document."""
