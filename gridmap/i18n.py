"""Texts in Chinese and English: one catalogue a word under ``locale/``, both languages side by side.

A catalogue is ``{"key": {"zh": "...", "en": "..."}}``; placeholders are ``{name}``. A missing key is an
error, so that a page never shows one.
"""

import json
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

LANGUAGES = ("zh", "en")


@cache
def catalogue() -> Mapping[str, Mapping[str, str]]:
    """Read all catalogues; a key that stands twice is an error."""
    texts: dict[str, dict[str, str]] = {}
    for file in sorted(files("gridmap").joinpath("locale").iterdir(), key=lambda entry: entry.name):
        if not file.name.endswith(".json"):
            continue
        for key, text in json.loads(file.read_text("utf-8")).items():
            if key in texts:
                raise ValueError(f"{file.name}: the key {key} stands in another catalogue too")
            texts[key] = text
    return MappingProxyType(texts)


def translate(key: str, language: str = "zh", /, **values: Any) -> str:
    """Give the text of ``key`` in ``language`` with ``values`` filled in.

    Raises
    ------
    KeyError
        If the key is in no catalogue.
    """
    text = catalogue()[key][language if language in LANGUAGES else "zh"]
    return text.format(**values) if values else text


def texts_of(prefix: str, language: str) -> dict[str, str]:
    """Give all texts whose key starts with ``prefix``, for the scripts of a page."""
    return {key: text[language] for key, text in catalogue().items() if key.startswith(prefix)}
