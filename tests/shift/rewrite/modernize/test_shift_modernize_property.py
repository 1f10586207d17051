"""Programs of query forms, run as they are and modernized on the same database: same results, same statements."""

# ruff: noqa: E501 - a sample is one line

from __future__ import annotations

import sys
import types
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from modernize_samples import MODELS
from sqlalchemy import Engine, Row, create_engine, event
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from greenshift.postgres import Run, ServerSettings, Template, TemplateSource, open_server
from greenshift.shift.rewrite.stages import run_stage
from greenshift.shift.verify.transcript.normal_form import normal_form

PACKAGE = "modernize_property_app"
HEAD = f"""\
from sqlalchemy import and_, desc, func, or_, text
from sqlalchemy.orm import Session, aliased, joinedload, selectinload
from {PACKAGE}.models import Album, Photo, Post, Tag, User


"""


# ------------------------------------------------------------- the grammar


COLUMNS = {"User": ["id", "name", "age"], "Post": ["id", "title", "author_id"], "Tag": ["id", "label", "post_id"]}
JOINS = {
    "User": ["join(Post)", "join(User.posts)", "outerjoin(User.posts)", "join(Post, Post.author_id == User.id)",
             "outerjoin(Post, Post.author_id == User.id)", "join(Post, User.posts, isouter=True)"],
    "Post": ["join(Post.author)", "join(User, User.id == Post.author_id)", "outerjoin(Post.tags)", "join(Tag)",
             "outerjoin(Tag, Tag.post_id == Post.id)"],
    "Tag": ["join(Tag.post)", "outerjoin(Post, Post.id == Tag.post_id)"],
}  # fmt: skip
OPTIONS = {
    "User": ["selectinload(User.posts)", "joinedload(User.posts)", "joinedload(User.posts).joinedload(Post.tags)"],
    "Post": ["joinedload(Post.author)", "selectinload(Post.tags)", "joinedload(Post.tags)"],
    "Tag": ["joinedload(Tag.post)", "joinedload(Tag.post).joinedload(Post.author)"],
}
CONDITIONS = {
    "User": ["User.age > 20", "User.name.in_(['a', 'b'])", "User.posts.any(Post.title == 't1')",
             "User.id.in_(db.query(Post.author_id).filter(Post.id > 1))", "or_(User.id == 1, User.age == 30)"],
    "Post": ["Post.title != 't2'", "Post.author.has(User.age > 20)", "Post.author_id == 1",
             "Post.author_id == db.query(func.max(User.id)).scalar_subquery()",
             "db.query(Tag).filter(Tag.post_id == Post.id).exists()"],
    "Tag": ["Tag.label == 'l1'", "Tag.post_id > 1"],
}  # fmt: skip
KEYS = {"User": ["id=1", "name='a'", "age=20"], "Post": ["id=2", "title='t1'"], "Tag": ["label='l1'", "id=3"]}
TERMINALS = [
    "{q}.all()", "{q}.first()", "{q}.one()", "{q}.one_or_none()", "{q}.scalar()", "{q}.count()", "list({q})",
    "{q}[1:3]", "{q}[:2]", "{q}[0]", "[x for x in {q}]", "db.query({q}.exists()).scalar()", "len({q}.all())",
    "sorted({q}, key=lambda one: -one.id)", "db.query(func.count()).select_from({q}.subquery()).scalar()", "({q}.count(), {q}.limit(2).all())",
]  # fmt: skip
SHAPES = {
    "User": ["User", "User", "User.id, User.name", "User.age", "func.count(User.id)", "User, User.name"],
    "Post": ["Post", "Post", "Post.id, Post.title", "Post, Post.author_id", "func.max(Post.id)"],
    "Tag": ["Tag", "Tag.label", "Tag.id.label('n'), func.upper(Tag.label)"],
}


