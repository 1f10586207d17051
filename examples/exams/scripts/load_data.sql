-- Rows for a load: 400 readers (password: load-password) with journals, a community with posts, exams with questions.
-- On a database that `alembic upgrade head` and `python -m scripts.seed_demo` have filled.

INSERT INTO users (username, email, full_name, password_hash, role, is_active, is_deleted)
SELECT 'reader' || n, 'reader' || n || '@example.org', 'Reader ' || n,
       '16384$0f98541002fda93aa08f90c3330a2a39$27fd78ee67ffd5baadad38a0ad1b0229e4a3af091f797305110a6c66e46295cb6c27d332864442dc451de9ae0e166bb8a5aaa3fc72cca3b4d03fa63e61686ff7',
       'member', true, false
FROM generate_series(0, 399) n;

INSERT INTO user_settings (user_id, theme, question_count, notifications)
SELECT id, 'light', 10, true FROM users WHERE username LIKE 'reader%';

INSERT INTO streaks (user_id, current, longest)
SELECT id, 0, 0 FROM users WHERE username LIKE 'reader%';

INSERT INTO xp_entries (user_id, amount, reason)
SELECT id, 5 + n, 'entry' FROM users, generate_series(1, 10) n WHERE username LIKE 'reader%';

INSERT INTO tags (name) SELECT 'tag' || n FROM generate_series(1, 20) n;

INSERT INTO journal_entries
    (user_id, title, content, mood, sentiment, word_count, is_private, is_deleted, created_at)
SELECT id, 'Day ' || n, repeat('A quiet day with a walk and a book. ', 6), 1 + n % 5, 0.5, 54, n % 4 > 0, false,
       now() - n * interval '1 day'
FROM users, generate_series(1, 20) n WHERE username LIKE 'reader%';

INSERT INTO journal_tags (entry_id, tag_id)
SELECT e.id, t.id FROM journal_entries e JOIN tags t ON t.id % 10 = e.id % 10 AND t.name LIKE 'tag%';

INSERT INTO questions (text, category, difficulty, answer, is_active)
SELECT 'What is ' || n || ' plus ' || n || '?', 'sums', 1 + n % 3, (2 * n)::text, true FROM generate_series(1, 200) n;

INSERT INTO exams (title, description, author_id, pass_mark, is_published, is_deleted)
SELECT 'Sums ' || n, 'Ten sums', (SELECT id FROM users WHERE username = 'admin'), 0.5, true, false
FROM generate_series(1, 30) n;

INSERT INTO exam_questions (exam_id, question_id, position, points)
SELECT e.id, q.id, row_number() OVER (PARTITION BY e.id ORDER BY q.id), 1
FROM exams e JOIN questions q ON q.category = 'sums' AND q.id % 20 = e.id % 20
WHERE e.title LIKE 'Sums %';

INSERT INTO memberships (community_id, user_id, role)
SELECT c.id, u.id, 'member' FROM communities c, users u
WHERE c.slug = 'arithmetic' AND u.username LIKE 'reader%';

INSERT INTO posts (community_id, author_id, title, body, likes, is_deleted)
SELECT c.id, (SELECT id FROM users WHERE username = 'reader' || n % 400), 'Post ' || n, repeat('Two and two. ', 8), n % 7,
       false
FROM communities c, generate_series(1, 300) n WHERE c.slug = 'arithmetic';
