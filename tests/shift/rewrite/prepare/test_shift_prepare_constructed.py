"""New instances: what is read of them is refreshed by name once they are stored."""

from __future__ import annotations

from prepare_samples import service


def added(changed: str) -> list[str]:
    return [line[1:].strip() for line in changed.splitlines() if line.startswith("+") and "refresh" in line]


def test_behind_the_refresh_that_is_there() -> None:
    changed, _, _ = service("""
        def create(session: Session):
            user = User(name="a")
            session.add(user)
            session.commit()
            session.refresh(user)
            return user.items
    """)
    assert changed == '+    session.refresh(user, ["items"])'


def test_behind_a_commit_read_by_another_function() -> None:
    changed, _, _ = service("""
        def create(session: Session):
            user = User(name="a")
            session.add(user)
            session.commit()
            return user

        def show(session: Session):
            return len(create(session).items)
    """)
    assert added(changed) == ['session.refresh(user, ["items"])']


def test_what_is_not_stored_yet_needs_nothing() -> None:
    changed, models, left = service("""
        def create(session: Session):
            user = User(name="a")
            user.items.append(Item(title="b"))
            session.add(user)
            session.commit()
            return user.id
    """)
    assert (changed, models, left) == ("", "", [])


def test_what_the_constructor_is_given_stays() -> None:
    changed, models, _ = service("""
        def create(session: Session, owner: User):
            item = Item(title="a", tags=[Tag(name="b")])
            session.add(item)
            session.commit()
            return item.tags
    """)
    assert '"tags"' not in changed
    assert models == ""


def test_what_is_given_is_forgotten_by_a_refresh_of_everything() -> None:
    changed, _, _ = service("""
        def create(session: Session):
            item = Item(title="a", tags=[Tag(name="b")])
            session.add(item)
            session.commit()
            session.refresh(item)
            return item.tags
    """)
    assert added(changed) == ['session.refresh(item, ["tags"])']


def test_two_branches_that_store() -> None:
    changed, _, _ = service("""
        def create(session: Session, now: bool):
            user = User(name="a")
            session.add(user)
            if now:
                session.commit()
            else:
                session.flush()
            return user.items
    """)
    assert added(changed) == ['session.refresh(user, ["items"])'] * 2


def test_a_branch_that_returns_binds_nothing_for_what_follows() -> None:
    changed, _, _ = service("""
        def show(user):
            return [item.id for item in user.items]

        def save(session: Session, old: User | None):
            if old is None:
                user = User(name="x")
                session.add(user)
                session.commit()
                return show(user)
            old.name = "y"
            session.commit()
            return show(old)
    """)
    assert added(changed).count('session.refresh(user, ["items"])') == 1


def test_made_in_a_loop_and_stored_behind_it_is_refreshed_where_it_is_read() -> None:
    code = """
        def create(session: Session, names: list[str]):
            users: dict[str, User] = {}
            for name in names:
                user = User(name=name)
                users[name] = user
                session.add(user)
            session.commit()
            for stored in users.values():
                if stored.id > 1:
                    print(stored.items)
    """
    changed, models, left = service(code)
    assert changed == '+            session.refresh(stored, ["items"])'
    # The same, where the variable is used for another class too.
    other = "    for user in [Item(title='b')]:\n                session.add(user)\n                print(stored)\n"
    assert service(f"{code}\n        {other}")[:2] == (changed, models)
    assert models == ""
    assert left == []


def test_made_in_a_loop_and_read_in_a_comprehension_is_listed() -> None:
    changed, _, left = service("""
        def create(session: Session, names: list[str]):
            users: list[User] = []
            for name in names:
                user = User(name=name)
                users.append(user)
                session.add(user)
            session.commit()
            return [stored.items for stored in users]
    """)
    assert "refresh" not in changed
    assert [one.reason for one in left if one.place.line == 10] == [
        "User.items is read of this new instance: refresh it by name once it is stored"
    ]
