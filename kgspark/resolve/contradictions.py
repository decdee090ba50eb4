"""Which of people's answers cannot all be true, and which of them are obeyed.

a = b = c, but a and c are different -> the shortest chain of "same" between them -> none of its pairs is obeyed

What is called different stays apart for ever, as a wrong merge harms more than a missed one. Any "same" of the chain
may be the wrong one, and neither the order of a file nor an id says which: so none is obeyed, and the matcher judges
those pairs by their texts, until a person corrects one of the answers.
"""

from __future__ import annotations

import heapq
import itertools
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

Pair = tuple[str, str]


@dataclass(frozen=True)
class Chain:
    """Offers that people joined one to the next, from one end to the other of a pair that they called different; the
    ``pairs`` that did it, each with the smaller id first.
    """

    offers: tuple[str, ...]
    pairs: tuple[Pair, ...]


def chains(same: Iterable[Pair], different: Iterable[Pair]) -> list[Chain]:
    """The chains that must yield, so that pairs called the ``same`` join no two offers that are ``different``.

    The shortest first, as it tells most; of equally short ones the first in the order of the ids, so that the answers'
    order does not matter. A pair stands in one chain at the most, and one that contradicts nothing in none.
    """
    beside: dict[str, set[str]] = {}
    for left, right in same:
        beside.setdefault(left, set()).add(right)
        beside.setdefault(right, set()).add(left)
    waiting = [(0, left, right) for left, right in set(different)]
    heapq.heapify(waiting)
    found = []
    while waiting:
        length, left, right = heapq.heappop(waiting)
        offers = _shortest(beside, left, right)
        # What yielded since may have made the way longer, never shorter: its turn comes later.
        if len(offers) > length:
            heapq.heappush(waiting, (len(offers), left, right))
        elif offers:
            links = list(itertools.pairwise(offers))
            for one, other in links:
                beside[one].remove(other)
                beside[other].remove(one)
            found.append(Chain(offers, tuple((min(link), max(link)) for link in links)))
            heapq.heappush(waiting, (length, left, right))
    return found


def _shortest(beside: dict[str, set[str]], start: str, goal: str) -> tuple[str, ...]:
    """The shortest way, of equally short ones the first in the order of the ids; empty where there is none."""
    came_from: dict[str, str] = {start: start}
    waiting = deque([start] if start in beside and goal in beside else [])
    while waiting and goal not in came_from:
        offer = waiting.popleft()
        for near in sorted(beside[offer] - came_from.keys()):
            came_from[near] = offer
            waiting.append(near)
    if goal not in came_from:
        return ()
    way = [goal]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return tuple(reversed(way))
