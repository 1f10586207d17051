"""Statements as drivers got them: which are the same, and which are not."""

from __future__ import annotations

import pytest

from greenshift.shift.verify.transcript.eager_joins import without_eager_joins
from greenshift.shift.verify.transcript.noise import is_noise
from greenshift.shift.verify.transcript.normal_form import LITERAL, finished, meaning, normal_form

PSYCOPG2, PSYCOPG, ASYNCPG, SQLITE = "psycopg2", "psycopg", "asyncpg", "aiosqlite"

EQUAL = {
    "drivers' placeholders and casts": [
        (PSYCOPG2, "SELECT author.id, author.name \nFROM author \nWHERE author.name = %(name_1)s"),
        (PSYCOPG, "SELECT author.id, author.name \nFROM author \nWHERE author.name = %(name_1)s::VARCHAR"),
        (ASYNCPG, "SELECT author.id, author.name \nFROM author \nWHERE author.name = $1::VARCHAR"),
        (SQLITE, "SELECT author.id, author.name FROM author WHERE author.name = ?"),
        ("oracledb", "SELECT author.id, author.name FROM author WHERE author.name = :name_1"),
    ],
    "longer casts": [
        (PSYCOPG2, "SELECT a.x FROM a WHERE a.t > %(t_1)s AND a.n = %(n_1)s AND a.l = %(l_1)s"),
        (
            ASYNCPG,
            "SELECT a.x FROM a WHERE a.t > $1::TIMESTAMP WITHOUT TIME ZONE AND a.n = $2::NUMERIC(10, 2) "
            "AND a.l = $3::VARCHAR[]",
        ),
        (ASYNCPG, 'SELECT a.x FROM a WHERE a.t > $1::TIMESTAMP AND a.n = $2::my_schema."Kind" AND a.l = $3::INTEGER[]'),
    ],
    "Query's labels": [
        (
            PSYCOPG2,
            "SELECT author.id AS author_id, author.name AS author_name \nFROM author ORDER BY author.name \n"
            " LIMIT %(param_1)s",
        ),
        (ASYNCPG, "SELECT author.id, author.name \nFROM author ORDER BY author.name \n LIMIT $1::INTEGER"),
        (ASYNCPG, "SELECT author.id, author.name FROM author ORDER BY author.name LIMIT 1"),
    ],
    "labels of a subquery": [
        (
            PSYCOPG2,
            "SELECT count(*) AS count_1 \nFROM (SELECT book.id AS book_id, author.id AS author_id \n"
            "FROM book JOIN author ON author.id = book.author_id) AS anon_1",
        ),
        (
            ASYNCPG,
            "SELECT count(*) AS count_1 \nFROM (SELECT book.id AS id, author.id AS id_1 \n"
            "FROM book JOIN author ON author.id = book.author_id) AS anon_1",
        ),
    ],
    "labels outside of their subquery": [
        (PSYCOPG2, "SELECT anon_1.book_id AS anon_1_book_id FROM (SELECT book.id AS book_id FROM book) AS anon_1"),
        (ASYNCPG, "SELECT anon_2.id FROM (SELECT book.id AS id FROM book) AS anon_2"),
        (ASYNCPG, "SELECT anon_2.id FROM (SELECT book.id FROM book) AS anon_2"),
    ],
    "labels of a CTE": [
        (PSYCOPG2, "WITH c AS (SELECT book.id AS book_id FROM book) SELECT c.book_id AS c_book_id FROM c"),
        (ASYNCPG, "WITH c AS (SELECT book.id AS id FROM book) SELECT c.id FROM c"),
    ],
    "sorted by a label": [
        (PSYCOPG2, "SELECT book.kind AS book_kind, count(book.id) AS n FROM book GROUP BY book.kind ORDER BY n DESC"),
        (ASYNCPG, "SELECT book.kind, count(book.id) AS total FROM book GROUP BY book.kind ORDER BY total DESC"),
    ],
    "a union that Query wraps": [
        (
            PSYCOPG2,
            "SELECT anon_1.kind AS anon_1_kind, anon_1.book_at AS anon_1_book_at FROM (SELECT %(p_1)s AS kind, "
            "book.at AS book_at FROM book UNION ALL SELECT %(p_2)s AS kind, post.at AS post_at FROM post) AS anon_1 "
            "ORDER BY anon_1.book_at, anon_1.kind LIMIT %(param_1)s",
        ),
        (
            ASYNCPG,
            "SELECT $1::VARCHAR AS kind, book.at FROM book UNION ALL SELECT $2::VARCHAR AS kind, post.at FROM post "
            "ORDER BY at, kind LIMIT $3::INTEGER",
        ),
    ],
    "a set operation that Query wraps inside of another": [
        (
            PSYCOPG2,
            "SELECT author.id AS author_id FROM author WHERE author.id IN (SELECT anon_1.author_id FROM (SELECT "
            "anon_2.author_id AS author_id FROM (SELECT author.id AS author_id FROM author EXCEPT SELECT book.by AS "
            "book_by FROM book) AS anon_2) AS anon_1)",
        ),
        (
            ASYNCPG,
            "SELECT author.id FROM author WHERE author.id IN (SELECT anon_1.id FROM (SELECT author.id AS id "
            "FROM author EXCEPT SELECT book.by AS by FROM book) AS anon_1)",
        ),
    ],
    "numbered aliases": [
        (PSYCOPG2, "SELECT author_1.id AS author_1_id FROM author AS author_1, author AS author_2"),
        (ASYNCPG, "SELECT author_7.id FROM author AS author_7, author AS author_3"),
    ],
    "exists": [
        (PSYCOPG2, "SELECT EXISTS (SELECT 1 \nFROM author \nWHERE author.id = %(id_1)s) AS anon_1"),
        (ASYNCPG, "SELECT EXISTS (SELECT * \nFROM author \nWHERE author.id = $1::INTEGER) AS anon_2"),
    ],
    "one row or a batch": [
        (PSYCOPG2, "INSERT INTO tag (a, b) VALUES (%(a)s, %(b)s) RETURNING tag.id"),
        (
            ASYNCPG,
            "INSERT INTO tag (a, b) SELECT p0::VARCHAR, p1::INTEGER FROM (VALUES ($1::VARCHAR, $2::INTEGER, 0), "
            "($3::VARCHAR, $4::INTEGER, 1)) AS imp_sen(p0, p1, sen_counter) ORDER BY sen_counter "
            "RETURNING tag.id, tag.id AS id__1",
        ),
        (SQLITE, "INSERT INTO tag (a, b) VALUES (?, ?), (?, ?) RETURNING id"),
    ],
    "savepoints": [(PSYCOPG, "SAVEPOINT sa_savepoint_1"), (ASYNCPG, "SAVEPOINT sa_savepoint_14")],
    "a percent sign": [(PSYCOPG2, "SELECT a %% 2, 'x%%' FROM t"), (ASYNCPG, "SELECT a % 2, 'x%' FROM t")],
    "comments, case and spaces": [
        (PSYCOPG2, "select a\nfrom t -- why\nwhere b = %(b)s /* so */"),
        (ASYNCPG, "SELECT a FROM t WHERE b = $1"),
    ],
}

