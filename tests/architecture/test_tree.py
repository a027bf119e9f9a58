"""The tree itself: layers, pins, licences."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
VENDORED = [
    path
    for folder in ("static/vendor", "static/fonts")
    for path in sorted((ROOT / folder).iterdir())
    if path.is_dir() or folder == "static/fonts"
]


def test_imports_run_one_way() -> None:
    result = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout


# Of ours, what each module beside the packages may import (architecture.md, Layers).
MAY_IMPORT = {
    "extensions.py": set(),
    "configuration.py": set(),
    "assets.py": set(),
    "models.py": {"tables"},
    "processes.py": set(),
    "queueing.py": set(),
    "serving.py": {"blueprints", "watching"},
    "turns.py": set(),
    "watching.py": set(),
    "worker.py": {"extensions", "queueing", "services"},
    "app.py": {
        "assets",
        "blueprints",
        "configuration",
        "extensions",
        "processes",
        "services",
        "serving",
        "turns",
        "worker",
    },
}
OURS = {
    "app",
    "assets",
    "blueprints",
    "configuration",
    "demo",
    "extensions",
    "models",
    "processes",
    "queueing",
    "services",
    "serving",
    "tables",
    "turns",
    "watching",
    "worker",
}
WEB = {"flask", "flask_login", "flask_wtf", "werkzeug", "wtforms", "jinja2"}


def imported_by(path: Path) -> set[str]:
    """The top-level packages that a module imports, wherever in it the import stands."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def test_every_module_beside_the_packages_has_its_place_among_the_layers() -> None:
    assert {path.name for path in ROOT.glob("*.py")} == set(MAY_IMPORT)


@pytest.mark.parametrize("name", MAY_IMPORT)
def test_a_module_imports_only_from_layers_below_it(name: str) -> None:
    assert imported_by(ROOT / name) & OURS <= MAY_IMPORT[name]


def test_models_do_not_know_that_there_is_a_web() -> None:
    for path in (ROOT / "tables").glob("*.py"):
        assert imported_by(path) & WEB == set(), path
        assert imported_by(path) & OURS <= {"extensions", "tables"}, path


def test_demonstration_content_is_data_and_imports_nothing_of_ours() -> None:
    for path in (ROOT / "demo").rglob("*.py"):
        assert imported_by(path) & OURS <= {"demo"}, path


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_requirement_is_pinned(name: str) -> None:
    lines = (ROOT / name).read_text("utf-8").splitlines()
    wanted = [line for line in lines if line and not line.startswith(("#", "-r "))]
    assert wanted
    assert [line for line in wanted if not re.fullmatch(r"[\w.\[\]-]+==[\w.]+", line)] == []


@pytest.mark.parametrize("path", VENDORED, ids=lambda path: path.name)
def test_what_is_vendored_comes_with_its_licence(path: Path) -> None:
    folder = path if path.is_dir() else path.parent
    names = [file.name.lower() for file in folder.iterdir()]
    assert any(re.match(r"(licen[cs]e|ofl|copying)", name) for name in names), folder


def test_the_project_comes_with_its_licence() -> None:
    assert (ROOT / "LICENSE").is_file()
