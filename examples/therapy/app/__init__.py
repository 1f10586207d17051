"""Therapists, their patients and the sessions they hold together."""