DIFFERENT = {
    "another column": ("SELECT a.x FROM a", "SELECT a.y FROM a"),
    "another order of columns": ("SELECT a.x, a.y FROM a", "SELECT a.y, a.x FROM a"),
    "a filter": ("SELECT a.x FROM a WHERE a.y = ?", "SELECT a.x FROM a"),
    "another operator": ("SELECT a.x FROM a WHERE a.y < ?", "SELECT a.x FROM a WHERE a.y <= ?"),
    "and for or": ("SELECT a.x FROM a WHERE a.y OR a.z", "SELECT a.x FROM a WHERE a.y AND a.z"),
    "where the parentheses stand": (
        "SELECT a.x FROM a WHERE (a.y OR a.z) AND a.w",
        "SELECT a.x FROM a WHERE a.y OR (a.z AND a.w)",
    ),
    "the sorting": ("SELECT a.x FROM a ORDER BY a.x", "SELECT a.x FROM a ORDER BY a.x DESC"),
    "the limit": ("SELECT a.x FROM a LIMIT ?", "SELECT a.x FROM a"),
    "an offset": ("SELECT a.x FROM a LIMIT ? OFFSET ?", "SELECT a.x FROM a LIMIT ?"),
    "distinct": ("SELECT DISTINCT a.x FROM a", "SELECT a.x FROM a"),
    "an inner join for an outer one": (
        "SELECT a.x FROM a LEFT OUTER JOIN b ON b.a_id = a.id",
        "SELECT a.x FROM a JOIN b ON b.a_id = a.id",
    ),
    "what is counted": ("SELECT count(*) AS count_1 FROM a", "SELECT count(a.x) AS count_1 FROM a"),
    "a lock": ("SELECT a.x FROM a FOR UPDATE", "SELECT a.x FROM a"),
    "a string": ("SELECT a.x FROM a WHERE a.y = 'p'", "SELECT a.x FROM a WHERE a.y = 'q'"),
    "a number": ("SELECT a.x FROM a WHERE a.y = 1", "SELECT a.x FROM a WHERE a.y = 2"),
    "the subject of a subquery": (
        "SELECT anon_1.b_id FROM (SELECT b.id AS b_id, b.no AS b_no FROM b) AS anon_1",
        "SELECT anon_1.no FROM (SELECT b.id AS id, b.no AS no FROM b) AS anon_1",
    ),
    "which of two aliases": (
        "SELECT a_1.id FROM a AS a_1 JOIN a AS a_2 ON a_2.up = a_1.id",
        "SELECT a_1.id FROM a AS a_1 JOIN a AS a_2 ON a_1.up = a_2.id",
    ),
    "the label sorted by": (
        "SELECT min(a.x) AS p, max(a.x) AS q FROM a GROUP BY a.y ORDER BY p",
        "SELECT min(a.x) AS p, max(a.x) AS q FROM a GROUP BY a.y ORDER BY q",
    ),
    "a column of a union left out": (
        "SELECT anon_1.x FROM (SELECT a.x AS x, a.y AS y FROM a UNION SELECT b.x AS x, b.y AS y FROM b) AS anon_1",
        "SELECT a.x AS x, a.y AS y FROM a UNION SELECT b.x AS x, b.y AS y FROM b",
    ),
    "a union filtered from outside": (
        "SELECT anon_1.x FROM (SELECT a.x AS x FROM a UNION SELECT b.x AS x FROM b) AS anon_1 WHERE anon_1.x > ?",
        "SELECT a.x AS x FROM a UNION SELECT b.x AS x FROM b WHERE b.x > ?",
    ),
    "a union without its repetitions": (
        "SELECT DISTINCT anon_1.x FROM (SELECT a.x AS x FROM a UNION ALL SELECT b.x AS x FROM b) AS anon_1",
        "SELECT a.x AS x FROM a UNION ALL SELECT b.x AS x FROM b",
    ),
    "the end of a union": (
        "SELECT anon_1.x FROM (SELECT a.x AS x FROM a UNION SELECT b.x AS x FROM b LIMIT ?) AS anon_1 "
        "ORDER BY anon_1.x",
        "SELECT a.x AS x FROM a UNION SELECT b.x AS x FROM b ORDER BY x LIMIT ?",
    ),
    "a savepoint's end": ("RELEASE SAVEPOINT sa_savepoint_1", "ROLLBACK TO SAVEPOINT sa_savepoint_1"),
    "what is set": ("UPDATE a SET x=? WHERE a.id = ?", "UPDATE a SET x=?, y=? WHERE a.id = ?"),
    "the table": ("DELETE FROM a WHERE a.id = ?", "DELETE FROM b WHERE b.id = ?"),
    "a cast of the user's": ("SELECT CAST(a.x AS INTEGER) FROM a", "SELECT CAST(a.x AS VARCHAR) FROM a"),
    "the columns of an INSERT": ("INSERT INTO a (x, y) VALUES (?, ?)", "INSERT INTO a (y, x) VALUES (?, ?)"),
}


