"""Blocks that are chosen by name among the registered implementations of a kind."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, GetCoreSchemaHandler, GetJsonSchemaHandler, create_model
from pydantic_core import CoreSchema, core_schema

from netsim import registry
from netsim.fields.block import Config, problem, shown

#: The key under which a block may name a file instead of a registered implementation.
FILE_KEY: Final = "file"

#: Starts the name of a chosen implementation in the location of a validation error. No key of a
#: scenario holds it (the reader refuses what is not printable), which keeps the two apart.
CHOSEN: Final = "\0"


@dataclass(frozen=True, slots=True)
class OneOf:
    """Annotation of a block that is chosen by name among the implementations of a kind.

    ``Annotated[RoutingConfig, OneOf("routing", key="policy")]`` reads ``{policy: rps, ...}`` into
    the `Config` of the registered class ``rps``; the chosen name stays on the model under `key`.
    A registered class has a class attribute `Config`, a subclass of `netsim.fields.Config`. Where
    the block holds ``file:`` and no `key`, the implementation named ``file`` is taken.

    With `bare` a name alone stands for the block that holds nothing else: to the model, and so to
    the hash, ``weights: metropolis`` is ``weights: {kind: metropolis}``.
    """

    kind: str
    key: str = "kind"
    bare: bool = False

    def spelled_out(self, value: Any) -> Any:
        """Return the block that a shorter form stands for; anything else as it is."""
        return {self.key: value} if self.bare and isinstance(value, str) else value

    def short_form(self) -> tuple[str, dict[str, Any]] | None:
        """Return the shorter form in words and as JSON Schema, or None where there is none."""
        if not self.bare:
            return None
        names = one_of_names(registry.names(self.kind))
        return "a name alone", {**names, "description": f"which {self.kind}"}

    def models(self) -> dict[str, type[Config]]:
        """Return, by registered name, the model with the naming field added."""
        return {
            name: _tagged(registry.lookup(self.kind, name).Config, self.kind, self.key, name)
            for name in registry.names(self.kind)
        }

    def choose(self, value: Any) -> str:
        """Return the registered name that the block `value` asks for, or raise with the cure."""
        if isinstance(value, BaseModel):
            return str(getattr(value, self.key))
        known = registry.names(self.kind)
        word = registry.described(self.kind).words
        if not isinstance(value, Mapping):
            named = isinstance(value, str) and registry.canonical(value) in known
            example = value if named else (known or ["NAME"])[0]
            hint = self._around(value, known) or f"write it as {{{self.key}: {example}}}"
            raise problem("bad-type", f"{shown(value)} is not {self._block}", hint=hint)
        if self.key not in value:
            if FILE_KEY in value and FILE_KEY in known:
                return FILE_KEY
            raise self._unnamed([key for key in value if isinstance(key, str)], known)
        name = value[self.key]
        if isinstance(name, str) and registry.canonical(name) in known:
            return registry.canonical(name)
        near = registry.did_you_mean(name, known) if isinstance(name, str) else None
        raise problem(
            "unknown-name",
            f"no {word} named {shown(name)}",
            at=(self.key,),
            hint=f"{near or 'known: ' + ', '.join(known)} (see: netsim list policies)"
            + registry.suspects(),
        )

    @property
    def _block(self) -> str:
        """What it wants, in words: ``a routing block``, ``an order block``."""
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind} block"

    def _around(self, value: Any, known: list[str]) -> str:
        """Return the block in which the name `value` of another kind would stand, or nothing.

        ``delays: exponential`` names a law, which an implementation of delays has a field for.
        """
        if not isinstance(value, str) or registry.canonical(value) in known:
            return ""
        fitting: list[tuple[int, str, str]] = []
        for name in known:
            fields = registry.lookup(self.kind, name).Config.model_fields
            for field, info in fields.items():
                one = next((one for one in info.metadata if isinstance(one, OneOf)), None)
                if one is not None and registry.canonical(value) in registry.names(one.kind):
                    block = f"{{{self.key}: {name}, {field}: {{{one.key}: {value}, ...}}}}"
                    fitting.append((len(fields), block, registry.described(one.kind).words))
        if not fitting:
            return ""
        _, block, words = min(fitting)
        return f"'{value}' is a {words}: {block}"

    def _unnamed(self, keys: list[str], known: list[str]) -> Exception:
        """Return the error of a block with `keys` that does not say which implementation it is."""
        fields = {name: {*registry.lookup(self.kind, name).Config.model_fields} for name in known}
        given = {registry.canonical(key) for key in keys}
        anywhere = set().union(*fields.values())
        strange = [key for key in keys if registry.canonical(key) not in anywhere]
        glued = next((key for key in keys if key.startswith(f"{self.key}:")), None)
        if glued is not None:
            message = f"'{glued}' is one word"
            hint = f"a blank belongs behind the colon: {glued.replace(':', ': ', 1)}"
            return problem("unknown-field", message, at=(glued,), hint=hint)
        if slip := registry.nearest(self.key, strange):
            message = f"'{slip}' is not a field of {self._block}"
            return problem("unknown-field", message, at=(slip,), hint=f"did you mean '{self.key}'?")
        fitting = [name for name in known if given <= fields[name]] or known
        sole = len(fitting) == 1 and bool(keys)
        hint = f"add '{self.key}: {fitting[0]}'" if sole else f"one of: {', '.join(fitting)}"
        return problem(
            "missing-field",
            f"'{self.key}' is missing: which {registry.described(self.kind).words}?",
            hint=hint,
            lacks=(self.key, fitting[0]) if fitting else None,
        )

    def _name(self, value: Any) -> Any:
        """Return the block with its name in canonical spelling: ``drop-tail`` is ``drop_tail``."""
        value = self.spelled_out(value)
        name = self.choose(value)
        return {**value, self.key: name} if isinstance(value, Mapping) else value

    def _tag(self, value: Any) -> str:
        return mark(self.kind, self.choose(value))

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        choices: dict[Any, CoreSchema] = {
            mark(self.kind, name): handler.generate_schema(model)
            for name, model in self.models().items()
        }
        chosen = core_schema.tagged_union_schema(choices, discriminator=self._tag)

        def named(value: Any) -> Any:
            block = self._name(value)
            self._refuse_late(block, choices)
            return block

        return core_schema.no_info_before_validator_function(named, chosen)

    def _refuse_late(self, block: Any, choices: Mapping[Any, Any]) -> None:
        """Raise what to do if a name was registered when scenarios had been read already.

        What a block may be is compiled into its validator when its family is first used.
        """
        if not isinstance(block, Mapping):
            return
        name = block[self.key]
        if mark(self.kind, name) not in choices:
            word = registry.described(self.kind).words
            raise problem(
                "unknown-name",
                f"{word} '{name}' was registered after a scenario had been read",
                at=(self.key,),
                hint="register it, or import its module, before the first netsim.load",
            )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the block, and its shorter form if it has one."""
        # Names that were registered later are in no validator, and so not in its description.
        inner: Any = schema
        marks = map(unmark, inner["schema"]["choices"])
        names = [one[1] for one in marks if one is not None]
        members = dict(zip(names, handler(schema)["oneOf"], strict=True))
        short, block = self.short_form(), self.block_schema(members)
        return block if short is None else {"anyOf": [short[1], block]}

    def block_schema(self, members: Mapping[str, dict[str, Any]]) -> dict[str, Any]:
        """Describe the block as its name, and what else it holds for each name.

        Conditions rather than alternatives, so that an editor complains about the wrong field and
        not about every implementation.
        """
        name = {**one_of_names(list(members)), "description": f"which {self.kind}"}
        described: dict[str, Any] = {"type": "object", "properties": {self.key: name}}
        described["allOf"] = [
            {"if": {"properties": {self.key: one_of_names([n])}, "required": [self.key]}, "then": r}
            for n, r in members.items()
        ]
        if FILE_KEY not in members:
            return described | {"required": [self.key]}
        unnamed = {"required": [FILE_KEY], "not": {"required": [self.key]}}
        described["allOf"].append({"if": unnamed, "then": members[FILE_KEY]})
        return described | {"anyOf": [{"required": [self.key]}, {"required": [FILE_KEY]}]}


