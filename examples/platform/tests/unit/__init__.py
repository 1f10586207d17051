"""The rules: what the services configure, without a database."""
