"""Measurements that anyone can rerun: `python -m benchmarks.NAME --help`. Each prints a table and, as its last
line, one JSON object. Corpora are named by path; none is part of the project."""
