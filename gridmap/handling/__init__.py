"""What may happen to an issue, by when, and how well it was done: the loop of issues as data and arithmetic.

**The law of this folder: tables and events in, frozen results out; every instant with its zone; no database,
no web, no clock of its own; a table that does not hold together is refused when it is read.**
"""
