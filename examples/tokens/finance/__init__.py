"""A small finance API: users connect their banks, and the application keeps their OAuth tokens valid."""
