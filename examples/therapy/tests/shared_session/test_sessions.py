"""The tests of sync_fixtures/test_sessions.py, word for word, in one shared transaction."""

import pytest

from tests.sync_fixtures.test_sessions import *  # noqa: F403

pytestmark = pytest.mark.db(isolation="rollback")
