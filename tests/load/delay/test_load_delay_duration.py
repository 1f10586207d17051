from __future__ import annotations

import pytest

from greenshift.load.delay import DelayError, parse_delay


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5ms", 0.005),
        ("0.5ms", 0.0005),
        (".5 ms", 0.0005),
        ("200us", 0.0002),
        ("200µs", 0.0002),
        ("1s", 1.0),
        ("0.02s", 0.02),
        ("0", 0.0),
        ("0ms", 0.0),
        (" 5ms ", 0.005),
    ],
)
def test_a_delay_is_read(text: str, seconds: float) -> None:
    assert parse_delay(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "ms", "5", "-5ms", "5 m", "5msms", "1e3ms", "nan", "inf", "5,5ms", "11s", "\u0665ms"]
)
def test_nonsense_is_refused_in_two_lines(text: str) -> None:
    with pytest.raises(DelayError) as refused:
        parse_delay(text)
    first, second = str(refused.value).splitlines()
    assert "delay" in first
    assert "5ms" in second
