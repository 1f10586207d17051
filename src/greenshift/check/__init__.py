"""Engine and pool configuration checked: in source, as built, on the server, between services."""
