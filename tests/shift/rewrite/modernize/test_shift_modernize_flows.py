"""Queries that flow: through variables, branches, parameters, returns and attributes."""

from __future__ import annotations

import textwrap

from modernize_samples import HEAD, body, modernized, reasons, result


def test_branches_and_reassignment() -> None:
    code = """
    def search(db: Session, name=None, oldest=False):
        query = db.query(User)
        if name:
            query = query.filter(User.name == name)
        elif oldest:
            query = query.order_by(User.age)
        else:
            query = query if oldest is None else query.limit(3)
        total = query.count()
        if query is not None:
            return query.offset(1).limit(2).all()
    """
    after = modernized(code)
    assert "query = select(User)\n" in after
    assert "query = query.filter(User.name == name)" in after
    assert "return db.scalars(query.offset(1).limit(2)).all()" in after


def test_a_helper_builds_and_another_executes() -> None:
    code = """
    class Repository:
        def __init__(self, db: Session):
            self.db = db

        def base(self, active: bool) -> Query:
            return self.db.query(User).filter(User.age > 1)

        def all(self):
            return self.base(True).order_by(User.id).all()

        def page(self, query: "Query[User]", n: int):
            return query.limit(n).all()

        def first_page(self):
            return self.page(self.base(False), n=3)
    """
    after = """
class Repository:
    def __init__(self, db: Session):
        self.db = db

    def base(self, active: bool) -> Select:
        return select(User).filter(User.age > 1)

    def all(self):
        return self.db.scalars(self.base(True).order_by(User.id)).all()

    def page(self, query: "Select", n: int):
        return self.db.scalars(query.limit(n)).all()

    def first_page(self):
        return self.page(self.base(False), n=3)
"""
    assert modernized(code) == after.strip("\n")
    done = result(code).texts["app/service.py"]
    assert "Query" not in done.partition("\n\n\n")[0]
    assert "import and_, desc, func, or_, text, Select, select" in done


def test_across_modules() -> None:
    code = """
    from app.pages import paginate

    def read(db: Session):
        return paginate(db, db.query(User).order_by(User.id), 2)

    def posts(db: Session):
        return paginate(db, db.query(Post), page=1)
    """
    pages = """
    from sqlalchemy.orm import Session


    def paginate(session: Session, query, page: int):
        total = query.count()
        return total, query.offset(page * 10).limit(10).all()
    """
    done = result(code, app__pages=pages)
    assert "paginate(db, select(User).order_by(User.id), 2)" in done.texts["app/service.py"]
    assert "session.scalars(query.offset(page * 10).limit(10)).all()" in done.texts["app/pages.py"]
    assert "from sqlalchemy import func, select\n" in done.texts["app/pages.py"]


def test_an_attribute() -> None:
    code = """
    class Search:
        def __init__(self, session: Session):
            self.session = session
            self.query = session.query(User)

        def named(self, name):
            self.query = self.query.filter(User.name == name)
            return self

        def run(self):
            return self.query.all()
    """
    after = modernized(code)
    assert "self.query = select(User)\n" in after
    assert "self.query = self.query.filter(User.name == name)" in after
    assert "return self.session.scalars(self.query).all()" in after


def test_a_session_of_the_module() -> None:
    code = """
    db = scoped_session(sessionmaker())

    def base():
        session = db
        return session.query(User)

    def read():
        return base().all()
    """
    done = result(code, head=HEAD + "from sqlalchemy.orm import scoped_session, sessionmaker\n")
    assert "return db.scalars(base()).all()" in done.texts["app/service.py"]


def test_a_group_is_converted_whole_or_not_at_all() -> None:
    code = """
    def base(db: Session):
        return db.query(User)

    def read(db: Session):
        return base(db).filter(User.id > 1).all()

    def other(db: Session):
        return base(db).from_self().all()

    def alone(db: Session):
        return db.query(Post).all()
    """
    done = result(code)
    text = done.texts["app/service.py"]
    assert "return db.query(User)\n" in text
    assert "return base(db).filter(User.id > 1).all()" in text
    assert "return db.scalars(select(Post)).all()" in text
    assert [(one.kind, one.place.line) for one in done.left] == [("query", 8)]
    assert "from_self() has no counterpart (app/service.py:14)" in done.left[0].reason


def left(code: str, **others: str) -> str:
    found = reasons(code, **others)
    assert found
    return found[0]


def test_given_to_something_unknown() -> None:
    code = """
    from elsewhere import show

    def read(db: Session):
        query = db.query(User)
        show(query)
        return query.all()
    """
    done = result(code)
    assert "db.query(User)" in done.texts["app/service.py"]
    assert "it is given to show, which is not the application's" in done.left[0].reason


def test_of_several_sessions_the_one_that_made_the_query_is_given() -> None:
    code = """
    def read(query, db: Session, replica: Session):
        return query.all()

    def start(db: Session, other: Session):
        return read(db.query(User), other, db)
    """
    after = modernized(code)
    assert "def read(query, db: Session, replica: Session, *, session: Session):" in after
    assert "return read(select(User), other, db, session=db)" in after


def test_a_session_that_is_reassigned() -> None:
    code = """
    def read(db: Session):
        query = db.query(User)
        db = None
        return query.all()
    """
    assert "no session in scope" in left(code)


def test_truth_and_collections_and_lambdas() -> None:
    assert "used in a way that is not followed (IfExp)" in left(
        "def read(db: Session, n):\n    q = db.query(User)\n    return q.all() if q and n else []\n"
    )
    assert "used in a way that is not followed (List)" in left("def read(db: Session):\n    return [db.query(User)]\n")


def test_a_query_that_may_be_a_statement() -> None:
    code = """
    from sqlalchemy import select

    def read(db: Session, new):
        query = db.query(User) if new else select(User)
        return query.limit(3)
    """
    done = result(code)
    assert "db.query(User) if new" in done.texts["app/service.py"]
    assert "it may be a statement as well as a query" in done.left[0].reason


def test_a_route_returns_it() -> None:
    code = """
    @router.get("/users")
    def read(db: Session):
        return db.query(User)
    """
    assert "a function decorated with get returns it" in left(code)


def test_a_method_that_something_unknown_may_call() -> None:
    code = """
    class Repository:
        def users(self, db: Session):
            return db.query(User)

    def read(anything, db):
        return anything.users(db).all()
    """
    assert "users() is called on something unknown" in left(code)


def test_tests_that_give_something_else_than_a_query() -> None:
    code = """
    def page(db: Session, query):
        return query.limit(3).all()

    def read(db: Session):
        return page(db, db.query(User))
    """
    test = """
    from unittest.mock import MagicMock
    from app.service import page


    def test_page():
        query = MagicMock()
        query.limit.return_value.all.return_value = [1]
        assert page(None, query) == [1]
    """
    assert "a test gives page() something else than a query" in left(code, tests__test_service=test)


def test_classes_of_query_of_their_own() -> None:
    code = """
    factory = sessionmaker(query_cls=Custom)

    def read(db: Session):
        return db.query(User).all()
    """
    assert "sessions have a query class of their own" in left(code)


def test_unknown_sessions_are_listed() -> None:
    code = """
    def read(db):
        return db.query(User).all()

    def old():
        return User.query.filter_by(id=1).all()
    """
    assert reasons(code) == ["where its session comes from is not known", "it is the query attribute of a class"]


def test_a_file_with_nothing_to_do_is_untouched() -> None:
    code = "def read(db: Session):\n    return db.get(User, 1)\n"
    assert result(code).changed == []
    assert body(result(code).texts["app/service.py"]) == textwrap.dedent(code).strip("\n")
