"""A Locust file that sends a Greenshift scenario; in a folder of its own, which Locust puts on ``sys.path``.

On one machine: ``locust -f "$(python -m greenshift.load.generator)" --host http://localhost:8000``. On several: the
same with ``--master`` on one and ``--worker --master-host ...`` on the others.
"""

from locust import events

from greenshift.load.generator.user import ScenarioUser
from greenshift.load.generator.wiring import install

__all__ = ["ScenarioUser"]

install(events)
