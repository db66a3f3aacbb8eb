"""Made-up conflicts past enumeration: one party with many options among many with few."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from servanda.model import Case


def wide_case(
    rng: random.Random, *, options: int = 50, parties: int = 17, widest: int = 16
) -> Case:
    """Return a conflict with a plan in which the first party owns many options.

    Wishes are ordered, and of the kinds that a reader of essays writes down: not this, this only
    if that, never the bad turn.

    Parameters
    ----------
    rng
        Where chance comes from.
    options, parties, widest
        How many options there are, how many parties, and how many options the first party owns.
    """
    names = [f"p{n}" for n in range(parties)]
    owned: dict[str, list[str]] = {name: [] for name in names}
    told: dict[str, dict[str, Any]] = {}
    for number in range(options - 2):
        owner = names[0] if number < widest else names[1 + (number - widest) % (parties - 1)]
        option = f"{owner}_o{len(owned[owner])}"
        told[option] = {"by": owner}
        owned[owner].append(option)
    told["forum"] = {"joint": names[:5], "when": owned[names[0]][1]}
    told["pact"] = {"joint": [names[1], names[2]]}
    first = owned[names[0]]
    told[first[0]]["only"] = "up"
    settling = [owned[name][0] for name in names[1:5]]
    facts = {
        "settled": " and ".join(settling),
        "turmoil": f"{first[2]} and not settled",
        "spread": f"turmoil and {owned[names[5]][0]}",
    }
    never = [f"{first[3]} and not {first[2]}", f"{first[4]} and {first[2]}"]
    preferences: dict[str, list[str]] = {}
    for name in names:
        others = [option for other in names if other != name for option in owned[other]]
        preferences[name] = _wishes(rng, owned[name], others)
    preferences[names[0]] = [
        f"{first[0]} and not settled implies {first[2]}", *preferences[names[0]]
    ]  # fmt: skip
    return Case.model_validate(
        {
            "servanda": 1,
            "title": "A made-up conflict",
            "parties": {name: name.upper() for name in names},
            "options": told,
            "facts": facts,
            "never": never,
            "status_quo": [owned[name][-1] for name in names[1:6]],
            "preferences": preferences,
            "plans": {
                "plan": {
                    "title": "A plan",
                    "by": names[0],
                    "commitments": [first[1]],
                    "offers": ["forum", first[4], owned[names[6]][0]],
                    "threats": [
                        {
                            "by": names[0],
                            "announce": first[0],
                            "act": [first[2]],
                            "if": "not settled",
                        }
                    ],
                    "target": [*settling, f"not {first[2]}", "forum", first[4]],
                }
            },
            "default_plan": "plan",
        }
    )


def _wishes(rng: random.Random, own: Sequence[str], others: Sequence[str]) -> list[str]:
    """Make up a party's ordered wishes: nearly all its options are in one of them."""
    wishes = [rng.choice(("not turmoil", "not spread", "settled"))]
    for option in rng.sample(list(own), len(own)):
        other, third = rng.sample(list(others), 2)
        wishes.append(
            rng.choice((
                f"not {option}", option, f"{option} implies settled", f"{option} implies {other}",
                f"{other} implies {option}", f"not ({other} and not {option})",
                f"{option} iff {other}", f"{option} or {other} or {third}",
                f"not {option} or turmoil", f"not {other}", other,
            ))
        )  # fmt: skip
    wishes += [rng.choice(("", "not ")) + rng.choice(list(others)) for _ in range(2)]
    return wishes
