"""A database that is as far away as in production: a proxy on this machine that holds back both directions."""

from greenshift.load.delay.duration import parse_delay
from greenshift.load.delay.errors import DelayError
from greenshift.load.delay.proxy import DelayFigures, DelayProxy, delayed

__all__ = ["DelayError", "DelayFigures", "DelayProxy", "delayed", "parse_delay"]