@pytest.mark.parametrize("statements", EQUAL.values(), ids=EQUAL.keys())
def test_the_same_statement_has_one_form(statements: list[tuple[str, str]]) -> None:
    texts = {normal_form(sql, driver).text.partition(" RETURNING ")[0] for driver, sql in statements}
    assert len(texts) == 1, texts


@pytest.mark.parametrize("statements", DIFFERENT.values(), ids=DIFFERENT.keys())
def test_different_statements_keep_their_difference(statements: tuple[str, str]) -> None:
    one, other = statements
    assert normal_form(one, SQLITE).text != normal_form(other, SQLITE).text


def test_parameters_are_known_by_the_drivers_key_in_the_order_of_the_text() -> None:
    named = normal_form("SELECT x FROM a WHERE b = %(b_1)s AND c IN (%(c_1_1)s, %(c_1_2)s) LIMIT 5", PSYCOPG)
    assert named.keys == ("b_1", "c_1_1", "c_1_2", LITERAL)
    assert normal_form("SELECT x FROM a WHERE b = $2 AND c = $1", ASYNCPG).keys == (2, 1)
    assert normal_form("SELECT x FROM a WHERE b = ? AND c = ?", SQLITE).keys == (1, 2)
    assert normal_form("SELECT x FROM a WHERE b = %s AND c = '%s'", PSYCOPG2).keys == (1,)


