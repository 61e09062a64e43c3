"""Loops of a graph, and what leads to what: once for an inventory, in time that grows with its edges."""

from collections.abc import Iterable


def closure(targets: list[list[int]]) -> tuple[list[list[int]], list[int]]:
    """Return the groups that lead round in a loop, each after all it leads to, and the bits of all one leads to.

    Most groups are of one; everything in a group leads to the same, itself with it.
    """
    sources: list[list[int]] = [[] for _ in targets]
    for place, those in enumerate(targets):
        for target in those:
            sources[target].append(place)
    left, groups = [True] * len(targets), []
    for root in reversed(_order(targets)):
        if not left[root]:
            continue
        left[root], group = False, [root]
        for place in group:  # grows while it is walked
            for source in sources[place]:
                if left[source]:
                    left[source] = False
                    group.append(source)
        groups.append(sorted(group))
    groups.reverse()
    return groups, reached(groups, targets)


def reached(groups: Iterable[list[int]], targets: list[list[int]]) -> list[int]:
    """Return the bits of all that each position leads to, itself among them; `groups` each after all it leads to."""
    reach = [0] * len(targets)
    for group in groups:
        mask = 0
        for place in group:
            mask |= 1 << place
            for target in targets[place]:
                mask |= reach[target]
        for place in group:
            reach[place] = mask
    return reach


def _order(targets: list[list[int]]) -> list[int]:
    """Return the positions, each after what it leads to as far as loops allow."""
    seen, order = [False] * len(targets), []
    for root in range(len(targets)):
        stack = [(root, 0)]
        while stack:
            place, child = stack.pop()
            if child == 0:
                if seen[place]:
                    continue
                seen[place] = True
            if child < len(targets[place]):
                stack.append((place, child + 1))
                if not seen[targets[place][child]]:
                    stack.append((targets[place][child], 0))
            else:
                order.append(place)
    return order
