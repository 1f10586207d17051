"""What a running server, and a PgBouncer in front of it, say of themselves."""

from greenshift.check.server.reading import read_server
from greenshift.check.server.summary import describe_server

__all__ = ["describe_server", "read_server"]
