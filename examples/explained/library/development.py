"""The application as a developer runs it: ``uvicorn library.development:app``."""

from greenshift.explain import install
from greenshift.explain.asgi import ExplainMiddleware

from library.database import engine
from library.main import app

__all__ = ["app"]

install(engine, blocking="error")
app.add_middleware(ExplainMiddleware)
