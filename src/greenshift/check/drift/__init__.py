"""Several services, and several environments, side by side."""
