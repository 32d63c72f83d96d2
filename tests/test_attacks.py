"""Texts made to cost time: the work grows as they do. Steps are counted, not seconds; what a
regular expression does in one step is bounded by its form."""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
import random
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from re import _compiler, _constants, _parser  # type: ignore[attr-defined]
from types import ModuleType
from typing import Any

import pytest

import summarize.document
from summarize.document.read import from_bytes
from summarize.errors import DocumentError

ROOT = Path(__file__).parent.parent


def harness(name: str) -> ModuleType:
    """One of the benchmarks, whose short form the tests here are."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


ATTACKS = harness("attacks").ATTACKS
FUZZ = harness("fuzz")
SMALL, FACTOR = 2_500, 4
SLACK = 1.25  # over linear
CONSTANT = 3_000  # steps that any text costs
CHEAP = 12  # steps for each byte; where a limit sets in, what follows may cost more than before


def steps(data: bytes, name: str) -> tuple[int, int]:
    """How many functions are called to read it, and how many characters come of it."""
    count = 0

    def called(*_: object) -> None:
        nonlocal count
        count += 1

    size = 0
    sys.setprofile(called)
    try:
        document = from_bytes(data, name)
        size = len(document.sentences) + len(document.text)
    except DocumentError:
        pass
    finally:
        sys.setprofile(None)
    return count, size


@pytest.mark.parametrize("name", list(ATTACKS))
def test_steps_grow_as_the_text_does(name: str) -> None:
    attack = ATTACKS[name]
    path = f"it.{attack.suffix}"
    steps(attack.build(SMALL), path)  # imports, caches
    small, _ = steps(attack.build(SMALL), path)
    data = attack.build(FACTOR * SMALL)
    large, size = steps(data, path)
    assert large <= max(FACTOR * SLACK * small + CONSTANT, CHEAP * len(data))
    if attack.suffix != "docx":  # whose size is that of what is unpacked
        assert size <= 3 * len(data)


@pytest.mark.parametrize("start", range(0, 200, 50))
def test_damaged_files_are_documents_or_errors(start: int) -> None:
    for seed in range(start, start + 50):
        FUZZ.check(*FUZZ.damaged(random.Random(seed)))


# Regular expressions. Python's backtrack: two repetitions side by side that may match the same
# characters take time that grows with the square of the text, as does one at the start of a
# pattern that is searched for.

UNBOUNDED = 1000
SAMPLE = [chr(n) for n in range(128)] + list("éß\u2010\u201c\u00a0汉")


def patterns() -> Iterator[tuple[str, re.Pattern[str]]]:
    package = summarize.document
    for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
        module = importlib.import_module(info.name)
        for name, value in vars(module).items():
            if isinstance(value, re.Pattern) and isinstance(value.pattern, str):
                yield f"{info.name}.{name}", value


PATTERNS = dict(patterns())


@pytest.mark.parametrize("name", list(PATTERNS))
def test_no_pattern_backtracks_far(name: str) -> None:
    pattern = PATTERNS[name]
    tree = _parser.parse(pattern.pattern, pattern.flags)
    assert not list(ambiguous(tree, tree.state, pattern.flags))
    source = sys.modules[name.rpartition(".")[0]].__file__
    assert source is not None
    searched = re.search(
        rf"\b{name.rpartition('.')[2]}\.(?:search|sub|subn|finditer|findall|split)\b",
        Path(source).read_text(),
    )
    if searched:
        assert not begins_unbounded(tree), "searched for, and begins with a repetition"


def is_unbounded(node: Any) -> bool:
    return node[0] in REPEATS and node[1][1] >= UNBOUNDED


REPEATS = (_constants.MAX_REPEAT, _constants.MIN_REPEAT)


def begins_unbounded(tree: Any) -> bool:
    for place, node in enumerate(tree):
        if node[0] is _constants.AT and node[1] is not _constants.AT_BOUNDARY:
            return False
        if is_unbounded(node):
            return place + 1 < len(tree)  # alone it takes all there is, and begins after that
        if node[0] is _constants.SUBPATTERN:
            return begins_unbounded(node[1][3])
        if node[0] is _constants.BRANCH:
            return any(map(begins_unbounded, node[1][1]))
        if not (node[0] in REPEATS and node[1][0] == 0):
            return False
    return False


def ambiguous(tree: Any, state: Any, flags: int) -> Iterator[str]:
    """Repetitions after each other, with nothing sure between, that share characters."""
    nodes = list(flat(tree))
    for place, node in enumerate(nodes):
        if not is_unbounded(node):
            continue
        own = characters(node[1][2], state, flags)
        for following in nodes[place + 1 :]:
            if is_unbounded(following) and own & characters(following[1][2], state, flags):
                yield f"{node} before {following}"
            if sure(following, own, state, flags):
                break
    for node in tree:
        for child in children(node):
            yield from ambiguous(child, state, flags)


def flat(tree: Any) -> Iterator[Any]:
    """The nodes in order, those of groups that are no alternatives among them."""
    for node in tree:
        if node[0] is _constants.SUBPATTERN:
            yield from flat(node[1][3])
        else:
            yield node


def children(node: Any) -> list[Any]:
    if node[0] is _constants.SUBPATTERN:
        return [node[1][3]]
    if node[0] is _constants.BRANCH:
        return list(node[1][1])
    return [node[1][2]] if node[0] in REPEATS else []


def sure(node: Any, before: set[str], state: Any, flags: int) -> bool:
    """Whether it has to match something, and something else than what is before it."""
    if node[0] in REPEATS:
        if node[1][0] == 0:
            return False
        return not is_unbounded(node) or not before & characters(node[1][2], state, flags)
    return node[0] not in (_constants.AT, _constants.ASSERT, _constants.ASSERT_NOT)


def characters(tree: Any, state: Any, flags: int) -> set[str]:
    """Those of the sample that it may match, over all that it consists of."""
    found: set[str] = set()
    for node in tree:
        inner = children(node)
        if inner:
            for child in inner:
                found |= characters(child, state, flags)
        elif node[0] in (_constants.IN, _constants.LITERAL, _constants.NOT_LITERAL, _constants.ANY):
            single = _compiler.compile(_parser.SubPattern(state, [node]), flags)
            found |= {one for one in SAMPLE if single.match(one)}
    return found
