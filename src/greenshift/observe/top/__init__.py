"""``greenshift top``: connections, waits and slow statements, live, of an observed application or a PostgreSQL."""