@st.composite
def programs(draw: st.DrawFn) -> str:
    """Return the body of a function ``run(db, flag)``."""
    entity = draw(st.sampled_from(sorted(SHAPES)))
    shape = draw(st.sampled_from(SHAPES[entity]))
    if draw(st.integers(0, 9)) == 0:
        return draw(st.sampled_from(SPECIAL))
    if draw(st.integers(0, 7)) == 0:
        return draw(bulk(entity))
    steps: list[str] = []
    aggregate = shape.startswith("func.")
    if draw(st.booleans()):
        steps.append(f"filter({draw(st.sampled_from(CONDITIONS[entity]))})")
    if draw(st.integers(0, 3)) == 0:
        steps.append(f"filter_by({draw(st.sampled_from(KEYS[entity]))})")
    if draw(st.booleans()):
        join = draw(st.sampled_from(JOINS[entity]))
        steps.append(join)
        target = next(name for name in ("Post", "Tag", "User") if _joins(join, entity, name))
        if draw(st.booleans()):
            steps.append(f"filter_by({draw(st.sampled_from(KEYS[target]))})")
        elif draw(st.booleans()):
            steps.append(f"filter({draw(st.sampled_from(CONDITIONS[target]))})")
    if shape == entity and draw(st.integers(0, 2)) == 0:
        steps.append(f"options({draw(st.sampled_from(OPTIONS[entity]))})")
    if draw(st.integers(0, 3)) == 0:
        steps.append("distinct()")
    if not aggregate:
        if "distinct()" in steps and shape != entity:
            steps.append(
                "order_by(" + shape.split(",")[0].partition(".label")[0] + ")" if "." in shape[:6] else "order_by(None)"
            )
        else:
            order = draw(st.sampled_from(["{0}.id", "{0}.id.desc()", "desc({0}.id)", "{0}.{1}, {0}.id"]))
            steps.append(f"order_by({order.format(entity, draw(st.sampled_from(COLUMNS[entity])))})")
        if shape == entity and draw(st.integers(0, 5)) == 0:
            steps.append(f"with_entities({entity}.id, {entity}.{draw(st.sampled_from(COLUMNS[entity]))})")
        if draw(st.integers(0, 3)) == 0:
            steps.append(draw(st.sampled_from(["limit(2)", "limit(3)", "offset(1).limit(2)", "slice(0, 2)"])))
    terminal = draw(st.sampled_from(TERMINALS))
    if "sorted" in terminal and shape != entity:
        terminal = "list({q})"
    return _laid_out(draw, f"db.query({shape})", steps, terminal)


def _joins(join: str, entity: str, name: str) -> bool:
    if name == entity:
        return False
    inside = join.partition("(")[2]
    return (
        inside.startswith(name)
        or f".{name.lower()}s" in inside
        or (name == "User" and ".author)" in inside)
        or (".post)" in inside and name == "Post")
    )


def _laid_out(draw: st.DrawFn, start: str, steps: list[str], terminal: str) -> str:
    """The chain in one expression, over several lines, or built up in a variable."""
    form = draw(st.integers(0, 4))
    if form == 0:
        chain = "\n        ".join([start, *(f".{step}  # {number}" for number, step in enumerate(steps))])
        return "    return (\n        " + terminal.replace("{q}", f"(\n        {chain}\n        )") + "\n    )"
    if form == 1:
        chain = " \\\n        ".join([start, *(f".{step}" for step in steps)])
        return f"    query = {chain}\n    return {terminal.format(q='query')}"
    if form == 2 and steps:
        lines = [f"    query = {start}"]
        lines += [f"    query = query.{step}" for step in steps]
        return "\n".join([*lines, f"    return {terminal.format(q='query')}"])
    if form == 3 and steps:
        first = ".".join([start, *steps[:-1]])
        return (
            f"    query = narrowed({first}, flag)\n    return {terminal.format(q='query')}\n\n\n"
            f"def narrowed(query, flag):\n    if flag:\n        query = query.{steps[-1]}\n    return query"
        )
    return "    return " + terminal.format(q=".".join([start, *steps]))


def bulk(entity: str) -> st.SearchStrategy[str]:
    """Bulk statements and the rows after them."""
    condition = st.sampled_from([*CONDITIONS[entity], f"{entity}.id > 1"])
    synchronize = st.sampled_from(["synchronize_session=False", "synchronize_session='fetch'", ""])
    column = COLUMNS[entity][1]
    rows = f"db.query({entity}.id, {entity}.{column}).order_by({entity}.id).all()"

    def text(condition: str, synchronize: str, form: int) -> str:
        start = f"db.query({entity}).filter({condition})"
        if form == 0:
            return f"    n = {start}.delete({synchronize})\n    return n, {rows}"
        if form == 1:
            return f"    {start}.update({{{entity}.{column}: 'z'}}, {synchronize})\n    return {rows}"
        if form == 2:
            return (
                f"    query = db.query({entity})\n    if flag:\n        query = query.filter({condition})\n"
                f"    n = query.delete({synchronize})\n    return n, {rows}"
            )
        return (
            f"    query = {start}\n    before = query.count()\n"
            f"    n = query.update({{'{column}': 'z'}}, {synchronize})\n    return before, n, {rows}"
        )

    return st.builds(text, condition, synchronize, st.integers(0, 3))


