"""What every model is tried on: one behaviour a module, found by the registry."""
