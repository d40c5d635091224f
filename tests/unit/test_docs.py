"""The documentation says what is there: commands, paths, pictures; both READMEs say the same."""

import re
import subprocess
from pathlib import Path

import pytest

from gridmap.cli import COMMANDS

ROOT = Path(__file__).resolve().parents[2]
READMES = ("README.md", "README.zh-CN.md")
RUN_WORDS = {"test", "check", "bench"}  # words of ./run itself
FOREIGN = re.compile(
    r"pypi\.org|pythonhosted\.org|npmjs\.(org|com)|deb\.debian\.org|unpkg\.com|jsdelivr|/work/main|/root/\."
)


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def commands_in(text: str) -> list[str]:
    """The command lines of the fenced sh blocks, without their comments."""
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line]


def tracked_files() -> list[Path]:
    if not (ROOT / ".git").exists():
        return [path for path in ROOT.rglob("*") if path.is_file() and ".venv" not in path.parts]
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name]


@pytest.mark.parametrize("page", [*READMES, *(f"docs/{path.name}" for path in ROOT.glob("docs/*.md"))])
def test_links_and_pictures_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#]+)\)", text_of(page))
    folder = (ROOT / page).parent
    missing = [target for target in targets if "://" not in target and not (folder / target).exists()]
    assert not missing


def test_the_map_of_the_code_names_what_exists():
    table = text_of("README.md").split("## The map of the code")[1].split("##")[0]
    places = [
        place
        for row in re.findall(r"^\| (.+?) \|", table, re.MULTILINE)
        for place in re.findall("`(.+?)`", row)
    ]
    assert len(places) > 10
    assert not [place for place in places if not (ROOT / place).exists()]


@pytest.mark.parametrize("readme", READMES)
def test_every_command_is_one(readme):
    words = [line.split()[1] for line in commands_in(text_of(readme)) if line.startswith("./run ")]
    assert words
    assert not [word for word in words if word not in RUN_WORDS | set(COMMANDS)]


def test_both_readmes_give_the_same_commands():
    english, chinese = (commands_in(text_of(readme)) for readme in READMES)
    assert english == chinese


def test_the_changelog_has_a_place_for_what_comes():
    assert "## Unreleased" in text_of("CHANGELOG.md")


def test_no_file_names_a_registry_or_a_machine():
    wrong = []
    for path in tracked_files():
        if "vendor" in path.parts or path == Path(__file__) or not path.is_file():
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        if found := FOREIGN.search(text):
            wrong.append(f"{path.relative_to(ROOT)}: {found.group()}")
    assert not wrong


def test_every_query_opens_with_its_contract():
    queries = sorted((ROOT / "gridmap" / "sql").glob("*.sql"))
    assert queries
    contract = re.compile(r"-- \w.*-- Parameters: .*(Columns|Returns): .*Relies on\b", re.DOTALL)
    lacking = [query.name for query in queries if not contract.match(query.read_text("utf-8"))]
    assert not lacking
