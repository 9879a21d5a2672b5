"""Every bound that a field declares holds at the bound and one step beyond it, in every model.

The fields are found from the registry, so that a new model is tested without a line being added.
"""

from __future__ import annotations

import math
import types
import typing

import annotated_types
import pytest
from pydantic import ValidationError, create_model
from pydantic.fields import FieldInfo

from netsim import registry, units
from netsim.family import ScenarioModel
from netsim.fields import Config, Quantity
from netsim.fields.quantity import Ratio

BOUNDS = {
    annotated_types.Ge: ("ge", True),
    annotated_types.Gt: ("gt", False),
    annotated_types.Le: ("le", True),
    annotated_types.Lt: ("lt", False),
}


def models():
    """Yield every model of a scenario: families, registered blocks, and the blocks inside."""
    pending, seen = [ScenarioModel], set()
    for kind in registry.kinds():
        for name in registry.names(kind):
            target = registry.lookup(kind, name)
            own = [getattr(target, part, None) for part in ("Config", "Scenario")]
            pending += [model for model in own if isinstance(model, type)]
    while pending:
        model = pending.pop()
        if model in seen or not issubclass(model, Config):
            continue
        seen.add(model)
        yield model
        for field in model.model_fields.values():
            pending += [part for part in parts(field.annotation) if isinstance(part, type)]


def parts(annotation):
    """Yield an annotation and everything inside it."""
    yield annotation
    for inner in typing.get_args(annotation):
        yield from parts(inner)


def declared(field):
    """Yield what bounds a field: annotations of it and of what it may be instead of nothing."""
    pending = list(field.metadata)
    members = typing.get_args(field.annotation)
    if typing.get_origin(field.annotation) in (typing.Union, types.UnionType):
        for member in members:
            pending += getattr(member, "__metadata__", ())
    for one in pending:
        if isinstance(one, FieldInfo):
            pending += one.metadata
        elif isinstance(one, annotated_types.GroupedMetadata):
            pending += list(one)
        else:
            yield one


def cases():
    for model in sorted(models(), key=lambda model: (model.__module__, model.__qualname__)):
        for name, field in model.model_fields.items():
            found = list(declared(field))
            quantity = next((one for one in found if isinstance(one, Quantity)), None)
            for bound in found:
                for side, limit, included in limits(bound):
                    label = f"{model.__module__}.{model.__qualname__}.{name}-{side}-{limit:g}"
                    yield pytest.param(field, name, side, limit, included, quantity, id=label)


def limits(bound):
    """Yield (side, limit, whether it belongs) of one annotation."""
    if type(bound) in BOUNDS:
        side, included = BOUNDS[type(bound)]
        yield side, getattr(bound, side), included
    elif isinstance(bound, Ratio):
        yield "ge", bound.minimum, True
        yield "le", bound.maximum, True
    elif isinstance(bound, Quantity):
        if bound.positive:
            yield "gt", 0, False
        elif bound.minimum is not None:
            yield "ge", bound.minimum, True
        if bound.maximum is not None:
            yield "le", bound.maximum, True


def tried(field, name, side, limit, quantity):
    """Return values at and beyond the bound, as a scenario writes them."""
    out = 1 if side in ("le", "lt") else -1
    whole = any(part is int for part in parts(field.annotation))
    if whole:
        values = [limit, math.floor(limit) + out]
    else:
        step = abs(limit) * 1e-6 or 1e-9
        values = [limit, limit + out * step]
    if quantity is not None:
        values = [units.canonical(value, quantity.dimension) for value in values]
    elif not whole:
        values = [float(value) for value in values]
    return values


def accepted(field, name, value):
    # Of the model this field alone, so that nothing else is required, or in the way.
    one = create_model("One", __base__=Config, **{name: (field.annotation, field)})
    try:
        one.model_validate({field.alias or name: value})
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize(("field", "name", "side", "limit", "included", "quantity"), list(cases()))
def test_a_bound_holds_at_the_bound_and_beyond_it(field, name, side, limit, included, quantity):
    at, beyond = tried(field, name, side, limit, quantity)
    others = [bound for one in declared(field) for bound in limits(one)]
    fits = all(
        (limit <= other if which in ("le", "lt") else limit >= other)
        and (limit != other or belongs)
        for which, other, belongs in others
    )

    assert not accepted(field, name, beyond)
    assert accepted(field, name, at) == fits
    assert included or fits is False
