"""Texts: both languages everywhere, the same placeholders, every key that is used is there."""

import re
from pathlib import Path

import pytest

from gridmap.i18n import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parents[2]
WEB = ROOT / "gridmap" / "web"
PAGE_WORDS = ("pages", "planner", "officials", "field", "compare", "import", "comments", "desk")
WORDS = "|".join(PAGE_WORDS)
QUOTED = re.compile(rf"""["'`]((?:{WORDS})\.[a-z0-9_]+)["'`]""")
# "planner.status_" ~ x, `planner.status_${x}`: the part before what comes from data.
BUILT = re.compile(rf"""["'`]((?:{WORDS})\.[a-z0-9_]*_)(?:["']|\$\{{)""")
PLACEHOLDER = re.compile(r"\{(\w+)\}")
ENDPOINTS = re.compile(
    rf"^(pages\.(landing|show_sign_in|sign_in|sign_out|choose_language)|desk\.show_issue|({WORDS})\.(show|html|js|css))$"
)


def sources() -> str:
    files = [*WEB.glob("*.py"), *WEB.glob("templates/**/*.html"), *WEB.glob("static/js/*.js")]
    return "\n".join(file.read_text("utf-8") for file in files)


def test_both_languages_say_something_with_the_same_values():
    for key, text in catalogue().items():
        assert set(text) == set(LANGUAGES), key
        assert all(text[language].strip() for language in LANGUAGES), key
        assert set(PLACEHOLDER.findall(text["zh"])) == set(PLACEHOLDER.findall(text["en"])), key


def test_every_text_of_a_page_is_there():
    used = {key for key in QUOTED.findall(sources()) if not ENDPOINTS.match(key) and key[-1] != "_"}
    assert len(used) > 100
    assert used - set(catalogue()) == set()


def test_every_built_text_has_its_family():
    for prefix in set(BUILT.findall(sources())):
        assert any(key.startswith(prefix) for key in catalogue()), prefix


@pytest.mark.parametrize("word", PAGE_WORDS)
def test_no_text_of_a_page_is_left_over(word: str):
    text = sources()
    used = set(QUOTED.findall(text))
    families = tuple(set(BUILT.findall(text)))
    left = [key for key in catalogue() if key.startswith(f"{word}.") and key not in used]
    assert [key for key in left if not key.startswith(families)] == []


def test_every_fault_of_an_import_has_a_remedy_of_its_own():
    """The page says place, fault and remedy apart; the command line says them in one line."""
    reasons = [key.removeprefix("reason.") for key in catalogue() if key.startswith("reason.import_")]
    assert len(reasons) > 10
    missing = [
        key
        for reason in reasons
        for key in (f"import.fault_{reason}", f"import.remedy_{reason}")
        if key not in catalogue()
    ]
    assert missing == []
