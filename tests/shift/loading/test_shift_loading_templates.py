"""Instances in the contexts of Jinja templates: what a template reads is loaded before it is rendered."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from greenshift.shift.rewrite.prepare.loading import load_before_reading
from greenshift.shift.rewrite.stages import StageResult, run_stage, run_stages

MODELS = """\
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
class Base(DeclarativeBase): ...
class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    posts: Mapped[list["Post"]] = relationship(back_populates="author", order_by="Post.id")
    @property
    def titles(self):
        return ", ".join(post.title for post in self.posts)
class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    author: Mapped[User] = relationship(back_populates="posts")
    tags: Mapped[list["Tag"]] = relationship(order_by="Tag.id")
class Tag(Base):
    __tablename__ = "tags"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("posts.id"))
    name: Mapped[str]
"""
HEAD = """\
from fastapi import APIRouter, Request
from fastapi.templating import Jinja2Templates
from sqlalchemy import select
from sqlalchemy.orm import Session
from app.models import Post, User
templates = Jinja2Templates(directory="app/templates")
"""


def prepared(code: str, **templates: str) -> StageResult:
    texts = {"app/__init__.py": "", "app/models.py": MODELS, "app/pages.py": HEAD + textwrap.dedent(code)}
    named = {f"app/templates/{name}.html": text for name, text in templates.items()}
    return run_stage("prepare", texts, fixers=[load_before_reading], templates=named)


def options(result: StageResult) -> set[str]:
    """The paths that statements load, as ``Post.author.posts``."""
    code = re.sub(r"\s+", "", result.texts["app/pages.py"])
    found = set()
    for chained in re.findall(r"selectinload\([\w.]+\)(?:\.selectinload\([\w.]+\))*", code):
        found.add(" ".join(re.findall(r"\(([\w.]+)\)", chained)))
    return found


PAGE = """
def page(request: Request, db: Session):
    posts = db.scalars(select(Post)).all()
    return templates.TemplateResponse(request, "page.html", {"posts": posts, "title": "all"})