SPECIAL = [
    "    return db.query(User).get(2)",
    "    return db.query(User).get(99)",
    "    return db.query(User).options(joinedload(User.posts)).get(1).name",
    "    return db.query(User).filter(User.id < 2).union(db.query(User).filter(User.id < 3)).count()",
    "    return sorted(u.id for u in db.query(User).filter(User.id < 2).union(db.query(User)).all())",
    "    return len(db.query(User).union_all(db.query(User)).all())",
    "    return sorted(db.query(User.id).union_all(db.query(Post.id)).all())",
    "    return sorted(db.query(User.id).intersect(db.query(Post.id)).all())",
    "    return [n for (n,) in db.query(User.name).union(db.query(Post.title)).order_by(User.name.desc()).limit(4)]",
    "    return db.query(User).filter(User.id < 2).union(db.query(User)).order_by(User.name.desc()).limit(2).all()",
    "    return db.query(User).filter(User.id > 1).union(db.query(User)).order_by(User.age, User.id).first()",
    "    return db.query(User.id.label('n')).union_all(db.query(Post.id)).order_by('n').limit(4).offset(1).all()",
    "    q = db.query(User.name).union(db.query(Post.title)).order_by(User.name)\n    return [n for (n,) in q], q.count()",
    "    return page(db.query(User)), page(db.query(User.id)), page(db.query(User, User.id)), page(db.query(aliased(User)))"
    "\n\n\ndef page(query):\n    return query.order_by(None).limit(2).all()",
    "    return page(db.query(User).join(Post)), page(db.query(User.age)), page(db.query(func.count(User.id)))"
    "\n\n\ndef page(query):\n    return query.first(), query.count(), query.all()",
    "    return db.query(Album).order_by(Album.id).all()",
    "    return db.query(Album).filter(Album.id == 1).one()",
    "    return db.query(Album).order_by(Album.id).first()",
    "    return db.query(Album).join(Photo).order_by(Album.id).limit(2).all()",
    "    return db.query(Album.id, Photo.id).join(Photo).order_by(Photo.id).all()",
    "    return db.query(Album, func.count(Photo.id)).outerjoin(Photo).group_by(Album).order_by(Album.id).all()",
    "    return db.query(User, Post).join(Post).order_by(Post.id).all()",
    "    return db.query(User, Post).filter(User.id == Post.author_id).filter_by(id=1).order_by(Post.id).all()",
    "    return db.query(User, Post.author_id).join(Post).order_by(User.id).all()",
    "    return db.query(User).filter(User.id == Post.author_id).order_by(User.id).all()",
    "    return db.query(User).filter(Post.author_id == User.id, User.id == 1).one()",
    "    return db.query(User).filter(text('users.id > :n')).params(n=1).order_by(User.id).all()",
    "    return db.query(User).from_statement(text('SELECT * FROM users ORDER BY id')).all()",
    "    return db.query(User).from_statement(text('SELECT * FROM users ORDER BY id')).first()",
    "    return db.query(User).order_by(User.id).yield_per(2).all()",
    "    return db.query(User).populate_existing().order_by(User.id).all()",
    "    other = aliased(User)\n    return db.query(User).join(other, other.age == User.age).order_by(User.id).all()",
    "    other = aliased(User, name='o')\n    return db.query(other).filter(other.id > 1).order_by(other.id).all()",
    "    n = db.query(Post.author_id, func.count(Post.id).label('n')).group_by(Post.author_id).subquery()\n"
    "    return db.query(User, n.c.n).outerjoin(n, n.c.author_id == User.id).order_by(User.id).all()",
    "    old = db.query(User.id).filter(User.age > 20).cte('old')\n"
    "    return db.query(Post).join(old, old.c.id == Post.author_id).order_by(Post.id).all()",
    "    return dict(db.query(User.id, User.name))",
    "    return [name for (name,) in db.query(User.name).order_by(User.name)]",
    "    return db.query(func.count(User.id)).scalar(), db.query(func.sum(User.age)).filter(User.id > 99).scalar()",
    "    return db.query(User.age, func.count()).group_by(User.age).having(func.count() > 1).all()",
    "    return db.query(User).order_by(User.id).limit(1).with_entities(User.name).scalar()",
    "    a, b = db.query(User).order_by(User.id).limit(2)\n    return a, b",
]


