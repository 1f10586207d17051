"""Loader options on the statements whose instances' relationships are read."""

from __future__ import annotations

from prepare_samples import MODELS, flat, prepare, service


def test_a_collection_read_in_the_same_function() -> None:
    changed, models, left = service("""
        def titles(session: Session, key: int):
            user = session.scalars(select(User).where(User.id == key)).one()
            return [item.title for item in user.items]
    """)
    assert changed == (
        "-from sqlalchemy.orm import Session\n"
        "+from sqlalchemy.orm import Session, selectinload\n"
        "-    user = session.scalars(select(User).where(User.id == key)).one()\n"
        "+    user = session.scalars(select(User).options(selectinload(User.items)).where(User.id == key)).one()"
    )
    assert models == ""
    assert left == []


def test_across_functions_chained() -> None:
    changed, models, _ = service("""
        def load(session: Session):
            return session.scalars(select(User)).all()

        def show(users):
            for user in users:
                for item in user.items:
                    print(len(item.tags), [tag.name for tag in item.tags])

        def main(session: Session):
            show(load(session))
    """)
    assert (
        "+    return session.scalars(select(User).options(selectinload(User.items).selectinload(Item.tags))).all()"
        in (changed.splitlines())
    )
    assert models == ""


def test_several_below_one() -> None:
    changed, _, _ = service("""
        def show(session: Session):
            for user in session.scalars(select(User)):
                for item in user.items:
                    print(item.tags, item.owner.name)
    """)
    assert "selectinload(User.items).options(selectinload(Item.owner), selectinload(Item.tags))" in changed


def test_existing_options_are_completed_not_repeated() -> None:
    head = (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session, joinedload\n"
        "from app.models import Item, Tag, User\n\n\n"
    )
    changed, _, _ = service(
        """
        def show(session: Session):
            query = select(User).options(joinedload(User.items))
            for user in session.scalars(query).unique():
                print([item.tags for item in user.items])
        """,
        head=head,
    )
    assert (
        "+    query = select(User).options(joinedload(User.items), defaultload(User.items).selectinload(Item.tags))"
        in changed.splitlines()
    )


def test_enough_options_change_nothing() -> None:
    head = (
        "from sqlalchemy import select\nfrom sqlalchemy.orm import Session, selectinload\n"
        "from app.models import Item, Tag, User\n\n\n"
    )
    changed, models, left = service(
        """
        def show(session: Session):
            for user in session.scalars(select(User).options(selectinload(User.items).joinedload(Item.tags))):
                print([item.tags for item in user.items])
        """,
        head=head,
    )
    assert (changed, models, left) == ("", "", [])


SHARED = """
    def visible():
        return select(User).where(User.id > 0)

    def full(session: Session):
        return session.scalars(visible().options(joinedload(User.items))).unique().all()

    def show(users):
        return [user.items for user in users]
"""
WITH_JOINED = (
    "from sqlalchemy import select\nfrom sqlalchemy.orm import Session, joinedload\n"
    "from app.models import Item, Tag, User\n\n\n"
)


def test_what_one_caller_adds_to_a_shared_statement_is_not_loaded_for_the_others() -> None:
    code = """
    def plain(session: Session):
        return session.scalars(visible()).all()

    def main(session: Session):
        show(full(session))
        show(plain(session))
    """
    changed, _, _ = service(SHARED + code, head=WITH_JOINED)
    assert "+    return select(User).options(selectinload(User.items)).where(User.id > 0)" in changed.splitlines()


def test_what_every_caller_adds_to_a_shared_statement_is_enough() -> None:
    code = """
    def main(session: Session):
        show(full(session))
    """
    assert service(SHARED + code, head=WITH_JOINED) == ("", "", [])


def test_get_becomes_a_select_because_its_options_do_nothing_for_what_the_session_holds() -> None:
    changed, _, _ = service("""
        def show(session: Session, key: int):
            user = session.get(User, key or 1)
            return None if user is None else user.items

        def name(session: Session, key: int):
            return session.get(User, key).name
    """)
    assert [line for line in flat(changed).splitlines() if "session." in line] == [
        "-    user = session.get(User, key or 1)",
        "+    user = session.scalars(select(User).where(User.id == (key or 1)).options(selectinload(User.items)))"
        ".one_or_none()",
    ]


def test_merge_takes_options() -> None:
    changed, _, _ = service("""
        def show(session: Session, other: User):
            user = session.merge(other)
            return user.items
    """)
    assert "+    user = session.merge(other, options=[selectinload(User.items)])" in changed.splitlines()


def test_a_broken_chain_of_calls_stays_broken() -> None:
    changed, _, _ = service("""
        def show(session: Session):
            query = (
                select(User)
                .where(User.id > 1)
            )
            return [user.items for user in session.scalars(query)]
    """)
    assert "+        .options(selectinload(User.items))" in changed.splitlines()


