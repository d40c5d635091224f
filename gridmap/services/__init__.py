"""The product: functions ``(session, actor, …)`` that web, command line and worker share.

A service checks the permission itself, flushes but never commits, and leaves one audit row for every
change, in the change's own transaction.
"""
