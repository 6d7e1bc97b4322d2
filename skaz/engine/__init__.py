"""A bundle on disk and what runs it."""
