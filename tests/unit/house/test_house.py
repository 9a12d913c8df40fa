"""Sizes of modules and functions, reasons for exceptions, and what no file of the project may say."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator

import pytest

from tests.unit.house.tree import PACKAGES, ROOT, modules, texts

LONGEST_MODULE, LONGEST_VERIFIER, LONGEST_FUNCTION = 400, 500, 60

# Put together here, so that this file does not hold what it looks for.
REGISTRY_HOSTS = ("pypi" + ".org", "python" + "hosted.org", "npmjs" + ".org", "debian" + ".org/debian")
FOREIGN_PATHS = ("/wo" + "rk/", "/tmp" + "/brief", "/ro" + "ot/", "file:///" + "opt")
TICKETS = re.compile(r"\b(?:issue|ticket|pull request|PR) ?#?\d+\b|\bGH-\d+\b", re.IGNORECASE)
SAYS_WHY = re.compile(r"#(?!\s*noqa\b).*\w|# noqa: \w+ *[-–] *\w")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.AST) -> Iterator[Function]:
    """Yield every function and method of a module."""
    for node in ast.walk(tree):
        if isinstance(node, Function):
            yield node


def broad_handlers(tree: ast.AST) -> Iterator[ast.ExceptHandler]:
    """Yield the handlers that catch every error and do not raise it again."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = node.type.elts if isinstance(node.type, ast.Tuple) else [node.type]
            names = {item.id for item in caught if isinstance(item, ast.Name)}
            raises = any(isinstance(inner, ast.Raise) for inner in ast.walk(node))
            if not raises and (node.type is None or names & {"Exception", "BaseException"}):
                yield node


def test_no_module_is_too_long() -> None:
    """No module has over 400 lines; the stand-alone verifier may have 500."""
    found = [
        f"{path}: {len(text.splitlines())} lines"
        for path, text in modules()
        if len(text.splitlines()) > (LONGEST_VERIFIER if path.startswith("verifier/") else LONGEST_MODULE)
    ]
    assert found == []


def test_no_function_is_too_long() -> None:
    """No function has over 60 lines, but for migrations: lists of columns, written once and never edited."""
    found = [
        f"{path}:{function.lineno}: {function.name}"
        for path, text in modules()
        if "/migrations/versions/" not in path
        for function in functions(ast.parse(text))
        if (function.end_lineno or 0) - function.lineno + 1 > LONGEST_FUNCTION
    ]
    assert found == []


def test_every_module_says_what_it_is_for() -> None:
    """Every module begins with a docstring; an empty __init__.py needs none."""
    found = [path for path, text in modules() if text.strip() and ast.get_docstring(ast.parse(text)) is None]
    assert found == []


def test_nine_of_ten_public_functions_are_documented() -> None:
    """At least 90 % of the public functions of the product have a docstring."""
    public = [
        function
        for _, text in modules(*PACKAGES)
        for function in functions(ast.parse(text))
        if not function.name.startswith("_")
    ]
    documented = [function for function in public if ast.get_docstring(function) is not None]
    assert len(documented) >= 0.9 * len(public)


def test_who_swallows_every_error_says_why() -> None:
    """A handler that catches every error without raising again has its reason in a comment beside it."""
    found = []
    for path, text in modules():
        lines = text.splitlines()
        for handler in broad_handlers(ast.parse(text)):
            around = [lines[handler.lineno - 1], lines[handler.lineno]]
            if not any(SAYS_WHY.search(line) for line in around):
                found.append(f"{path}:{handler.lineno}")
    assert found == []


def test_every_lint_exception_names_what_it_lets_pass() -> None:
    """`noqa` and `type: ignore` name the one rule that they switch off, never all."""
    blanket = re.compile(r"#\s*(?:noqa(?!:)|type:\s*ignore(?!\[))|(?:ruff|mypy):\s*(?:noqa|ignore-errors)")
    found = [
        f"{path}:{number}"
        for path, text in modules()
        if not path.endswith("test_house.py")
        for number, line in enumerate(text.splitlines(), start=1)
        if blanket.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("word", REGISTRY_HOSTS + FOREIGN_PATHS)
def test_no_file_names_a_registry_host_or_a_path_of_some_machine(word: str) -> None:
    """Where packages come from is the machine's own setting, and nobody's folders belong in the project."""
    assert [path for path, text in texts() if word in text] == []


def test_no_file_speaks_of_tickets() -> None:
    """A file explains itself without a number that its reader can't look up."""
    assert [path for path, text in texts() if not path.endswith("lock.txt") and TICKETS.search(text)] == []


def test_the_lock_holds_pins_with_hashes_and_nothing_else() -> None:
    """Every line of the lock is a pin or a SHA-256 of it: no host, no index, no local file."""
    lines = (ROOT / "requirements" / "lock.txt").read_text(encoding="ascii").splitlines()
    pin = re.compile(r"[a-z0-9][a-z0-9._-]*(?:\[[a-z0-9,_-]+\])?==[^\s/:]+ \\|    --hash=sha256:[0-9a-f]{64}(?: \\)?")
    assert [line for line in lines if not pin.fullmatch(line)] == []


def test_the_lock_pins_all_that_the_project_asks_for() -> None:
    """Each package named in pyproject.toml, and each that builds the project, is pinned in the lock."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    project = settings["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"], *settings["build-system"]["requires"]]
    wanted += [line for line in (ROOT / "requirements" / "build.in").read_text().splitlines() if line[:1] != "#"]
    lock = (ROOT / "requirements" / "lock.txt").read_text(encoding="ascii")
    pinned = {line.split("[")[0].split("==")[0] for line in lock.splitlines() if not line.startswith(" ")}
    names = {re.split(r"[\[<>=~!; ]", item, maxsplit=1)[0].lower().replace("_", "-") for item in wanted}
    assert names - pinned == set()
