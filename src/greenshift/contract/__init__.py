"""Ready-made tests for any models, sync and async."""
