"""The routes of the backend."""
