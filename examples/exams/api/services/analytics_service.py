from datetime import timedelta
from typing import Any

from sqlalchemy import Float, cast, distinct, func, literal, or_, text
from sqlalchemy.orm import Query, Session, aliased

from api.decorators import timed
from api.models import Attempt, AuditLog, Exam, JournalEntry, Post, Question, User, XPEntry, utcnow
from api.services.db_service import engine


class AnalyticsService:
    def __init__(self, db: Session):
        self.db = db

    @timed
    def summary(self) -> dict[str, Any]:
        users = self.db.query(User).filter(User.is_deleted.is_(False))
        return {
            "users": users.count(),
            "active_users": users.filter(User.is_active).count(),
            "exams": self.db.query(func.count(Exam.id)).filter(Exam.is_deleted.is_(False)).scalar(),
            "questions": self.db.query(Question.id).filter(Question.is_active).count(),
            "attempts": self.db.query(Attempt).count(),
            "entries": self.db.query(func.count()).select_from(JournalEntry).scalar(),
            "participants": self.db.query(func.count(distinct(Attempt.user_id))).scalar(),
        }

    def score_statistics(self, exam_id: int | None = None) -> dict[str, float]:
        query = self.db.query(
            func.count(Attempt.id).label("attempts"),
            func.avg(Attempt.percentage).label("mean"),
            func.min(Attempt.percentage).label("least"),
            func.max(Attempt.percentage).label("most"),
        ).filter(Attempt.status == "finished")
        if exam_id is not None:
            query = query.filter(Attempt.exam_id == exam_id)
        row = query.one()
        if not row.attempts:
            return {"attempts": 0, "mean": 0.0, "min": 0.0, "max": 0.0}
        return {
            "attempts": row.attempts,
            "mean": round(float(row.mean), 1),
            "min": round(float(row.least), 1),
            "max": round(float(row.most), 1),
        }

    def popular_exams(self, at_least: int = 1, limit: int = 10) -> list[tuple[str, int]]:
        attempts = func.count(Attempt.id)
        return [
            tuple(row)
            for row in self.db.query(Exam.title, attempts)
            .join(Exam.attempts)
            .filter(Exam.is_deleted.is_(False))
            .group_by(Exam.id, Exam.title)
            .having(attempts >= at_least)
            .order_by(attempts.desc(), Exam.title)
            .limit(limit)
            .all()
        ]

    def score_distribution(self) -> dict[str, int]:
        """How many finished attempts are in each quarter."""
        counts = dict.fromkeys(("0-25", "25-50", "50-75", "75-100"), 0)
        names = list(counts)
        for (percentage,) in self.db.query(Attempt.percentage).filter_by(status="finished").yield_per(500):
            counts[names[min(int(percentage // 25), 3)]] += 1
        return counts

    def entries_per_day(self, days: int = 30) -> dict[str, int]:
        day = func.date(JournalEntry.created_at)
        rows = (
            self.db.query(day.label("day"), func.count(JournalEntry.id).label("entries"))
            .filter(JournalEntry.created_at >= utcnow() - timedelta(days=days))
            .group_by(day)
            .order_by(day)
        )
        return {str(row.day): row.entries for row in rows}

    def mood_by_user(self) -> list[dict[str, Any]]:
        rows = (
            self.db.query(User)
            .outerjoin(User.journal_entries)
            .filter(or_(JournalEntry.id.is_(None), JournalEntry.is_deleted.is_(False)))
            .with_entities(
                User.username,
                func.avg(cast(JournalEntry.mood, Float)).label("mood"),
                func.count(JournalEntry.id).label("entries"),
            )
            .group_by(User.username)
            .order_by(User.username)
            .all()
        )
        return [row._asdict() for row in rows]

    def activity(self, user: User, limit: int = 10) -> list[dict[str, Any]]:
        """What a user did, whatever it was, from three tables; SQLite's seconds tell no order."""
        entries = self._did(user, "journal", JournalEntry, JournalEntry.title, JournalEntry.user_id)
        posts = self._did(user, "post", Post, Post.title, Post.author_id)
        points = self._did(user, "points", XPEntry, XPEntry.reason, XPEntry.user_id)
        rows = entries.union_all(posts, points).order_by("kind", "what", "happened_at").limit(limit)
        return [{"kind": kind, "what": what, "at": happened_at} for kind, what, happened_at in rows]

    def _did(self, user: User, kind: str, model, what, owner) -> Query:
        return self.db.query(
            literal(kind).label("kind"), what.label("what"), model.created_at.label("happened_at")
        ).filter(owner == user.id)

    def engaged_usernames(self) -> list[str]:
        """Who wrote or took an exam; each once."""
        wrote = self.db.query(User.username).join(User.journal_entries)
        took = self.db.query(User.username).join(User.attempts)
        return [username for (username,) in wrote.union(took).order_by(User.username)]

    def average_attempts(self) -> float:
        """Of those who took any."""
        counts = self.db.query(func.count(Attempt.id).label("number")).group_by(Attempt.user_id).subquery()
        return round(float(self.db.query(func.avg(counts.c.number)).scalar() or 0), 2)

    def has_data(self) -> bool:
        return self.db.query(self.db.query(Attempt).exists()).scalar()

    def best_of_the_latest(self, number: int = 10) -> list[Attempt]:
        """The latest attempts, those with most points first: ordered anew after the limit."""
        latest = aliased(Attempt, self.db.query(Attempt).order_by(Attempt.id.desc()).limit(number).subquery())
        return self.db.query(latest).order_by(latest.points.desc(), latest.id).all()

    def exam_overview(self) -> Query:
        """For each exam, counted in subqueries: attempts, and users who passed."""
        attempts = self.db.query(func.count(Attempt.id)).filter(Attempt.exam_id == Exam.id).correlate(Exam)
        passed = (
            self.db.query(func.count(distinct(Attempt.user_id)))
            .filter(Attempt.exam_id == Exam.id, Attempt.percentage >= Exam.pass_mark)
            .correlate(Exam)
        )
        return (
            self.db.query(Exam.title, attempts.label("attempts"), passed.label("passed"))
            .filter(Exam.is_deleted.is_(False))
            .order_by(Exam.title)
        )

    def as_csv(self, query: Query) -> str:
        """Any query of columns, with the columns' names in the first line."""
        result = self.db.execute(query.statement)
        return "\n".join([",".join(result.keys()), *(",".join(map(str, row)) for row in result)])

    def words_written(self, users: list[User]) -> int:
        return sum(self._words_of(user) for user in users)

    def _words_of(self, user: User) -> int:
        return self.db.query(func.sum(JournalEntry.word_count)).filter_by(user_id=user.id).scalar() or 0

    def refresh_planner(self) -> str:
        """Let the database look at its tables anew; returns which database it is."""
        self.db.execute(text("ANALYZE"))
        self.db.commit()
        return self.db.get_bind().dialect.name

    def table_sizes(self) -> dict[str, int]:
        """Rows of the largest tables, on a connection of its own."""
        names = ("users", "journal_entries", "attempts", "responses")
        with engine.connect() as connection:
            return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in names}

    def forget_audit_before(self, days: int) -> int:
        with engine.begin() as connection:
            result = connection.execute(
                text("DELETE FROM audit_logs WHERE created_at < :cutoff"), {"cutoff": utcnow() - timedelta(days=days)}
            )
            return result.rowcount

    def busiest_actions(self, limit: int = 5) -> dict[str, int]:
        counted = self.db.query(AuditLog.action, func.count().label("number")).group_by(AuditLog.action)
        return dict(map(tuple, counted.order_by(text("number DESC"), AuditLog.action)[:limit]))