"""


@pytest.mark.parametrize(
    ("template", "expected"),
    [
        ("{% for post in posts %}{{ post.title }}{% endfor %}", set()),
        ("{% for post in posts %}{{ post.author.name }}{% endfor %}", {"Post.author"}),
        ("{% for post in posts %}{{ post['author'].name }}{% endfor %}", {"Post.author"}),
        ("{% for post in posts if post.tags %}{{ post.title }}{% endfor %}", {"Post.tags"}),
        (
            "{% for post in posts %}{% for other in post.author.posts %}{% endfor %}{% endfor %}",
            {"Post.author User.posts"},
        ),
        ("{{ posts | map(attribute='author.name') | join(', ') }}", {"Post.author"}),
        ("{% for who, some in posts | groupby('author.name') %}{% endfor %}", {"Post.author"}),
        ("{{ posts[0].tags | length }}", {"Post.tags"}),
        ("{{ (posts | first).author.titles }}", {"Post.author User.posts"}),
        ("{% set first = posts | first %}{{ first.author.name }}", {"Post.author"}),
        ("{% with one = posts | last %}{{ one.tags }}{% endwith %}", {"Post.tags"}),
        ("{% if posts and posts[0].author %}yes{% endif %}", {"Post.author"}),
        ("{% macro show(one) %}{{ one.author.name }}{% endmacro %}{{ show(posts[0]) }}", {"Post.author"}),
        ("{% macro show(one) %}{{ one.author.name }}{% endmacro %}{{ show(title) }}", set()),
        ("{% macro tree(one) %}{{ one.tags }}{{ tree(one) }}{% endmacro %}{{ tree(posts[0]) }}", {"Post.tags"}),
        ("{% for post in posts %}{{ loop.index }} {{ post.tags | count }}{% else %}none{% endfor %}", {"Post.tags"}),
        ("{% trans name=posts[0].author.name %}by {{ name }}{% endtrans %}", {"Post.author"}),
        ("{# posts[0].author #}{{ posts | length }}", set()),
        ("{{ missing.author.name }}", set()),
    ],
)
def test_what_a_template_reads(template: str, expected: set[str]) -> None:
    result = prepared(PAGE, page=template)
    assert options(result) == expected
    assert result.left == []


MACRO = "{% macro show(one) %}{{ one.author }}{% endmacro %}"


@pytest.mark.parametrize(
    "templates",
    [
        {"page": "{% extends 'base.html' %}", "base": "{{ posts[0].author.name }}"},
        {"page": "{% extends 'base.html' %}{% block body %}{{ posts[0].author }}{% endblock %}", "base": ""},
        {"page": "{% include 'part.html' %}", "part": "{{ posts[0].author }}"},
        {"page": "{% for post in posts %}{% include 'part.html' %}{% endfor %}", "part": "{{ post.author.name }}"},
        {"page": "{% import 'part.html' as part %}{{ part.show(posts[0]) }}", "part": MACRO},
        {"page": "{% from 'part.html' import show as it %}{{ it(posts[0]) }}", "part": MACRO},
        {"page": "{% include 'page.html' %}{{ posts[0].author }}"},
    ],
)  # fmt: skip
def test_templates_that_use_each_other(templates: dict[str, str]) -> None:
    assert options(prepared(PAGE, **templates)) == {"Post.author"}


@pytest.mark.parametrize(
    "rendered",
    [
        'templates.TemplateResponse("page.html", {"request": request, "post": post})',
        'templates.TemplateResponse(request=request, name="page.html", context={"post": post})',
        'templates.TemplateResponse(request, "page.html", dict(post=post))',
        'templates.get_template("page.html").render(post=post)',
        'templates.env.get_template("page.html").render({"post": post})',
    ],
)
def test_ways_to_render(rendered: str) -> None:
    code = f"""
    def page(request: Request, db: Session):
        post = db.scalars(select(Post)).one()
        return {rendered}
    """
    assert options(prepared(code, page="{{ post.author.name }}")) == {"Post.author"}


def test_a_context_that_is_built_up() -> None:
    code = """
    def page(request: Request, db: Session):
        context = {"request": request}
        context["post"] = db.scalars(select(Post)).one()
        template = templates.get_template("page.html")
        return template.render(context)
    """
    assert options(prepared(code, page="{{ post.author.name }}")) == {"Post.author"}


def test_a_context_of_another_function() -> None:
    code = """
    def context_of(db: Session):
        return {"post": db.scalars(select(Post)).one()}

    def page(request: Request, db: Session):
        return templates.TemplateResponse(request, "page.html", context_of(db))
    """
    assert options(prepared(code, page="{{ post.author.name }}")) == {"Post.author"}


@pytest.mark.parametrize(
    ("name", "templates", "reason"),
    [
        ("chosen", {"page": ""}, "which template is rendered is not known"),
        ('"other.html"', {"page": ""}, "there is no template other.html"),
        ('"page.html"', {"page": "{% include 'gone.html' %}"}, "the template gone.html cannot be read"),
        ('"page.html"', {"page": "{% for %}"}, "the template app/templates/page.html cannot be read"),
    ],
)
def test_what_cannot_be_read_is_listed(name: str, templates: dict[str, str], reason: str) -> None:
    code = f"""
    def page(request: Request, db: Session, chosen: str):
        post = db.scalars(select(Post)).one()
        return templates.TemplateResponse(request, {name}, {{"post": post}})
    """
    left = prepared(code, **templates).left
    assert [(one.kind, one.place.line, one.reason) for one in left] == [
        ("template", HEAD.count("\n") + 4, f"{reason}: what it reads must be loaded before")
    ]


def test_a_context_without_instances_is_nobodys_business() -> None:
    code = """
    def page(request: Request, chosen: str):
        return templates.TemplateResponse(request, chosen, {"title": "none"})
    """
    assert prepared(code).left == []


APPLICATION = """\
from fastapi import Depends, FastAPI, Request
from fastapi.templating import Jinja2Templates
from sqlalchemy import create_engine, select
from sqlalchemy.orm import Session, sessionmaker
from models import Base, Post, Tag, User

engine = create_engine("sqlite:///blog.db")
SessionLocal = sessionmaker(engine)
templates = Jinja2Templates(directory="templates")
app = FastAPI()


def get_db():
    with SessionLocal() as db:
        yield db


@app.get("/")
def page(request: Request, db: Session = Depends(get_db)):
    posts = db.scalars(select(Post).order_by(Post.id)).all()
    return templates.TemplateResponse(request, "page.html", {"posts": posts})


@app.post("/fill")
def fill(db: Session = Depends(get_db)):
    db.add(User(name="anna", posts=[Post(title="one", tags=[Tag(name="x")]), Post(title="two")]))
    db.commit()
"""
CALL = """\
import asyncio, httpx
from app import app

async def main():
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        assert (await client.post("/fill")).status_code == 200
        print((await client.get("/")).text)

asyncio.run(main())
"""


def test_a_shifted_application_renders_what_it_rendered(tmp_path: Path) -> None:
    page = (
        "{% for p in posts %}{{ p.title }} by {{ p.author.name }} of {{ p.author.titles }} "
        "[{{ p.tags|map(attribute='name')|join }}];{% endfor %}"
    )
    texts = {"models.py": MODELS, "app.py": APPLICATION}
    after = run_stages(texts, templates={"templates/page.html": page})[-1].texts
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text(page)
    (tmp_path / "call.py").write_text(CALL)
    for name, text in after.items():
        (tmp_path / name).write_text(text)
    make = "from models import Base; from sqlalchemy import create_engine; Base.metadata.create_all(create_engine('sqlite:///blog.db'))"
    subprocess.run([sys.executable, "-c", make], cwd=tmp_path, check=True)
    done = subprocess.run([sys.executable, "call.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.stdout == "one by anna of one, two [x];two by anna of one, two [];\n", done.stderr