# ------------------------------------------------------------- running


@pytest.fixture(scope="module")
def models() -> Iterator[types.ModuleType]:
    package, module = types.ModuleType(PACKAGE), types.ModuleType(f"{PACKAGE}.models")
    sys.modules[PACKAGE], sys.modules[module.__name__] = package, module
    exec(MODELS, module.__dict__)
    yield module
    module.Base.registry.dispose()
    del sys.modules[PACKAGE], sys.modules[module.__name__]


def filled(engine: Engine, models: Any) -> Engine:
    models.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(
            [
                models.User(id=1, name="a", age=20),
                models.User(id=2, name="b", age=30),
                models.User(id=3, name="c", age=30),
            ]
        )
        session.flush()
        session.add_all(models.Post(id=n, title=f"t{n}", data={}, author_id=1 + n % 2) for n in range(1, 5))
        session.flush()
        session.add_all(models.Tag(id=n, label=f"l{n % 2}", post_id=1 + n % 3) for n in range(1, 7))
        session.add_all(models.Album(id=n) for n in range(1, 4))
        session.flush()
        session.add_all(models.Photo(id=n, album_id=1 + n % 2) for n in range(1, 5))
        session.commit()
    return engine


@pytest.fixture(scope="module")
def sqlite(models: types.ModuleType) -> Iterator[Engine]:
    engine = filled(create_engine("sqlite://", poolclass=StaticPool), models)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def postgresql(models: types.ModuleType) -> Iterator[Engine]:
    server = open_server(ServerSettings(provider="embedded"))
    run = Run.start(server)
    database = Template.ensure(server, run, TemplateSource("empty", lambda _: None, "nothing")).clone(run, "forms")
    engine = filled(create_engine(database.url("psycopg")), models)
    yield engine
    engine.dispose()
    run.close()
    server.stop()


def plain(value: Any) -> Any:
    """A result as data that can be compared; the classes of lists and rows count."""
    if isinstance(value, list | tuple | Row):
        return (type(value).__name__, [plain(one) for one in value])
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if hasattr(value, "__table__"):
        return (type(value).__name__, value.id, sorted(set(value.__dict__) - {"_sa_instance_state"}))
    return value


def outcome(engine: Engine, text: str) -> tuple[Any, list[str]]:
    """What a program returns or raises, and the statements that it sends."""
    namespace: dict[str, Any] = {}
    exec(compile(text, "program", "exec"), namespace)
    sent: list[str] = []

    def note(_c: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(normal_form(statement, engine.driver).text)

    with Session(engine) as session:
        event.listen(engine, "before_cursor_execute", note)
        try:
            result = plain(namespace["run"](session, True)), plain(namespace["run"](session, False))
        except Exception as error:
            result = type(error).__name__
        finally:
            event.remove(engine, "before_cursor_execute", note)
            session.rollback()
    return result, sent


def modernized(program: str) -> tuple[str, int]:
    texts = {
        f"{PACKAGE}/__init__.py": "",
        f"{PACKAGE}/models.py": MODELS,
        f"{PACKAGE}/program.py": f"{HEAD}def run(db: Session, flag):\n{program}\n",
    }
    done = run_stage("modernize", texts)
    again = run_stage("modernize", done.texts)
    assert again.changed == [], again.texts
    return done.texts[f"{PACKAGE}/program.py"], done.counts.get("queries left", 0)


def same(engine: Engine, program: str) -> None:
    legacy = f"{HEAD}def run(db: Session, flag):\n{program}\n"
    new, _ = modernized(program)
    before, after = outcome(engine, legacy), outcome(engine, new)
    assert before[0] == after[0], f"{legacy}\n-----\n{new}"
    if "union" not in program and "intersect" not in program:
        assert before[1] == after[1], f"{legacy}\n-----\n{new}"


@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=programs())
def test_same_results_and_statements(sqlite: Engine, program: str) -> None:
    same(sqlite, program)


@pytest.mark.parametrize("program", SPECIAL)
def test_special_forms(sqlite: Engine, program: str) -> None:
    same(sqlite, program)
    assert modernized(program)[1] == 0


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(program=programs())
def test_same_on_postgresql(postgresql: Engine, program: str) -> None:
    same(postgresql, program)
