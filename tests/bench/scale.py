"""``./run bench scale``: see `tests.bench.scaling`.

This file stays empty of imports: processes that are forked for the planning import the one that was started.
"""

import sys
from importlib import import_module

if __name__ == "__main__":
    sys.exit(import_module("tests.bench.scaling").main())
