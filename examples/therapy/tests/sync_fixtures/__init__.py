"""Solution 1: synchronous fixtures, an asynchronous application."""
