import prometheus_client
from sqlalchemy import create_engine, text

import greenshift.observe

engine = create_engine("sqlite://")
observer = greenshift.observe.install(engine)
# here
with observer, engine.connect() as connection:
    connection.execute(text("SELECT 1"))
    assert b"greenshift_" in prometheus_client.generate_latest()
