"""``Query`` in annotations."""

from __future__ import annotations

from modernize_samples import modernized


def test_an_abstract_method_says_what_those_say_that_stand_for_it() -> None:
    code = """
    from abc import ABC, abstractmethod
    from sqlalchemy.orm import Query

    class Repository(ABC):
        def __init__(self, db: Session):
            self.db = db

        @abstractmethod
        def visible(self) -> Query[User]:
            ...

        def all(self):
            return self.visible().all()

    class Users(Repository):
        def visible(self) -> Query[User]:
            return self.db.query(User)
    """
    after = modernized(code)
    assert "Query" not in after
    assert after.count("def visible(self) -> Select:") == 2
