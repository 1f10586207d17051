"""Attributes that were read and could not be loaded: which, of what, why not there, and what loads them."""
