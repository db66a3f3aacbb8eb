"""In how many states of a set is each variable true?  Counted for all variables in two passes."""

from __future__ import annotations

from collections.abc import Iterable

from servanda.spelling import Diagram


def tally(states: Diagram, variables: Iterable[int]) -> dict[int, int]:
    """Return in how many states of a set each variable is true, exactly.

    Parameters
    ----------
    states
        A set; it speaks of no other variables.
    variables
        The variables whose values tell states apart.

    Notes
    -----
    1. Every node of the diagram is numbered, and where its variable comes in their order.
    2. From the top down: *ways*, how many values of the variables above lead to a node.
    3. From the bottom up: *ends*, how many values of those from its own on lead to a state.
    4. Of the ends of a node those are counted that begin with true, for each way there is.  Of
       the states whose paths pass a variable by, half have it true.
    """
    order = sorted(variables)
    depth, length = {variable: n for n, variable in enumerate(order)}, len(order)
    number, nodes = {states: 0}, [states]
    halves: list[tuple[int, int] | None] = []
    places: list[int] = []
    for node in nodes:  # it grows meanwhile
        found, variable = node.cofactors(), node.node_var()
        if found is None or variable is None:
            halves.append(None)
            places.append(length)
            continue
        for child in found:
            if child not in number:
                number[child] = len(nodes)
                nodes.append(child)
        halves.append((number[found[0]], number[found[1]]))
        places.append(depth[variable])
    down = sorted(range(len(nodes)), key=places.__getitem__)
    ways, ends = [0] * len(nodes), [0] * len(nodes)
    ways[0] = 1 << places[0]
    for at in down:
        for half in halves[at] or ():
            ways[half] += ways[at] << (places[half] - places[at] - 1)
    true, passing = [0] * length, [0] * length
    for at in reversed(down):
        both, place = halves[at], places[at]
        if both is None:
            ends[at] = int(nodes[at].satisfiable())
            continue
        yes, no = (ends[half] << (places[half] - place - 1) for half in both)
        ends[at] = yes + no
        true[place] += ways[at] * yes
        passing[place] += ways[at] * (yes + no)
    every = ways[0] * ends[0]
    halved = ((every - met) // 2 for met in passing)
    return {v: yes + rest for v, yes, rest in zip(order, true, halved, strict=True)}
