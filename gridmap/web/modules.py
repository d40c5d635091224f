"""Script modules of the pages: what each imports is named beside it, so that a browser asks for all at once.

Without the names it would learn of them one level after the other, each a way to the server and back.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from flask import url_for
from markupsafe import Markup

FOLDER = Path(__file__).parent / "static" / "js"
IMPORTED = re.compile(r'^(?:import|export|\})[^"\n]*"\./([\w.]+)";$', re.MULTILINE)


def script_module(name: str) -> Markup:
    """Write the element that runs a module, after those that fetch all it imports."""
    fetched = [
        Markup('<link rel="modulepreload" href="{}">').format(_address_of(imported))
        for imported in list_imported(name)
    ]
    runs = Markup('<script type="module" src="{}"></script>').format(_address_of(name))
    return Markup("\n").join([*fetched, runs])


@cache
def list_imported(name: str) -> tuple[str, ...]:
    """List the modules that a module imports, directly or not, without itself; nearest first."""
    found = {name: None}
    waiting = [name]
    for module in waiting:
        text = (FOLDER / module).read_text(encoding="utf-8")
        new = [imported for imported in IMPORTED.findall(text) if imported not in found]
        found |= dict.fromkeys(new)
        waiting += dict.fromkeys(new)
    return tuple(found)[1:]


def _address_of(name: str) -> str:
    return url_for("static", filename=f"js/{name}")
