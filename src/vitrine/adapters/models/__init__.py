"""Models behind their providers' own protocols; libraries are loaded when one is built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from vitrine.usecases.model_ports import Model


@dataclass(frozen=True, slots=True)
class ModelAddress:
    """Where a model is: `provider` is one of the catalogue's, `key` never shows in a repr."""

    provider: str
    base_url: str
    name: str
    key: str = field(repr=False)


def models_of(addresses: Iterable[ModelAddress]) -> tuple[Model, ...]:
    """Return a model for each address, in their order; nothing is asked of anybody yet."""
    wanted = tuple(addresses)
    if not wanted:
        return ()
    from vitrine.adapters.models.provider import ProviderModel

    return tuple(ProviderModel(address) for address in wanted)
