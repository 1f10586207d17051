"""Solution 3: fixtures and application share one transaction."""
