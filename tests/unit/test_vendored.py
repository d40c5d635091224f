"""What others wrote and we serve is listed with its digest; our own pages name no address of another host."""

import hashlib
import json
import re
from pathlib import Path

WEB = Path(__file__).resolve().parents[2] / "gridmap" / "web"
VENDOR = WEB / "static" / "vendor"
REGISTER = json.loads((VENDOR / "vendor.json").read_text("utf-8"))
FOREIGN = re.compile(r"(?:https?:)?//[a-z0-9][a-z0-9.-]*\.[a-z]{2,}", re.IGNORECASE)
NAMESPACES = ("http://www.w3.org/2000/svg",)  # a name, never asked for


def own_files() -> list[Path]:
    """Templates, scripts, styles and pictures that are ours."""
    kinds = {".html", ".js", ".css", ".svg", ".json"}
    files = [file for file in WEB.rglob("*") if file.suffix in kinds and VENDOR not in file.parents]
    assert len(files) > 20
    return files


def test_every_vendored_file_has_the_listed_digest():
    listed = {name: digest for entry in REGISTER.values() for name, digest in entry["files"].items()}
    found = {
        file.relative_to(VENDOR).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.rglob("*")
        if file.is_file() and file.name != "vendor.json"
    }
    assert found == listed


def test_every_entry_says_what_it_is():
    for name, entry in REGISTER.items():
        assert set(entry) == {"version", "origin", "licence", "files"}, name
        assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"]), name
        assert re.fullmatch(r"(@[a-z0-9-]+/)?[a-z0-9.-]+", entry["origin"]), name
        assert all(path.split("/")[0].endswith(f"-{entry['version']}") for path in entry["files"]), name


def test_no_page_names_another_host():
    found = {
        file.relative_to(WEB).as_posix(): hits
        for file in own_files()
        if (hits := [hit for hit in FOREIGN.findall(_without_namespaces(file)) if hit])
    }
    assert found == {}


def test_no_page_carries_script_or_style_of_its_own():
    inline = re.compile(
        r"<script(?![^>]*(?:src=|application/json))|<style|\sstyle=|\son[a-z]+=\"", re.IGNORECASE
    )
    templates = {file.name: file.read_text("utf-8") for file in (WEB / "templates").rglob("*.html")}
    assert [name for name, text in templates.items() if inline.search(text)] == []


def _without_namespaces(file: Path) -> str:
    text = file.read_text("utf-8")
    for name in NAMESPACES:
        text = text.replace(name, "")
    return text
