"""``--loading awaitable``: reads whose statement is not known are awaited; what cannot be awaited, the model loads."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path

from greenshift.shift.rewrite.context import Left, Options
from greenshift.shift.rewrite.stages import run_stages

MODELS = """\
from sqlalchemy import ForeignKey, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, sessionmaker


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")


class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")


engine = create_engine("sqlite:///shop.db")
SessionLocal = sessionmaker(engine)
"""
MAIN = """\
import registry
from sqlalchemy import select
from models import Base, Post, SessionLocal, User, engine


def shout(post: Post) -> str:
    return post.author.name.upper()


def titles(user: User) -> list[str]:
    return [one.title for one in user.posts]


def neighbours(post: Post) -> int:
    return len(post.author.posts)


def run() -> None:
    with SessionLocal() as session:
        session.add(User(name="anna", posts=[Post(title="one"), Post(title="two")]))
        session.commit()
    with SessionLocal() as session:
        registry.found = session.scalars(select(Post).order_by(Post.id)).all()
        print(shout(registry.found[0]), neighbours(registry.found[1]))
        registry.found = session.scalars(select(User)).one()
        print(titles(registry.found))


if __name__ == "__main__":
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    run()
"""
# What passes through here has no kind: nobody can say which statement loaded it.
REGISTRY = "import typing\n\nfound: typing.Any = None\n"


def shifted(**changed: str) -> tuple[dict[str, str], list[Left]]:
    texts = {"models.py": MODELS, "main.py": MAIN, "registry.py": REGISTRY}
    texts |= {f"{name}.py": textwrap.dedent(text) for name, text in changed.items()}
    results = run_stages(texts, Options(loading="awaitable"))
    again = run_stages(results[-1].texts, Options(loading="awaitable"))
    assert again[-1].texts == results[-1].texts
    return results[-1].texts, [left for one in results for left in one.left if left.kind == "lazy load"]


def test_reads_are_awaited_and_give_what_they_gave(tmp_path: Path) -> None:
    texts, left = shifted()
    assert "return (await post.awaitable_attrs.author).name.upper()" in texts["main.py"]
    assert "[one.title for one in await user.awaitable_attrs.posts]" in texts["main.py"]
    assert "len(await (await post.awaitable_attrs.author).awaitable_attrs.posts)" in texts["main.py"]
    assert "print(await shout(registry.found[0]), await neighbours(registry.found[1]))" in texts["main.py"]
    assert "class Base(AsyncAttrs, DeclarativeBase):" in texts["models.py"]
    assert "lazy=" not in texts["models.py"]
    assert [(one.place.file, one.place.line) for one in left] == [("main.py", 7), ("main.py", 11), ("main.py", 15)] + [
        ("main.py", 15)
    ] * (len(left) - 3)
    assert "User.posts is read of an instance whose statement is not known: it is awaited" in left[1].reason
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    done = subprocess.run([sys.executable, "main.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["ANNA 2", "['one', 'two']"], done.stderr


def test_what_a_lambda_reads_the_model_loads() -> None:
    texts, left = shifted(
        main=MAIN.replace(
            "return [one.title for one in user.posts]", "return sorted(map(lambda u: len(u.posts), [user]))"
        )
    )
    assert 'relationship(back_populates="author", order_by="Post.id", lazy="selectin")' in texts["models.py"]
    assert "(await post.awaitable_attrs.author).posts" in texts["main.py"]
    assert any("the model loads it with every query" in one.reason for one in left)


def test_a_base_that_has_the_attribute_already_is_left_alone() -> None:
    models = MODELS.replace("class Base(DeclarativeBase)", "class Base(AsyncAttrs, DeclarativeBase)")
    texts, _ = shifted(models="from sqlalchemy.ext.asyncio import AsyncAttrs\n" + models)
    assert texts["models.py"].count("AsyncAttrs") == 2


def test_classes_of_a_declarative_base_that_a_call_made() -> None:
    models = MODELS.replace("class Base(DeclarativeBase):\n    pass\n", "Base = declarative_base()\n")
    texts, _ = shifted(models=models.replace("DeclarativeBase", "declarative_base"))
    assert "class Post(AsyncAttrs, Base):" in texts["models.py"]


def test_what_is_known_gets_its_loader_option() -> None:
    texts, left = shifted(
        main="""\
        from sqlalchemy import select
        from models import SessionLocal, User

        def run():
            with SessionLocal() as session:
                return [post.title for user in session.scalars(select(User)) for post in user.posts]
        """
    )
    assert "selectinload(User.posts)" in texts["main.py"]
    assert "awaitable" not in texts["main.py"] + texts["models.py"]
    assert left == []
