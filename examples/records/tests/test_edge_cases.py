"""Where the sync models could go wrong: nulls, what is missing, duplicates, nested transactions, threads."""

from __future__ import annotations

import threading

import psycopg
import pytest
from greenshift.postgres.schemas.database import SchemaDatabase
from psycopg.errors import ForeignKeyViolation, NotNullViolation, UniqueViolation

from blog.columns import UserColumns
from blog.models import BlogModel, Post, Role, User, UserRole
from records import DatabaseManager, DBModel, NotBoundError, RecordNotFoundError, Rollback, recorded_statements

pytestmark = [pytest.mark.usefixtures("database"), pytest.mark.db(no_queries_ok=True)]


def make_user(name: str) -> User:
    return User(name=name, email=f"{name}@example.com").insert()


def test_the_tables_lie_in_a_temporary_schema(db: SchemaDatabase, database: DatabaseManager) -> None:
    with database.connection() as connection:
        assert connection.execute("SELECT current_schema()").fetchone() == (db.name,)
        query = "SELECT relnamespace::regnamespace::text FROM pg_class WHERE oid = 'user_roles'::regclass"
        assert connection.execute(query).fetchone() == (db.name,)


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_begins_with_empty_tables_and_new_sequences(turn: int) -> None:
    assert User.list() == []
    assert make_user("ada").id == 1


def test_nulls() -> None:
    user = make_user("ada")
    assert user.metadata is None
    other = User(name="grace", email="grace@example.com", metadata={"theme": None}).insert()
    assert User.find_by(metadata=None) == [user]
    assert User.find_by(metadata={"theme": None}) == [other]
    assert other.update(metadata=None).metadata is None
    assert User.find_by(metadata=None) == [user, other]
    with pytest.raises(NotNullViolation):
        user.update(name=None)
    with pytest.raises(NotNullViolation):
        User(name="edsger").insert()
    assert User.get(user.id).name == "ada"
    assert User(id=None, name="barbara", email="barbara@example.com").insert().id > other.id


def test_missing_records() -> None:
    assert User.get(1) is None
    assert User.get_many([1, 2]) == []
    assert User.find_by(name="nobody") == []
    user = make_user("ada")
    same = User.get(user.id)
    assert user.delete()
    with pytest.raises(RecordNotFoundError, match="no row"):
        same.update(name="late")
    with pytest.raises(RecordNotFoundError, match="no row"):
        same.refresh()
    assert not same.delete()
    with pytest.raises(RecordNotFoundError, match="no primary key"):
        User(name="grace").delete()
    assert user.insert() == User.get(1)
    with pytest.raises(UniqueViolation):
        user.insert()


def test_duplicate_keys() -> None:
    user = make_user("ada")
    with pytest.raises(UniqueViolation):
        make_user("ada")
    with pytest.raises(UniqueViolation):
        User(id=user.id, name="other", email="other@example.com").insert()
    with pytest.raises(UniqueViolation):
        User.insert_many([User(name=name, email=f"{name}@example.com") for name in ("grace", "ada")])
    assert User.list() == [user]
    role = Role(name="admin").insert()
    UserRole(user_id=user.id, role_id=role.id).insert()
    with pytest.raises(UniqueViolation):
        UserRole(user_id=user.id, role_id=role.id).insert()
    assert UserRole(user_id=user.id, role_id=role.id).persist() == UserRole.list()[0]


def test_foreign_keys() -> None:
    with pytest.raises(ForeignKeyViolation):
        Post(user_id=99, title="", content="").insert()
    assert Post(user_id=99, title="", content="").user is None
    assert Post(title="").user is None
    assert User(name="new").posts == []
    user = make_user("ada")
    Post(user_id=user.id, title="", content="x" * 100_000).insert()
    assert [len(post.content) for post in user.posts] == [100_000]
    user.delete()
    assert Post.list() == []


def test_the_loaded_is_forgotten_with_its_column() -> None:
    ada, grace = make_user("ada"), make_user("grace")
    post = Post(user_id=ada.id, title="engines", content="")
    assert post.user == ada
    post.user_id = grace.id
    assert post.user == grace
    new = User(name="edsger", email="edsger@example.com")
    assert new.posts == []
    new.insert()
    assert new.posts == []
    with pytest.raises(AttributeError, match="assign the column user_id"):
        post.user = ada


