"""No module needs itself by way of others: each can be read, tested and taken away after those that it uses."""

from collections.abc import Iterable, Mapping
from typing import Final

import pytest

from tests.architecture.sources import Source, example, imports, shipped, sources

PACKAGES: Final = ("infra", "benchmarks", "tests")


def needs(modules: Iterable[Source]) -> dict[str, set[str]]:
    """Which of these modules each of them imports, also late or for types alone."""
    by_name = {source.module: source for source in modules}
    return {
        name: {target for module, _ in imports(source) if (target := _owner(module, by_name)) not in (None, name)}
        for name, source in by_name.items()
    }


def _owner(imported: str, modules: Mapping[str, Source]) -> str | None:
    """The module that an import is of: itself, or the one that holds what is imported."""
    parent = imported.rpartition(".")[0]
    return imported if imported in modules else parent if parent in modules else None


def circle(graph: Mapping[str, Iterable[str]]) -> list[str]:
    """Modules each of which imports the next, the last the first; empty if there are none."""
    done: set[str] = set()
    for start in graph:
        path, waiting = [start], [iter(sorted(graph[start]))]
        while waiting:
            for module in waiting[-1]:
                if module in path:
                    return path[path.index(module) :]
                if module not in done:
                    path.append(module)
                    waiting.append(iter(sorted(graph[module])))
                    break
            else:
                waiting.pop()
                done.add(path.pop())
    return []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_package_goes_in_circles(package: str) -> None:
    assert circle(needs(sources(package))) == []


def test_what_ships_goes_in_no_circles() -> None:
    assert circle(needs(shipped())) == []


def test_a_circle_is_found() -> None:
    late = [
        example("benchmarks.loading", "from benchmarks.stack import Stack"),
        example("benchmarks.stack", "from benchmarks import replay"),
        example("benchmarks.replay", "def replay():\n    from benchmarks.naive import NaiveNight"),
        example("benchmarks.naive", "import benchmarks.loading"),
        example("benchmarks.figures", "from benchmarks.stack import Stack"),
    ]
    assert circle(needs(late)) == ["benchmarks.loading", "benchmarks.stack", "benchmarks.replay", "benchmarks.naive"]
    assert circle(needs(late[1:])) == []
