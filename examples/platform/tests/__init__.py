"""Three levels of tests: rules, both services in one process, both as processes of their own."""