def test_the_rows_of_a_batch_are_counted() -> None:
    assert normal_form("INSERT INTO a (x) VALUES (?), (?), (?) RETURNING id", SQLITE).rows == 3
    assert normal_form("INSERT INTO a (x) VALUES (?)", SQLITE).rows == 1
    # Rows of their own kinds are no batch.
    assert normal_form("INSERT INTO a (x) VALUES (?), (now())", SQLITE).rows == 1


def test_text_that_is_no_sql_is_taken_as_it_is() -> None:
    assert normal_form("SELECT (((", SQLITE).text
    assert normal_form("", SQLITE).text == ""
    assert normal_form("it's ) not ' SQL", SQLITE).text


def unjoined(sql: str) -> tuple[str, frozenset[str]]:
    nodes, rows = meaning(sql, SQLITE)
    left = without_eager_joins(nodes)
    return finished((left.nodes, rows)).text, left.tables


def test_an_eager_join_is_taken_out() -> None:
    lazy = normal_form("SELECT author.id, author.name FROM author WHERE author.name = ?", SQLITE).text
    text, tables = unjoined(
        "SELECT author.id, author.name, book_1.id AS id_1, book_1.title FROM author "
        "LEFT OUTER JOIN book AS book_1 ON author.id = book_1.author_id WHERE author.name = ? ORDER BY book_1.id"
    )
    assert text == lazy
    assert tables == {"book"}


def test_an_eager_join_through_a_second_table_is_taken_out() -> None:
    text, tables = unjoined(
        "SELECT post.id, tag_1.id AS id_1 FROM post LEFT OUTER JOIN (post_tag AS post_tag_1 JOIN tag AS tag_1 "
        "ON tag_1.id = post_tag_1.tag_id) ON post.id = post_tag_1.post_id"
    )
    assert text == "SELECT post . id FROM post"
    assert tables == {"post_tag", "tag"}


def test_an_eager_join_beside_a_limit_is_taken_out_with_its_subquery() -> None:
    lazy = normal_form("SELECT author.id, author.name FROM author ORDER BY author.name LIMIT ?", SQLITE).text
    text, _ = unjoined(
        "SELECT anon_1.id, anon_1.name, book_1.id AS id_1 FROM (SELECT author.id AS id, author.name AS name "
        "FROM author ORDER BY author.name LIMIT ?) AS anon_1 LEFT OUTER JOIN book AS book_1 "
        "ON anon_1.id = book_1.author_id ORDER BY anon_1.name"
    )
    assert text == lazy


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("SELECT a.id FROM a JOIN b AS b_1 ON b_1.a_id = a.id", id="no column of it"),
        pytest.param("SELECT a.id, b_1.x FROM a JOIN b AS b_1 ON b_1.a_id = a.id WHERE b_1.x = ?", id="a filter on it"),
        pytest.param("SELECT a.id, b.x FROM a LEFT OUTER JOIN b ON b.a_id = a.id", id="no alias"),
        pytest.param("SELECT a.id, c.x FROM a LEFT OUTER JOIN b AS c ON c.a_id = a.id", id="the user's alias"),
    ],
)
def test_a_join_of_the_users_stays(sql: str) -> None:
    text, tables = unjoined(sql)
    assert text == normal_form(sql, SQLITE).text
    assert not tables


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("SELECT 1", "text"),
        ("CREATE TABLE a (x INTEGER)", "ddl"),
        ("PRAGMA main.table_info('a')", "driver"),
        ("SELECT pg_catalog.pg_class.relname FROM pg_catalog.pg_class", "core"),
        ("select pg_catalog.version()", "driver"),
        ("SELECT name FROM sqlite_master WHERE type='table'", "text"),
        ("select nextval('author_id_seq')", "default"),
    ],
)
def test_noise(sql: str, kind: str) -> None:
    assert is_noise(normal_form(sql, PSYCOPG).text, kind)


@pytest.mark.parametrize("sql", ["SELECT 10", "SELECT a.x FROM a", "select nextval('order_number')", "SET ROLE x"])
def test_what_is_no_noise(sql: str) -> None:
    assert not is_noise(normal_form(sql, PSYCOPG).text, "text")
