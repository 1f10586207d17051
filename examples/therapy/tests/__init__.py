"""The same application tested in three ways, one folder each."""