@dataclass(frozen=True, slots=True)
class NameOf:
    """Annotation of a field that is the registered name of an implementation, which has no fields.

    ``Annotated[str, NameOf("fidelity")]`` reads ``fidelity: ideal``. Names in `also` are taken
    besides: what a family does without any implementation.
    """

    kind: str
    also: tuple[str, ...] = ()

    def known(self) -> list[str]:
        """Return the names that are taken, sorted."""
        return sorted({*registry.names(self.kind), *self.also})

    def choose(self, value: Any) -> str:
        """Return the registered name that `value` is, or raise with the cure."""
        known = self.known()
        if isinstance(value, str) and registry.canonical(value) in known:
            return registry.canonical(value)
        near = registry.did_you_mean(value, known) if isinstance(value, str) else None
        word = registry.described(self.kind).words
        raise problem(
            "unknown-name",
            f"no {word} named {shown(value)}",
            hint=near or f"known: {', '.join(known)}",
        )

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.choose, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the field as one of the registered names."""
        return one_of_names(self.known())


class EitherDash:
    """Annotation of a field that takes one of some words, written with dashes or underscores.

    ``Annotated[Literal["glorot_normal", "zeros"], EitherDash()]`` reads ``glorot-normal`` too, as
    registered names are read.
    """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(
            lambda value: registry.canonical(value) if isinstance(value, str) else value,
            handler(source),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Describe the field as one of its words."""
        return one_of_names(handler(schema)["enum"])


def one_of_names(names: Sequence[str]) -> dict[str, Any]:
    """Return the JSON Schema of one of `names`; a dash in place of an underscore is right too.

    Editors offer the names as they are registered.
    """
    dashed = [name.replace("_", "[-_]") for name in names if "_" in name]
    if not dashed:
        return {"enum": list(names)}
    return {
        "type": "string",
        "anyOf": [{"enum": list(names)}, {"pattern": f"^({'|'.join(dashed)})$"}],
    }


def mark(kind: str, name: str) -> str:
    """Return how a chosen implementation stands in the location of a validation error."""
    return f"{CHOSEN}{kind}{CHOSEN}{name}"


def unmark(element: str | int) -> tuple[str, str] | None:
    """Return kind and name if `element` of an error's location is a chosen implementation."""
    parts = element.split(CHOSEN) if isinstance(element, str) else []
    return (parts[1], parts[2]) if len(parts) == 3 and not parts[0] else None


def implementation(kind: str, config: Config, key: str = "kind") -> Any:
    """Return the registered class whose `Config` the validated block `config` is."""
    return registry.lookup(kind, getattr(config, key))


@functools.cache
def _tagged(config: type[Config], kind: str, key: str, name: str) -> type[Config]:
    def describe(schema: dict[str, Any]) -> None:
        del schema["const"]
        schema.update(one_of_names([name]))

    note = Field(default=name, description="which implementation", json_schema_extra=describe)
    fields: dict[str, Any] = {key: (Literal[name], note)}
    return create_model(
        f"{kind}_{name}",
        __base__=config,
        __module__=config.__module__,
        __doc__=config.__doc__,
        **fields,
    )
