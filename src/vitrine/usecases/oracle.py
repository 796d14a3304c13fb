"""The best that anybody could know of a simulated visitor: the exact posterior of its kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from vitrine.domain.event import Event
from vitrine.domain.site import Site
from vitrine.usecases.personas import styles_for
from vitrine.usecases.simulate import manners, style_weights

if TYPE_CHECKING:
    import numpy as np

    Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Oracle:
    """Knows every style, every noise level and how often each comes; only not who came."""

    def __init__(self, site: Site) -> None:
        import numpy as np

        self._site = site
        styles = styles_for(site)
        ways = [manners(site, style) for style in styles]
        self._behaviours = [behaviour for each in ways for behaviour in each]
        self._prior = np.log(np.repeat(style_weights(styles), len(ways[0])))
        kinds = (*site.segment_ids, None)
        self._members = np.array(
            [[b.style.kind == kind for kind in kinds] for b in self._behaviours], dtype=float
        )
        self._known: dict[object, Array] = {}

    def probabilities(self, visits: Sequence[Sequence[Event]]) -> Array:
        """Return one row per visit: the probability of each segment, and last of no kind."""
        import numpy as np

        logs = np.stack(
            [
                self._prior
                + sum(
                    self._log_likelihoods(event, first=index == 0)
                    for index, event in enumerate(events)
                )
                for events in visits
            ]
        )
        grown = np.exp(logs - logs.max(axis=1, keepdims=True))
        return np.asarray((grown @ self._members) / grown.sum(axis=1, keepdims=True))

    def _log_likelihoods(self, event: Event, *, first: bool) -> Array:
        import numpy as np

        key = (first, event.name, *sorted(event.params.items()))
        if key not in self._known:
            kind = self._site.event_types[event.name]
            self._known[key] = np.log(
                [b.likelihood(event, kind, first=first) for b in self._behaviours]
            )
        return self._known[key]
