"""Measures, a file a family."""
