"""Attributes that load, but not in a loop; or in a loop, but not by statements of their own."""

from __future__ import annotations

from library_models import Author, Book, Node
from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, joinedload, selectinload, subqueryload, undefer


def single_parent(session: Session) -> None:
    author = session.scalars(select(Author).where(Author.id == 1)).one()
    for _ in range(3):
        assert len(author.books) == 2


def one_parent_loaded_again_and_again(session: Session) -> None:
    author = session.get_one(Author, 1)
    for name in ("books", "books", "books"):
        session.expire(author, [name])
        assert len(author.books) == 2


def two_parents_of_two_queries(session: Session) -> None:
    for number in (1, 2):
        author = _author(session, number)
        assert len(author.books) == 2


def _author(session: Session, number: int) -> Author:
    return session.scalars(select(Author).where(Author.id == number)).one()


def two_parents_read_in_different_lines(session: Session) -> None:
    first, second = session.scalars(select(Author).order_by(Author.id).limit(2)).all()
    assert first.books[0].id == 11
    assert second.books[0].id == 21


def one_parent_shared_by_many(session: Session) -> None:
    books = session.scalars(select(Book).where(Book.author_id == 1)).all()
    assert {book.author.name for book in books} == {"author 1"}


def identity_map_hits(session: Session) -> None:
    authors = session.scalars(select(Author)).all()
    books = session.scalars(select(Book)).all()
    assert len({book.author.name for book in books}) == len(authors)


def selectin_loaded(session: Session) -> None:
    for author in session.scalars(select(Author).options(selectinload(Author.books).selectinload(Book.publisher))):
        assert all(book.publisher for book in author.books)


def selectin_loaded_in_many_batches(session: Session) -> None:
    session.add_all(Author(id=number, name="more") for number in range(100, 1300))
    session.flush()
    session.expunge_all()
    authors = session.scalars(select(Author).options(selectinload(Author.books))).all()
    assert sum(len(author.books) for author in authors) == 6


def joined_loaded(session: Session) -> None:
    for author in session.scalars(select(Author).options(joinedload(Author.books))).unique():
        assert len(author.books) == 2


def subquery_loaded(session: Session) -> None:
    for author in session.scalars(select(Author).options(subqueryload(Author.books))):
        assert len(author.books) == 2


def loaded_by_the_users_join(session: Session) -> None:
    statement = select(Book).join(Book.author).options(contains_eager(Book.author))
    assert [book.author.name for book in session.scalars(statement)]


def expired_by_the_commit_of_one(session: Session) -> None:
    author = session.get_one(Author, 1)
    author.name = "new"
    session.commit()
    assert author.name == "new"
    assert author.books[0].title


def expired_in_a_loop_of_writes(session: Session) -> None:
    books = session.scalars(select(Book).order_by(Book.id)).all()
    for book in books:
        book.price += 1
        session.commit()


def relationship_read_in_a_loop_of_commits(session: Session) -> None:
    books = session.scalars(select(Book).options(joinedload(Book.author)).order_by(Book.id)).all()
    for book in books:
        book.title = book.author.name
        session.commit()


def refreshed_in_a_loop(session: Session) -> None:
    for author in session.scalars(select(Author)).all():
        session.refresh(author)
        assert author.name


def deferred_column_of_one(session: Session) -> None:
    author = session.get_one(Author, 1)
    assert author.biography == ""


def undeferred_columns(session: Session) -> None:
    for author in session.scalars(select(Author).options(undefer(Author.biography))):
        assert author.biography == ""


def association_proxy_on_an_eager_load(session: Session) -> None:
    for book in session.scalars(select(Book).options(selectinload(Book.tags))):
        assert list(book.tag_names)


def hybrid_property_and_column_property(session: Session) -> None:
    for book in session.scalars(select(Book)):
        assert not book.is_dear
        assert book.siblings == 3


def up_a_tree_by_its_parents(session: Session) -> None:
    """Each step needs the one before."""
    node: Node | None = session.get_one(Node, 31)
    steps = 0
    while node is not None:
        node = node.parent
        steps += 1
    assert steps == 3


def down_a_list_by_recursion(session: Session) -> None:
    root = session.get_one(Node, 1)
    session.delete(root.children[1].children[1])
    assert _depth(root) == 3


def _depth(node: Node) -> int:
    return 1 + max((_depth(child) for child in node.children[:1]), default=0)


def tree_loaded_eagerly(session: Session) -> None:
    option = selectinload(Node.children, recursion_depth=-1)
    root = session.scalars(select(Node).options(option).where(Node.id == 1)).one()
    assert _count(root) == 7


def _count(node: Node) -> int:
    return 1 + sum(_count(child) for child in node.children)


def dynamic_collection_of_one(session: Session) -> None:
    author = session.get_one(Author, 1)
    assert author.dynamic_books.count() == 2
    assert len(author.dynamic_books.order_by(Book.id).all()) == 2


def write_only_collection_of_one(session: Session) -> None:
    author = session.get_one(Author, 1)
    assert len(session.scalars(author.stream_books.select()).all()) == 2


def children_deleted_by_cascade(session: Session) -> None:
    """The unit of work loads what it must: the user reads nothing."""
    for node in session.scalars(select(Node).where(Node.id.in_([20, 21, 30]))).all():
        session.delete(node)
    session.flush()
