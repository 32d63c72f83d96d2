"""Who may import whom: nothing imports upward, or sideways (see the layers below)."""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

import summarize

PACKAGE = ROOT / "summarize"
# From the top: a module imports what is in lower layers, or in its own folder.
LAYERS = [
    {"__main__"},
    {"cli"},
    {"commands"},
    {"corpus", "training", "evaluation", "views"},
    {"pipeline"},
    {"models"},
    {"rnn", "document"},
    {"workers"},
    {"files", "threads", "options", "summary"},
    {"errors"},
]
RANK = {name: len(LAYERS) - i for i, layer in enumerate(LAYERS) for name in layer}
# Imports to the side, and why. Each must be there, else its line goes.
ALLOWED = {
    ("views", "evaluation.result"): "what is drawn",
    ("evaluation.probe", "training"): "the training step that scaling times",
}
# Where torch and transformers may be imported when the module is; elsewhere, inside functions.
HEAVY = "torch transformers ray matplotlib scipy datasets pyarrow ctranslate2".split()
HEAVY_ALLOWED = (
    *("rnn/attention.py", "rnn/network.py", "rnn/kernels.py", "rnn/lesson.py"),
    *("training/", "models/huggingface"),
)


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(path: Path) -> Iterator[str]:
    """Modules of this package that a file imports, wherever in it, without `summarize.`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            module = node.module or ""
            is_package = (ROOT / module.replace(".", "/")).is_dir()
            names = [f"{module}.{a.name}" for a in node.names] if is_package else [module]
        else:
            continue
        yield from (n.removeprefix("summarize.") for n in names if n.startswith("summarize."))


def is_within(module: str, name: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def may_import(importer: str, imported: str) -> bool:
    above, below = importer.split(".")[0], imported.split(".")[0]
    if above == below or imported.startswith("__version__"):
        return True
    return RANK[above] > RANK[below]


def exception_for(importer: str, imported: str) -> tuple[str, str] | None:
    for pair in ALLOWED:
        if is_within(importer, pair[0]) and is_within(imported, pair[1]):
            return pair
    return None


def test_nothing_imports_upward_or_sideways() -> None:
    wrong, used = [], set()
    for module, path in modules():
        if not module:  # summarize/__init__.py hands out names of every layer, lazily
            continue
        for imported in imports(path):
            pair = exception_for(module, imported)
            used.add(pair)
            if pair is None and not may_import(module, imported):
                wrong.append(f"{module} imports {imported}")
    assert not wrong
    assert set(ALLOWED) <= used


def test_the_rule_finds_what_it_should() -> None:
    assert may_import("commands.text", "pipeline.run") and may_import("rnn.runtime", "errors")
    for importer, imported in (
        ("models.rnn", "pipeline.run"),
        ("document.read", "rnn.tokenizer"),
        ("errors", "files"),
        ("training.trainer", "evaluation.bench"),
        ("rnn.runtime", "commands"),
    ):
        assert not may_import(importer, imported)
    assert exception_for("views.tables", "evaluation.bench") is None


def test_every_module_has_a_layer() -> None:
    for module, _ in modules():
        assert not module or module.split(".")[0] in RANK, module


def test_heavy_libraries_are_imported_where_they_are_needed() -> None:
    wrong = []
    for _, path in modules():
        name = path.relative_to(PACKAGE).as_posix()
        if name.startswith(HEAVY_ALLOWED):
            continue
        for node in ast.parse(path.read_text(encoding="utf-8")).body:  # the top level alone
            if isinstance(node, ast.Import | ast.ImportFrom):
                first = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                first = first or [alias.name for alias in node.names]
                wrong += [f"{name}: {n}" for n in first if n.split(".")[0] in HEAVY]
    assert not wrong


def test_all_names_what_there_is() -> None:
    assert sorted(summarize.__all__) == sorted(set(summarize.__all__))
    for name in summarize.__all__:
        assert getattr(summarize, name).__doc__, name
    with pytest.raises(AttributeError):
        summarize.nonsense  # noqa: B018
    assert set(summarize.__all__) <= set(dir(summarize))


def test_every_all_of_a_module_holds() -> None:
    for found in pkgutil.walk_packages([str(PACKAGE)], "summarize."):
        path = PACKAGE.parent / found.name.replace(".", "/")
        source = path / "__init__.py" if found.ispkg else path.with_suffix(".py")
        if "__all__" in source.read_text(encoding="utf-8"):
            module = importlib.import_module(found.name)
            for name in module.__all__:
                assert hasattr(module, name), f"{found.name}.{name}"


def test_no_test_imports_another() -> None:
    """What several need is in a module of helpers."""
    for path in (ROOT / "tests").glob("*.py"):
        found = re.findall(r"^(?:from|import) (test_\w+)", path.read_text(encoding="utf-8"), re.M)
        assert not found, path.name


def test_every_module_says_what_it_is() -> None:
    for module, path in modules():
        text = path.read_text(encoding="utf-8")
        assert not text.strip() or ast.get_docstring(ast.parse(text)), module
