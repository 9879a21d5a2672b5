"""A small family to read scenarios of, so that these tests stand without any real one."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, model_validator

from netsim import registry
from netsim.family import ScenarioModel
from netsim.fields import (
    Config,
    Data,
    FilePath,
    OneOf,
    Probability,
    Rate,
    Time,
    field,
    problem,
)
from netsim.problems import Problem


class CookConfig(Config):
    """What all cooks have."""

    speed: Rate = field("1 Gbps", description="speed")


class Fast:
    """Cooks at once."""

    source = "by hand"

    class Config(CookConfig):
        """A fast cook."""

        hands: int = field(2, description="hands", ge=1, le=8)


class Careful:
    """Takes breaks."""

    source = "by hand"

    class Config(CookConfig):
        """A careful cook, who asks another."""

        pause: Time = field(description="pause between two steps")
        asks: Annotated[CookConfig, OneOf("cook")] | None = field(None, description="whom")


class Dish(Config):
    """A dish."""

    size: Data = field(description="size")
    lambda_: float = field(1.0, description="rate", alias="lambda", gt=0)
    served: Literal["hot", "cold"] = field("hot", description="how")
    when: Time | tuple[Time, ...] = field("0 s", description="once or several times")


class KitchenScenario(ScenarioModel):
    """A kitchen."""

    cook: Annotated[CookConfig, OneOf("cook")] = field({"kind": "fast"}, description="who cooks")
    dishes: tuple[Dish, ...] = field((), description="what is cooked")
    burnt: Probability = field(0.0, description="share that burns")
    recipe: FilePath | None = field(None, description="a recipe")
    labels: dict[str, Annotated[int, Field(ge=0)]] = field({}, description="labels")
    places: int = field(4, description="places")
    guests: int = field(2, description="guests")

    @model_validator(mode="after")
    def _all_sit(self) -> Any:
        if self.guests > self.places:
            message = f"{self.guests} guests need as many places, not {self.places}"
            raise problem("unsatisfiable", message, at=("guests",), also=("places",))
        return self


class KitchenFamily:
    """Kitchens."""

    name: ClassVar[str] = "kitchen_work"
    summary: ClassVar[str] = "dishes"
    source: ClassVar[str] = "by hand"
    Scenario: type[ScenarioModel] = KitchenScenario
    tables: ClassVar[tuple[str, ...]] = ("plates",)
    optional_tables: ClassVar[tuple[str, ...]] = ("steps",)
    run_columns: ClassVar[tuple[Any, ...]] = ()
    headlines: ClassVar[tuple[Any, ...]] = ()

    def check(self, scenario: KitchenScenario) -> list[Problem]:
        found = []
        if scenario.recipe is not None:
            for number, line in enumerate(scenario.recipe.path.read_text().splitlines(), start=1):
                if "poison" in line:
                    at, file = ("recipe",), scenario.recipe.path
                    column = line.index("poison") + 1
                    found.append(Problem("no poison", at, "bad-data", "salt", file, number, column))
        return found


@pytest.fixture(autouse=True)
def kitchen(monkeypatch):
    """Register the family and its cooks for one test."""
    monkeypatch.setitem(registry._entries, "cook", {"fast": Fast, "careful": Careful})
    registry.names("workload")
    workloads = {**registry._entries["workload"], "kitchen_work": KitchenFamily()}
    monkeypatch.setitem(registry._entries, "workload", workloads)


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Return a function that writes a kitchen scenario to a file, whose name it returns."""
    monkeypatch.chdir(tmp_path)

    def write_file(text: str, name: str = "k.yaml", *, head: bool = True) -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("netsim: 1\nworkload: kitchen_work\n" if head else "") + text)
        return name

    return write_file
