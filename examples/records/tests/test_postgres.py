"""The models whose methods answer at once."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from blog.models import Post, Role, User, UserRole
from records import DatabaseManager, Rollback, recorded_statements

# psycopg talks to the server without SQLAlchemy, so Greenshift sees the rows that a test leaves, but no statements.
pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.db(no_queries_ok=True)]


def make_user(name: str) -> User:
    return User(name=name, email=f"{name}@example.com").insert()


def make_post(user: User, title: str) -> Post:
    return Post(user_id=user.id, title=title, content=f"All about {title}.").insert()


def test_crud_operations() -> None:
    before = datetime.now(UTC)
    user = User(name="Ada", email="ada@example.com", metadata={"theme": "dark", "tags": [1, 2]}).insert()
    assert user.id == 1
    assert abs((user.created_at - before).total_seconds()) < 60

    found = User.get(user.id)
    assert found == user
    assert found is not user
    assert found.metadata == {"theme": "dark", "tags": [1, 2]}

    assert user.update(name="Ada Lovelace") is user
    user.metadata = {"theme": "light"}
    user.update()
    found = User.get(user.id)
    assert (found.name, found.email, found.metadata) == ("Ada Lovelace", "ada@example.com", {"theme": "light"})

    other = make_user("grace")
    assert User.list() == [user, other]
    assert User.list(limit=1, offset=1) == [other]
    assert User.find_by(email="grace@example.com") == [other]
    assert User.find_by(name="Ada Lovelace", email="grace@example.com") == []

    assert user.delete()
    assert User.get(user.id) is None
    assert User.list() == [other]


def test_batch_operations() -> None:
    names = ["ada", "grace", "edsger", "barbara"]
    users = User.insert_many([User(name=name, email=f"{name}@example.com") for name in names])
    assert [user.id for user in users] == [1, 2, 3, 4]
    assert [user.name for user in users] == names
    assert User.list() == users

    assert User.get_many([3, 1, 99, 3]) == [users[0], users[2]]
    with recorded_statements() as statements:
        assert User.get_many([]) == []
        assert User.insert_many([]) == []
    assert statements == []


def test_relationships() -> None:
    ada, grace = make_user("ada"), make_user("grace")
    posts = [make_post(ada, "engines"), make_post(ada, "numbers")]
    post = Post.get(posts[0].id)

    with recorded_statements() as statements:
        assert post.user == ada
        assert len(statements) == 1
        assert post.user is post.user
        assert len(statements) == 1
        assert ada.posts == posts
        assert grace.posts == []
        assert len(statements) == 3

    post.update(user_id=grace.id)
    assert post.user == grace
    assert ada.posts == posts
    assert ada.refresh().posts == posts[1:]


def test_preloading() -> None:
    ada, grace = make_user("ada"), make_user("grace")
    for number in range(5):
        make_post(ada, f"engine {number}")
    make_post(grace, "compilers")
    admin = Role(name="admin").insert()
    UserRole(user_id=ada.id, role_id=admin.id).insert()

    with recorded_statements() as statements:
        user = User.get_with_preload(ada.id, ["posts", "user_roles.role"])
        assert len(statements) == 4
        assert [post.title for post in user.posts] == [f"engine {number}" for number in range(5)]
        assert [user_role.role for user_role in user.user_roles] == [admin]
        assert len(statements) == 4

    with recorded_statements() as statements:
        posts = Post.list_with_preload(["user.posts"])
        assert len(statements) == 3
        assert [post.user.name for post in posts] == ["ada"] * 5 + ["grace"]
        assert [len(post.user.posts) for post in posts] == [5] * 5 + [1]
        assert posts[0].user is posts[4].user
        assert len(statements) == 3
    assert [post.id for post in Post.list_with_preload(["user"], limit=2, offset=4)] == [5, 6]

    with recorded_statements() as statements:
        (found,) = User.find_by_with_preload(["posts", "user_roles"], name="grace")
        assert [post.title for post in found.posts] == ["compilers"]
        assert found.user_roles == []
        assert len(statements) == 3
        assert User.get_with_preload(99, ["posts.user"]) is None
        assert len(statements) == 4


def test_join_table() -> None:
    ada, grace = make_user("ada"), make_user("grace")
    admin, editor = Role.insert_many([Role(name="admin"), Role(name="editor")])
    assigned = UserRole.insert_many(
        [UserRole(user_id=user.id, role_id=role.id) for user in (ada, grace) for role in (admin, editor)]
    )

    found = UserRole.get_by_pks(role_id=editor.id, user_id=ada.id)
    assert found == assigned[1]
    assert (found.user, found.role) == (ada, editor)
    assert UserRole.get((ada.id, editor.id)) == found
    keys = [(grace.id, admin.id), (ada.id, admin.id), (99, 99)]
    assert UserRole.get_many(keys) == [assigned[0], assigned[2]]
    assert UserRole.find_by(role_id=admin.id) == [assigned[0], assigned[2]]

    later = datetime(2030, 1, 1, tzinfo=UTC)
    found.update(assigned_at=later)
    assert UserRole.get_by_pks(user_id=ada.id, role_id=editor.id).assigned_at == later

    assert UserRole.delete_by_pks(user_id=ada.id, role_id=editor.id)
    assert not UserRole.delete_by_pks(user_id=ada.id, role_id=editor.id)
    assert UserRole.get_by_pks(user_id=ada.id, role_id=editor.id) is None
    assert len(UserRole.list()) == 3


def test_serialization() -> None:
    created = datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
    user = User(name="Ada", email="ada@example.com", created_at=created, metadata={"langs": ["en"]}).insert()
    post = make_post(user, "engines")

    values = user.to_json_dict()
    assert values.keys() == {"id", "name", "email", "created_at", "metadata"}
    assert (values["id"], values["name"], values["metadata"]) == (1, "Ada", {"langs": ["en"]})
    assert datetime.fromisoformat(values["created_at"]) == created
    assert User.from_json_dict(values) == user

    values = User.get(user.id).to_json_dict(include=["posts.user"])
    assert [entry["title"] for entry in values["posts"]] == [post.title]
    assert values["posts"][0]["user"] == user.to_json_dict()
    assert post.to_json_dict(include=["user"])["user"]["email"] == "ada@example.com"


def test_persist_with_id() -> None:
    user = User(id=100, name="Ada", email="ada@example.com").persist()
    assert User.get(100) == user
    assert make_user("grace").id == 101

    again = User(id=100, name="Ada Lovelace", email="ada@example.com").persist()
    assert again.created_at == user.created_at
    assert [found.name for found in User.list()] == ["Ada Lovelace", "grace"]

    # An id behind the sequence does not move it back.
    User(id=50, name="Edsger", email="edsger@example.com").persist()
    assert make_user("barbara").id == 102
    assert User(name="Alan", email="alan@example.com").persist().id == 103


def test_transaction(database: DatabaseManager) -> None:
    with database.transaction():
        user = make_user("ada")
        make_post(user, "engines")
    assert len(User.list()) == len(Post.list()) == 1

    def fail() -> None:
        with database.transaction():
            make_user("grace")
            assert len(User.list()) == 2
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert User.list() == [user]

    with database.transaction():
        make_user("edsger")
        raise Rollback
    assert User.list() == [user]

    with database.transaction():
        kept = make_user("barbara")
        with database.transaction():
            make_user("alan")
            raise Rollback
        with database.transaction():
            also_kept = make_user("donald")
    assert User.list() == [user, kept, also_kept]