def test_a_primary_key_changes() -> None:
    user = make_user("ada")
    user.id = 7
    assert user.update(name="Ada").id == 7
    assert [(found.id, found.name) for found in User.list()] == [(7, "Ada")]
    assert User(id=7, name="ada").update() == User.get(7)


def test_given_ids_in_a_batch_move_the_sequence() -> None:
    rows = [(30, "ada"), (20, "grace"), (None, "edsger")]
    users = User.insert_many([User(id=key, name=name, email=f"{name}@example.com") for key, name in rows])
    assert [user.id for user in users] == [30, 20, 31]
    assert [user.name for user in users] == ["ada", "grace", "edsger"]
    assert Post(id=5, user_id=20, title="", content="").insert().id == 5
    assert Post(user_id=20, title="", content="").insert().id == 6
    assert User(id=-4, name="barbara", email="barbara@example.com").insert().id == -4
    assert make_user("alan").id == 32


def test_unknown_names() -> None:
    user = make_user("ada")
    with recorded_statements() as statements:
        with pytest.raises(TypeError, match="User has no column nmae"):
            User(nmae="ada")
        with pytest.raises(TypeError, match="nmae"):
            user.update(nmae="ada")
        with pytest.raises(TypeError, match="nmae"):
            User.find_by(nmae="ada")
        with pytest.raises(TypeError, match="Post has no relationship usr"):
            User.list_with_preload(["posts.usr"])
        with pytest.raises(TypeError, match="user_id, role_id"):
            UserRole.get_by_pks(user_id=1)
        with pytest.raises(TypeError, match="user_id, role_id"):
            UserRole.get(1)
        with pytest.raises(AttributeError, match="User has no column nmae"):
            user.nmae = "ada"
    assert statements == []


def test_values_are_never_part_of_the_statement() -> None:
    name = "x'); DROP TABLE users; --"
    user = make_user(name)
    assert User.find_by(name=name) == [user]
    with recorded_statements() as statements:
        user.update(name="%s {} \" ' \\", metadata={"a": name})
        User.get_many([user.id])
    assert all("DROP" not in statement.query.as_string() for statement in statements)
    assert User.get(user.id).name == "%s {} \" ' \\"


def test_nested_rollback(database: DatabaseManager) -> None:
    with database.transaction():
        ada = make_user("ada")
        with pytest.raises(UniqueViolation), database.transaction():
            make_user("ada")
        with database.transaction():
            make_user("grace")
            with database.transaction():
                make_user("edsger")
            raise Rollback
        assert User.list() == [ada]
    assert User.list() == [ada]
    with database.transaction():
        with database.transaction():
            make_user("barbara")
        raise Rollback
    assert User.list() == [ada]


def test_another_transaction_does_not_see_it(database: DatabaseManager) -> None:
    with database.transaction() as outer:
        make_user("ada")
        with database.transaction(separate=True):
            assert User.list() == []
            with database.using(outer):
                assert len(User.list()) == 1
            make_user("grace")
        assert [user.name for user in User.list()] == ["ada", "grace"]
        raise Rollback
    assert [user.name for user in User.list()] == ["grace"]


def test_threads_have_transactions_of_their_own(database: DatabaseManager) -> None:
    seen: list[int] = []
    with database.transaction():
        make_user("ada")
        thread = threading.Thread(target=lambda: seen.append(len(User.list())))
        thread.start()
        thread.join()
    assert seen == [0]
    assert len(User.list()) == 1


def test_models_without_a_database() -> None:
    BlogModel.unbind()
    with pytest.raises(NotBoundError, match="User"):
        User.list()


def test_a_model_may_name_its_database_itself(database: DatabaseManager) -> None:
    class OwnUser(UserColumns, DBModel):
        @classmethod
        def db_manager(cls) -> DatabaseManager:
            return database

    BlogModel.unbind()
    assert OwnUser(name="ada", email="ada@example.com").insert() == OwnUser.get(1)


def test_an_error_leaves_no_transaction_open(database: DatabaseManager) -> None:
    for _ in range(12):  # more than the pool has connections
        with pytest.raises(psycopg.IntegrityError):
            User(name="nobody").insert()
    with database.connection() as connection:
        assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
