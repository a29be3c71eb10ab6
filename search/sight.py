"""What a viewer may see, as a part of every search, count and facet: the same rule as ``Viewer.may_see``."""

from __future__ import annotations

from cases.viewer import MAY_UNMASK, Viewer
from search.tree import Among, Node, Not, Nothing, every

# The machine itself, and roles that may see personal data, may look for a phone or an ID number by its keyed hash.
_MAY_LOOK_UP = MAY_UNMASK | {"system"}


def sight(viewer: Viewer) -> Node:
    """The filter for this viewer. An erased document (a tombstone) is there for nobody."""
    if viewer.sees_nothing:
        return Nothing()
    parts: list[Node] = [Not(Among("flags", frozenset({"erased"})))]
    if not viewer.sees_secret:
        parts.append(Not(Among("flags", frozenset({"secret"}))))
    if viewer.blocked:
        parts.append(Not(Among("accused", viewer.blocked)))
    if viewer.sender is not None:
        parts.append(Among("senders", frozenset({viewer.sender})))
    if viewer.units is not None:
        if not viewer.units:
            return Nothing()
        parts.append(Among("units", viewer.units))
    return every(*parts)


def may_look_up(viewer: Viewer) -> bool:
    return viewer.role in _MAY_LOOK_UP
