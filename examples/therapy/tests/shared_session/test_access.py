"""The tests of sync_fixtures/test_access.py, word for word, in one shared transaction."""

import pytest

from tests.sync_fixtures.test_access import *  # noqa: F403

pytestmark = pytest.mark.db(isolation="rollback")
