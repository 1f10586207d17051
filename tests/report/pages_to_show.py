"""Pages as the parts make them, and pages that a renderer may stumble over."""

import math

from greenshift.report.page import (
    Code,
    Comparison,
    Figure,
    Figures,
    Grid,
    Item,
    Outcome,
    Page,
    Plot,
    Section,
    Series,
    Text,
    Verdict,
)

USERS = (1.0, 10.0, 25.0, 50.0, 100.0, 200.0)
HOSTILE = (
    "</script><script>document.title='caught'</script>",
    "</style></title></svg></textarea><img src=x onerror=alert(1)>",
    "\"'><b onmouseover=alert(1)>&amp;&lt;&#0;{{ 7 * 7 }}{% raw %}",
    "]]><!--<![CDATA[ -->",
    "\x00\x01\x1b[31mred\x07\r\r\n\x7f\x9b\ud800\ufffe\U0001ffff",
    "long" * 400,
    "\u202eevil\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627",
    "\U0001f469\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea \u6f22\u5b57",
    "`<i>`",
    "javascript:alert(1) http://example.org/x.png url(http://example.org/y.png)",
    "",
)

STEPS = tuple(
    (f"{users:.0f}", version, str(throughput), str(mean), str(p95), "0")
    for users, *versions in zip(
        USERS,
        zip((40, 210, 300, 318, 316, 290), (24, 46, 80, 166, 330, 702), (30, 80, 190, 402, 800, 1600), strict=True),
        zip((45, 260, 560, 812, 840, 835), (22, 37, 44, 61, 121, 244), (28, 50, 70, 98, 260, 560), strict=True),
        strict=True,
    )
    for version, (throughput, mean, p95) in zip(("before", "after"), versions, strict=True)
)


def _wave(step: int, height: float) -> tuple[float, ...]:
    return tuple(height * (1.5 + math.sin(index / step) + 0.3 * math.sin(index * 1.7)) for index in range(3000))


def load_page() -> Page:
    """The comparison of a sync application with its shifted version."""
    seconds = tuple(index / 10 for index in range(3000))
    return Page(
        "load",
        "exams: sync against async",
        "examples/exams, 1 worker, a pool of 10, 5 ms to the database, 3 alternating rounds",
        (
            Verdict("throughput above 500 requests a second", Outcome.GOOD, "met: 812 requests a second"),
            Verdict("mean below 100 ms at 50 users", Outcome.GOOD, "met: 61 ms", "before: 166 ms"),
            Verdict(
                "100 concurrent users without blocking",
                Outcome.BAD,
                "not met: the loop stood still for 310 ms",
                "`hashlib.scrypt` in `api/security.py:22` runs in the loop",
            ),
            Verdict("the generator", Outcome.UNSURE, "61 % of a processor", "a run is invalid above 80 %"),
        ),
        (
            Section(
                "Throughput and latency",
                (
                    Figures(
                        (
                            Figure("throughput, 50 users", "812/s", "before: 318/s", Outcome.GOOD),
                            Figure("p95, 50 users", "98 ms", "before: 402 ms", Outcome.GOOD),
                            Figure("errors", "0.0 %", "of 48,211 requests"),
                            Figure("loop lag, most", "310 ms", "at 100 users", Outcome.BAD),
                        )
                    ),
                    Plot(
                        "Throughput over concurrency",
                        "users",
                        "requests a second",
                        (
                            Series(
                                "before",
                                USERS,
                                (40, 210, 300, 318, 316, 290),
                                (38, 200, 290, 305, 300, 270),
                                (42, 220, 310, 330, 328, 301),
                            ),
                            Series(
                                "after",
                                USERS,
                                (45, 260, 560, 812, 840, 835),
                                (43, 250, 540, 790, 800, 810),
                                (47, 270, 580, 830, 880, 860),
                            ),
                        ),
                        x_scale="log",
                        marks=((500, "target: 500/s"),),
                    ),
                    Plot(
                        "Latency over concurrency",
                        "users",
                        "ms",
                        (
                            Series("before", USERS, (24, 46, 80, 166, 330, 702)),
                            Series("after", USERS, (22, 37, 44, 61, 121, 244)),
                            Series("before, p95", USERS, (30, 80, 190, 402, 800, 1600)),
                            Series("after, p95", USERS, (28, 50, 70, 98, 260, 560)),
                        ),
                        x_scale="log",
                        y_scale="log",
                        marks=((100, "target: 100 ms"),),
                    ),
                    Plot(
                        "Latency, 50 users",
                        "ms",
                        "requests",
                        (
                            Series("before", (), (12, 80, 410, 900, 1400, 1800, 1300, 700, 300, 120, 40, 12)),
                            Series("after", (), (420, 2600, 3100, 700, 160, 40, 12, 6, 2, 0, 0, 0)),
                        ),
                        kind="bars",
                        categories=tuple(f"{20 * index}-{20 * index + 20}" for index in range(1, 13)),
                    ),
                    Plot(
                        "Mean by endpoint, 50 users",
                        "endpoint",
                        "ms",
                        (
                            Series("before", (), (140, 210, 166), (130, 200, 150), (150, 220, 190)),
                            Series("after", (), (52, 88, 61), (50, 80, 60), (55, 97, 64)),
                        ),
                        kind="bars",
                        categories=(
                            "GET /api/v1/exams",
                            "POST /api/v1/exams/{exam_id}/attempts",
                            "GET /api/v1/users/me",
                        ),
                    ),
                ),
            ),
            Section(
                "Inside of the application",
                (
                    Plot("Loop lag", "seconds", "ms", (Series("after", seconds, _wave(90, 4)),)),
                    Plot(
                        "Pool",
                        "seconds",
                        "connections",
                        (
                            Series("in use", seconds, tuple(float(min(10, round(one))) for one in _wave(60, 5))),
                            Series("waiting", seconds, tuple(float(round(max(0.0, one - 5))) for one in _wave(60, 5))),
                        ),
                        marks=((10, "size of the pool"),),
                    ),
                ),
            ),
            Section(
                "All steps",
                (
                    Grid(
                        ("users", "version", "requests/s", "mean ms", "p95 ms", "errors"),
                        STEPS,
                        numeric=(0, 2, 3, 4, 5),
                        caption="Medians of 3 rounds",
                    ),
                ),
            ),
        ),
        data={"rounds": 3, "values": [1.0, math.nan, math.inf]},
    )


