"""All of it on one application, in one run: ``greenshift demo``."""
