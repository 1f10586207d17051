"""What differs between services."""
