"""What a map of counts may say: rates, windows, tests, fixed cells, a smooth surface.

**The law of this folder: arrays in, frozen results out; households are the denominator, never area; every
choice a test makes is reported with its result; what cannot be told is said to be unknown, never shown as
quiet; no database, no web, no chance; inputs are never changed.**
"""
