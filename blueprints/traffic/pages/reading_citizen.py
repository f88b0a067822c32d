"""Whoever looks at a page of public transport, and what they keep at hand."""

from hub.web import visitor

from . import sources


def favourites_of_visitor() -> dict[str, str]:
    """Target to id; empty for whoever is not signed in."""
    somebody = visitor()
    if somebody is None:
        return {}
    return {one["target"]: one["id"] for one in sources.favourites(somebody.actor)}
