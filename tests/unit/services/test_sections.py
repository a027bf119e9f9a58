"""The tree of sections: order, ways up, what lies below."""

import pytest

from services.sections import Node, SectionTree


def node(number: int, parent: int | None = None, *, is_active: bool = True) -> Node:
    return Node(
        id=number,
        parent_id=parent,
        name=f"Mục {number}",
        slug=f"muc-{number}",
        description="",
        is_active=is_active,
        show_in_menu=True,
        show_on_home=True,
    )


@pytest.fixture
def tree() -> SectionTree:
    """1 (3 (5), 4), 2: read from the database in the order of position."""
    return SectionTree([node(1), node(2), node(3, 1), node(4, 1, is_active=False), node(5, 3)])


def test_each_section_follows_its_parent_and_knows_how_deep_it_is(tree: SectionTree) -> None:
    assert [(n.id, n.depth) for n in tree.ordered] == [(1, 0), (3, 1), (5, 2), (4, 1), (2, 0)]
    assert [n.id for n in tree.roots] == [1, 2]
    assert tree.by_slug["muc-5"].id == 5


def test_siblings_keep_the_order_that_they_were_given() -> None:
    tree = SectionTree([node(9), node(2, 9), node(1, 9)])
    assert [n.id for n in tree.ordered] == [9, 2, 1]


def test_the_path_runs_from_the_top_down(tree: SectionTree) -> None:
    assert [n.id for n in tree.path(5)] == [1, 3, 5]
    assert [n.id for n in tree.path(2)] == [2]


@pytest.mark.parametrize("unknown", [None, 0, 99])
def test_no_section_has_no_path(tree: SectionTree, unknown: int | None) -> None:
    assert tree.path(unknown) == []


def test_a_section_holds_what_is_in_every_one_below_it(tree: SectionTree) -> None:
    assert tree.ids_below(tree.by_id[1]) == [1, 3, 5, 4]
    assert tree.ids_below(tree.by_id[5]) == [5]


def test_a_closed_section_is_not_offered(tree: SectionTree) -> None:
    assert [n.id for n in tree.choices()] == [1, 3, 5, 2]


def test_somebody_given_one_section_is_offered_it_and_what_is_below(tree: SectionTree) -> None:
    assert [n.id for n in tree.choices(allowed={3})] == [3, 5]
    assert [n.id for n in tree.choices(allowed={2, 5})] == [5, 2]
    assert tree.choices(allowed=set()) == []


def test_a_section_whose_parent_is_gone_stands_at_the_top() -> None:
    tree = SectionTree([node(1), node(7, 99)])
    assert [(n.id, n.depth) for n in tree.ordered] == [(1, 0), (7, 0)]


def test_sections_that_stand_below_each_other_stand_at_the_top_and_hang_nothing() -> None:
    """Two people who move two sections at once can leave a ring."""
    tree = SectionTree([node(1), node(2, 3), node(3, 2), node(4, 4), node(5, 3)])
    assert [(n.id, n.depth) for n in tree.ordered] == [(1, 0), (2, 0), (3, 0), (5, 1), (4, 0)]
    assert tree.ids_below(tree.by_id[3]) == [3, 5]
    assert [n.id for n in tree.path(5)] == [3, 5]
    assert [n.id for n in tree.path(4)] == [4]