def every_block() -> Page:
    """Each kind of block, open and folded."""
    plot = Plot("Lines", "x", "y", (Series("a", (1, 2, 3), (1, 4, 9)), Series("b", (1, 2, 3), (2, 3, 4))))
    return Page(
        "check",
        "Every block",
        "of every kind",
        tuple(Verdict(f"is it {one}", one, f"it is {one}", "for a reason") for one in Outcome),
        (
            Section(
                "Blocks",
                (
                    Figures(tuple(Figure(f"figure {one}", "1,234", "a note", one) for one in Outcome)),
                    Text(("First paragraph.", "Second, with `code`.")),
                    Text(("one", "two"), bullets=True),
                    Grid(("name", "n"), (("a", "1"), ("b", "2")), (1,), (Outcome.GOOD, Outcome.BAD), "A table"),
                    Code("a = 1\nb = 2\nc = 3\n", "python", "app.py", 10, (11,)),
                    Code("--- a/x\n+++ b/x\n@@ -1 +1 @@\n-old\n+new\n same\n", "diff", "x", folded=True),
                    Comparison("SELECT a FROM t", "SELECT b FROM t", "changed", "a.py:1", "a.py:2", Outcome.BAD),
                    Comparison(None, "SELECT 1", "extra"),
                    Item(
                        "A finding",
                        Outcome.BAD,
                        "error",
                        "GS101 app.py:3",
                        (("fix", "do `this`"),),
                        Code("x", folded=True),
                    ),
                    plot,
                ),
            ),
            Section("Folded", (Text(("hidden",)), plot), folded=True),
            Section("Third", ()),
        ),
    )


def hostile_page(text: str) -> Page:
    """A page that has a text in every place that takes one."""
    plot = Plot(text, text, text, (Series(text, (1, 2), (1, 2)), Series(text, (1, 2), (3, 4))), marks=((1.5, text),))
    bars = Plot(text, text, text, (Series(text, (), (1, 2, 3)),), "bars", (text, "b", text), marks=((2, text),))
    upright = Plot("bars", "x", "y", (Series(text, (), (1, 2, 3, 4)),), "bars", ("a", "b", "c", text[:4]))
    outcomes = (Outcome.GOOD,)
    return Page(
        "scan",
        text,
        text,
        (Verdict(text, Outcome.BAD, text, text),),
        (
            Section(
                text,
                (
                    Figures((Figure(text, text, text, Outcome.GOOD),)),
                    Text((text, text)),
                    Text((text, text), bullets=True),
                    Grid((text, text), ((text, text),), (1,), outcomes, text),
                    Code(text, text, text, 1, (1,), folded=True),
                    Code(text, "diff", text),
                    Comparison(text, text + "x", text, text, text, Outcome.GOOD),
                    Item(text, Outcome.BAD, text, text, ((text, text),), Code(text)),
                    plot,
                    bars,
                    upright,
                ),
            ),
            Section(text, (), folded=True),
            Section(text, ()),
        ),
        {text: [text, {"key": text}]},
    )
