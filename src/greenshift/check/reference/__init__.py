"""What SQLAlchemy, its drivers and proxies take and do: tables that rules look things up in."""
