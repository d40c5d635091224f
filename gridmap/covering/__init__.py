"""Who is reached from where, on foot, and where the next station should stand.

**The law of this folder: arrays and frames in, frozen results out; metres walked, never degrees; no
database, no web, no global chance; inputs are never changed; no optimum is claimed without its bound.**
"""
