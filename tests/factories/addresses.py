"""Every address of the desk, found by walking the resolver: a new page is in every table test by itself."""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver


def addresses() -> dict[str, tuple[str, ...]]:
    """Full name, with the names of its arguments. An address without a name cannot be listed, so there is none."""

    def walk(patterns: list[Any], namespace: str, arguments: tuple[str, ...]) -> Iterator[tuple[str, tuple[str, ...]]]:
        for pattern in patterns:
            own = (*arguments, *pattern.pattern.converters)
            if isinstance(pattern, URLPattern):
                assert pattern.name, f"{pattern} has no name"
                yield f"{namespace}{pattern.name}", own
            else:
                inside = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
                yield from walk(pattern.url_patterns, inside, own)

    found = list(walk(get_resolver().url_patterns, "", ()))
    assert len(dict(found)) == len(found), "two addresses have one name"
    return dict(found)
