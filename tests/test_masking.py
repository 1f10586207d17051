"""Passwords are masked wherever they may be written, and nothing else is."""

import string
import time
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from greenshift.masking import mask

PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " äßй"
# Where nothing quotes a password, white space and quotes end it.
UNQUOTED = "".join(set(PRINTABLE) - set(" \"'<>\\&#?/"))


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql+asyncpg://app:s3cret@db:5432/x", "postgresql+asyncpg://app:***@db:5432/x"),
        ("'postgresql://app:p@ss:w0rd/@db/x'", "'postgresql://app:***@db/x'"),
        ('"postgresql://u:p\'w d@h/d", "a@b"', '"postgresql://u:***@h/d", "a@b"'),
        ("postgresql://name@azure:s3cret@db/x", "postgresql://name@azure:***@db/x"),
        ("postgresql://:s3cret@db/x", "postgresql://:***@db/x"),
        ("host=db password=s3cret user=app", "host=db password=*** user=app"),
        ("host=db password='it\\'s' user=app", "host=db password='***' user=app"),
        ("postgresql://db/x?user=app&password=s3cret&sslmode=require", None),
        ("{'PGPASSWORD': 's3cret'}", "{'PGPASSWORD': '***'}"),
        ("DB_PASSWORD=s3cret\nDEBUG=1", "DB_PASSWORD=***\nDEBUG=1"),
        ('connect_args={"password": "s3\\"cret", "ssl": True}', 'connect_args={"password": "***", "ssl": True}'),
        ('connect_args=dict(password="s3cret", port=1)', 'connect_args=dict(password="***", port=1)'),
        ("password: SecretStr = SecretStr('s3cret')", "password: SecretStr = SecretStr('***')"),
        ('os.environ.get("DB_PASSWORD", "s3cret")', 'os.environ.get("DB_PASSWORD", "***")'),
        ("ALTER ROLE app PASSWORD 's3cret'", "ALTER ROLE app PASSWORD '***'"),
        ('{\\"password\\": \\"s3cret\\"}', '{\\"password\\": \\"***\\"}'),
    ],
)
def test_passwords_are_masked(text: str, masked: str | None) -> None:
    assert "s3cret" not in mask(text)
    if masked is not None:
        assert mask(text) == masked
    assert mask(mask(text)) == mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "https://sqlalche.me/e/20/xd2s",
        "http://localhost:8000/a by app@example.org",
        '{"url":"http://localhost:8000","mail":"app@example.org"}',
        "def login(password: str, user: str) -> None:",
        'password=os.environ["DB_PASSWORD"]',
        "password: Mapped[str] = mapped_column(String)",
        "password authentication failed for user app",
        "password=None",
        'if password == "":',
    ],
)
def test_what_is_no_password_is_left(text: str) -> None:
    assert mask(text) == text


def forms(password: str) -> list[str]:
    """Every way in which a password is written so that any characters may be in it."""
    literal = repr("postgresql://app:" + password.replace("@", "%40") + "@db/shop")
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    return [
        f"postgresql+asyncpg://app:{quote(password, safe='')}@db:5432/shop",
        literal if "\\" not in password else "",
        f"host=db password='{escaped}' user=app",
        f"connect_args={{'password': {password!r}, 'ssl': True}}",
        f"connect_args=dict(password={password!r})",
        f"URL.create('postgresql', username='app', password={password!r}, host='db')",
        f"os.getenv('PGPASSWORD', {password!r})",
        f"postgresql://db/shop?user=app&password={quote(password, safe='')}&sslmode=require",
    ]


# A text of other characters than the frames have: what is left of it would be seen.
@given(st.text(PRINTABLE, min_size=1, max_size=20).map(lambda text: f"ZQ{text}QZ"))
def test_no_password_is_left_in_any_form(password: str) -> None:
    for form in forms(password):
        shown = mask(f"engine = f({form})")
        assert "ZQ" not in shown
        assert "QZ" not in shown


@given(st.text(UNQUOTED, min_size=1, max_size=20).map(lambda text: f"ZQ{text}QZ"))
def test_no_password_is_left_without_quotes(password: str) -> None:
    for form in (f"PGPASSWORD={password}", f"host=db password={password} user=app", f"postgresql://app:{password}@db"):
        assert "QZ" not in mask(form)
        assert "ZQ" not in mask(form)


@pytest.mark.parametrize(
    "text", ["password", "://", "://a:", "@'://a:", "password=", "password ='", '("password",\'', "a.b(", "'"]
)
def test_no_text_takes_long(text: str) -> None:
    started = time.process_time()
    mask(text * (200_000 // len(text)) + "@ password")
    assert time.process_time() - started < 2
