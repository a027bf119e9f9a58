"""The tree of sections, read whole in one small query."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import select

from extensions import db
from models import Section
from services.remembered import remembered


@dataclass(slots=True)
class Node:
    """One section with its place in the tree."""

    id: int
    parent_id: int | None
    name: str
    slug: str
    description: str
    is_active: bool
    show_in_menu: bool
    show_on_home: bool
    english_name: str = ""
    children: list["Node"] = field(default_factory=list)
    depth: int = 0


class SectionTree:
    """All sections, ordered; ``roots`` are the top ones."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.by_id = {node.id: node for node in nodes}
        self.by_slug = {node.slug: node for node in self.by_id.values()}
        self.roots: list[Node] = []
        for node in [node for node in self.by_id.values() if self._is_in_a_ring(node)]:
            # Two moves at once can leave sections below each other; each stands at the top then.
            node.parent_id = None
        for node in self.by_id.values():
            parent = self.by_id.get(node.parent_id) if node.parent_id else None
            (parent.children if parent else self.roots).append(node)
        self.ordered: list[Node] = []
        for root in self.roots:
            self._place(root, 0)

    def _is_in_a_ring(self, node: Node) -> bool:
        seen: set[int] = set()
        above = node.parent_id
        while above in self.by_id and above not in seen:
            seen.add(above)
            above = self.by_id[above].parent_id
        return node.id in seen

    def _place(self, node: Node, depth: int) -> None:
        node.depth = depth
        self.ordered.append(node)
        for child in node.children:
            self._place(child, depth + 1)

    def path(self, section_id: int | None) -> list[Node]:
        """From the top down to this section; empty for none."""
        found: list[Node] = []
        node = self.by_id.get(section_id) if section_id else None
        while node is not None:
            found.append(node)
            node = self.by_id.get(node.parent_id) if node.parent_id else None
        return found[::-1]

    def ids_below(self, node: Node) -> list[int]:
        """The section's own id and those of everything under it."""
        ids = [node.id]
        for child in node.children:
            ids.extend(self.ids_below(child))
        return ids

    def choices(self, *, allowed: set[int] | None = None) -> list[Node]:
        """Active sections in order, for a select box; ``allowed`` and what is under them only."""
        return [
            node
            for node in self.ordered
            if node.is_active
            and (allowed is None or any(step.id in allowed for step in self.path(node.id)))
        ]


def load() -> SectionTree:
    """The tree, which nobody may change: others have it too."""
    return remembered("sections", _read)


def _read() -> SectionTree:
    columns = (
        Section.id,
        Section.parent_id,
        Section.name,
        Section.slug,
        Section.description,
        Section.is_active,
        Section.show_in_menu,
        Section.show_on_home,
        Section.english_name,
    )
    rows = db.session.execute(select(*columns).order_by(Section.position, Section.id))
    return SectionTree([Node(*row) for row in rows])
