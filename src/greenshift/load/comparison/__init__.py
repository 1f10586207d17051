"""Rounds of versions under equal load, what differs between them beyond the noise, and which targets they meet."""
