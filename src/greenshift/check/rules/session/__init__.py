"""Session factories and sessions."""
