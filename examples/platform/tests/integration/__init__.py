"""Both services in the process of the tests, on one PostgreSQL."""
