"""Where a server comes from, how it is started, and how it ends."""
