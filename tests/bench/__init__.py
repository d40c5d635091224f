"""Benchmarks: figures with their limits, run by hand on a quiet machine (``./run bench NAME``).

Each prints a table and, with ``--json FILE``, writes ``[{"name", "value", "unit", "limit", "holds"}, …]``.
What counts are ratios between two ways of doing the same on the same machine at the same time.
"""
