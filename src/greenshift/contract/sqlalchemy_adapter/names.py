"""What the models are called: by their class, with its module where two classes share the name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Mapper

Names = Mapping[Mapper[Any], str]


def names_of(mappers: Iterable[Mapper[Any]]) -> Names:
    """Return each model's name: ``User``, or ``shop.billing.User`` where there is a further ``User``.

    Args:
        mappers: all there are.
    """
    classes = {mapper: mapper.class_ for mapper in mappers}
    count = Counter(one.__name__ for one in classes.values())
    within = Counter((one.__module__, one.__name__) for one in classes.values())
    found = {}
    for mapper, one in classes.items():
        # Classes inside others may share both name and module.
        name = one.__name__ if within[one.__module__, one.__name__] == 1 else one.__qualname__
        found[mapper] = one.__name__ if count[one.__name__] == 1 else f"{one.__module__}.{name}"
    return found


def name_of(mapper: Mapper[Any], names: Names) -> str:
    """Return a model's name, also of one that is mapped with another base."""
    return names.get(mapper, mapper.class_.__name__)
