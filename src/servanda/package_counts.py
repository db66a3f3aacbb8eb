"""How many packages there are, are surely acceptable, are firm and stick, in a case of any size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from servanda.errors import Stopped, UsageError
from servanda.nodeal import NoDeal
from servanda.package_sets import PackageSets
from servanda.situation import Situation
from servanda.stability import Concept
from servanda.stable_sets import stable_sets
from servanda.workroom import Workroom


@dataclass(frozen=True, slots=True, kw_only=True)
class PackageCounts:
    """How many packages there are, counted exactly as far as they could be.

    Parameters
    ----------
    counts
        How many ``packages`` there are; are surely ``acceptable``; are acceptable and ``firm``;
        are ``sticking``.  What is not known is left out.
    bounds
        Of what was not counted: how many there are at the least and at the most, where that is
        known.
    uncounted
        Why it was not.
    stopped
        What ended the work early, if anything did.
    """

    counts: Mapping[str, int]
    bounds: Mapping[str, tuple[int, int]]
    uncounted: Mapping[str, str]
    stopped: str = ""


_NAMES = {"firm": Concept.NASH, "sticking": Concept.SEQ}
_ALL = ("packages", "acceptable", *_NAMES)


def count_packages(situation: Situation, no_deal: NoDeal, room: Workroom) -> PackageCounts:
    """Return how many packages there are, without looking at them one by one.

    Parameters
    ----------
    situation, no_deal
        The case, perhaps under a plan, and where it goes without agreement.
    room
        Where to work, for how long.
    """
    counts: dict[str, int] = {}
    bounds: dict[str, tuple[int, int]] = {}
    refused: dict[str, str] = {}
    why = stopped = ""
    try:
        counts["packages"] = room.done(
            lambda engine: engine.count(PackageSets(engine, situation, no_deal).packages)
        )
        found = stable_sets(situation, tuple(_NAMES.values()), no_deal=no_deal, room=room)
        if found.too_many:
            bounds["acceptable"] = (found.counts.get(Concept.NASH, 0), counts["packages"])
            refused["acceptable"] = found.too_many
        else:
            counts["acceptable"] = found.feasible
        for name, concept in _NAMES.items():
            if concept in found.counts:
                counts[name] = found.counts[concept]
                continue
            least, most = found.bounds[concept]
            most = min(most, counts["packages"])
            if least == most:
                counts[name] = least
            else:
                bounds[name], refused[name] = (least, most), found.refused[concept]
        stopped = found.stopped
    except UsageError as error:
        why = str(error)
    except Stopped as error:
        why = stopped = str(error)
    except KeyboardInterrupt:
        why = stopped = "interrupted"
    uncounted = {name: refused.get(name, why) for name in _ALL if name not in counts}
    return PackageCounts(counts=counts, bounds=bounds, uncounted=uncounted, stopped=stopped)
