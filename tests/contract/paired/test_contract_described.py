"""What is read from annotations, and what follows from the rest of a description."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import Annotated, Any, Optional

import pytest

from greenshift.contract import Column, ContractError, ForeignKey, Model, Relationship, column_of, completed
from greenshift.contract.paired.describing import mirrored


class Color(Enum):
    RED = 1


@pytest.mark.parametrize(
    ("annotation", "wanted"),
    [
        (int, Column("x", int)),
        (int | None, Column("x", int, is_nullable=True)),
        (Optional[str], Column("x", str, is_nullable=True)),  # noqa: UP045
        (Annotated[str, "short"], Column("x", str)),
        (list[int], Column("x", list, item_type=int)),
        (list[list[str]] | None, Column("x", list, item_type=str, dimensions=2, is_nullable=True)),
        (dict[str, Any], Column("x", dict, json=True)),
        (dict, Column("x", dict, json=True)),
        (Color, Column("x", Color)),
    ],
)
def test_annotations(annotation: Any, wanted: Column) -> None:
    assert column_of("x", annotation) == wanted


def test_facts_say_more_and_win() -> None:
    assert column_of("x", str, length=5, is_unique=True) == Column("x", str, length=5, is_unique=True)
    assert column_of("x", list[int], json=True) == Column("x", list, json=True)
    assert column_of("x", dict, json=False) == Column("x", dict)


@pytest.mark.parametrize("annotation", [int | str, "int", None, list["int"]])
def test_what_is_no_type(annotation: Any) -> None:
    with pytest.raises(ContractError, match="the annotation of x is no type"):
        column_of("x", annotation)


def model(name: str, *columns: Column, keys: tuple[str, ...] = ("id",), **more: Any) -> Model:
    return Model(name, object, name, {one.name: one for one in columns}, keys=keys, **more)


def test_columns_are_completed() -> None:
    done = completed(
        model(
            "User",
            Column("id", int, is_generated=True),
            Column("color", Color),
            Column("made", dt.datetime, is_server_default=True),
            Column("naive", dt.datetime, has_time_zone=False),
            Column("day", dt.date),
        )
    ).columns
    assert (done["id"].is_key, done["id"].has_default) == (True, True)
    assert (done["color"].is_key, done["color"].has_default, done["color"].choices) == (False, False, (Color.RED,))
    assert (done["made"].has_default, done["made"].has_time_zone) == (True, True)
    assert (done["naive"].has_time_zone, done["day"].has_time_zone) == (False, None)


def test_foreign_keys_follow_from_relationships_and_references() -> None:
    link = model(
        "Link",
        *(Column("a_id", int), Column("b_one", int), Column("b_two", int), Column("c_id", int, references=("C", "id"))),
        keys=("a_id", "b_one", "b_two"),
        relationships={
            "a": Relationship("a", "A", False, (("a_id", "id"),)),
            "b": Relationship("b", "B", False, (("b_one", "one"), ("b_two", "two"))),
        },
    )
    done = completed(link, on_delete="CASCADE")
    assert done.foreign_keys == (
        ForeignKey(("a_id",), "A", ("id",), on_delete="CASCADE"),
        ForeignKey(("b_one", "b_two"), "B", ("one", "two"), on_delete="CASCADE"),
        ForeignKey(("c_id",), "C", ("id",), on_delete="CASCADE"),
    )
    assert done.columns["b_two"].references == ("B", "two")
    assert done.is_association


def test_the_other_side_of_one_to_one_is_no_foreign_key() -> None:
    done = completed(
        model(
            "User",
            Column("id", int),
            relationships={
                "profile": Relationship("profile", "Profile", False, (("id", "user_id"),)),
                "posts": Relationship("posts", "Post", True, (("id", "user_id"),)),
            },
        ),
        on_delete="CASCADE",
    )
    assert done.foreign_keys == ()
    assert done.columns["id"].references is None
    assert done.relationships["posts"].deletes_orphans
    assert not done.relationships["profile"].deletes_orphans
    assert not done.is_association


def test_what_is_said_stays() -> None:
    said = model(
        "Post",
        *(Column("id", int), Column("user_id", int)),
        relationships={"user": Relationship("user", "User", False, (("user_id", "id"),))},
        foreign_keys=(ForeignKey(("user_id",), "User", ("id",), is_deferred=True),),
    )
    done = completed(said, on_delete="CASCADE")
    assert done.foreign_keys == said.foreign_keys
    assert done.columns["user_id"].references == ("User", "id")


def test_relationships_that_mirror_each_other() -> None:
    posts = Relationship("posts", "Post", True, (("id", "user_id"),))
    drafts = Relationship("drafts", "Post", True, (("id", "editor_id"),))
    user = model("User", Column("id", int), relationships={"posts": posts, "drafts": drafts})
    post = model(
        "Post",
        Column("user_id", int),
        relationships={
            "user": Relationship("user", "User", False, (("user_id", "id"),)),
            "editor": Relationship("editor", "User", False, (("editor_id", "id"),), back="none"),
            "lost": Relationship("lost", "Lost", False, (("x", "id"),)),
        },
    )
    node = model(
        "Node",
        Column("id", int),
        relationships={
            "parent": Relationship("parent", "Node", False, (("parent_id", "id"),)),
            "children": Relationship("children", "Node", True, (("id", "parent_id"),)),
        },
    )
    back = {
        f"{one.name}.{name}": link.back
        for one in mirrored([user, post, node])
        for name, link in one.relationships.items()
    }
    assert back == {
        "User.posts": "user",
        "User.drafts": "editor",
        "Post.user": "posts",
        "Post.editor": "none",
        "Post.lost": None,
        "Node.parent": "children",
        "Node.children": "parent",
    }


def test_two_that_could_mirror_it_leave_it_open() -> None:
    user = model("User", Column("id", int), relationships={"a": Relationship("a", "Post", True, (("id", "user_id"),))})
    links = {name: Relationship(name, "User", False, (("user_id", "id"),)) for name in ("user", "owner")}
    found = mirrored([user, model("Post", Column("user_id", int), relationships=links)])
    assert found[0].relationships["a"].back is None