def test_a_class_further_on_is_imported_from_where_its_neighbour_is() -> None:
    changed, _, _ = service(
        """
        def show(session: Session):
            return [item.tags for user in session.scalars(select(User)) for item in user.items]
        """,
        head="from sqlalchemy import select\nfrom sqlalchemy.orm import Session\nfrom app.models import User\n\n\n",
    )
    assert "+from app.models import User, Item" in changed.splitlines()


def test_through_a_module() -> None:
    changed, _, _ = service(
        """
        def show(session: Session):
            return [i.tags for user in session.scalars(select(models.User)) for i in user.items]
        """,
        head="from sqlalchemy import select\nfrom sqlalchemy.orm import Session\nfrom app import models\n\n\n",
    )
    assert "selectinload(models.User.items).selectinload(models.Item.tags)" in changed


def test_a_property_that_reads_a_relationship() -> None:
    changed, _, _ = service("""
        def show(session: Session):
            return [user.tag_names for user in session.scalars(select(User))]
    """)
    assert "select(User).options(selectinload(User.items).selectinload(Item.tags))" in flat(changed)


def test_hasattr_and_replacing_a_collection_load_too() -> None:
    changed, _, _ = service("""
        def show(session: Session):
            user = session.scalars(select(User)).one()
            return hasattr(user, "items")

        def clear(session: Session):
            item = session.scalars(select(Item)).one()
            item.tags = []

        def give(session: Session, user: User):
            item = session.scalars(select(Item)).one()
            item.owner = user
    """)
    assert changed.count("+    user = session.scalars(select(User).options(selectinload(User.items))).one()") == 1
    assert changed.count("+    item = session.scalars(select(Item).options(selectinload(Item.tags))).one()") == 1
    assert "Item.owner" not in changed


def test_code_that_is_async_already_is_left_alone() -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncSession\nfrom app.models import User\n"
        "async def show(session: AsyncSession):\n    user = await session.get(User, 1)\n    return user.items\n"
    )
    texts, left = prepare({"app/__init__.py": "", "app/models.py": MODELS, "app/service.py": code})
    assert texts["app/service.py"] == code
    assert texts["app/models.py"] == MODELS
    assert left == []


def test_the_sync_session_inside_of_an_async_one_does_not_make_code_sync() -> None:
    code = (
        "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy.orm import object_session\n"
        "from app.models import User\n"
        "def rank(user: User):\n    return object_session(user).get(User, user.id).items\n"
        "async def show(session: AsyncSession):\n"
        "    return await session.run_sync(lambda _: session.sync_session.get(User, 1).items)\n"
    )
    texts, left = prepare({"app/__init__.py": "", "app/models.py": MODELS, "app/service.py": code})
    assert texts["app/service.py"] == code
    assert texts["app/models.py"] == MODELS
    assert left == []


def test_a_recursive_relationship_is_loaded_as_deep_as_it_goes() -> None:
    code = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

class Base(DeclarativeBase): ...

class Node(Base):
    __tablename__ = "nodes"
    id: Mapped[int] = mapped_column(primary_key=True)
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("nodes.id"))
    children: Mapped[list["Node"]] = relationship()

def tree(node):
    return {"id": node.id, "below": [tree(child) for child in node.children]}

def show(session: Session):
    return [tree(node) for node in session.scalars(select(Node))]
"""
    texts, _ = prepare({"nodes.py": code})
    assert "selectinload(Node.children, recursion_depth=-1)" in texts["nodes.py"]


def test_a_scoped_session_is_asked_as_a_session_is() -> None:
    changed, models, left = service(
        """
        Registry = scoped_session(sessionmaker())

        def show(key: int):
            user = Registry.get(User, key)
            return None if user is None else user.items
        """,
        head="from sqlalchemy.orm import scoped_session, sessionmaker\nfrom app.models import User\n\n\n",
    )
    assert (
        "user = Registry.scalars(select(User).where(User.id == key).options(selectinload(User.items))).one_or_none()"
        in flat(changed)
    )
    assert (models, left) == ("", [])


THERE_AND_BACK = """\
from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
class Base(DeclarativeBase): ...
marks = Table("marks", Base.metadata, Column("e", ForeignKey("entries.id")), Column("t", ForeignKey("tags.id")))
class Entry(Base):
    __tablename__ = "entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    tags: Mapped[list["Tag"]] = relationship(secondary=marks, back_populates="entries", lazy="selectin")
class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    entries: Mapped[list[Entry]] = relationship(secondary=marks, back_populates="tags")
def related(session: Session):
    entry = session.scalars(select(Entry)).one()
    return [other.tags for tag in entry.tags for other in tag.entries]
"""


def test_what_the_model_loads_it_loads_no_second_time_on_one_way() -> None:
    after, left = prepare({"app.py": THERE_AND_BACK})
    assert "defaultload(Entry.tags).selectinload(Tag.entries).selectinload(Entry.tags)" in after["app.py"]
    assert left == []
