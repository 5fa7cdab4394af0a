"""Device nodes that a service's grants bring in, whatever their kind.

This tells which target is wanted, and by which grants.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hwaccess import access
from hwaccess.access.base import Want
from hwaccess.grants import inside, moved
from hwaccess.words import Risk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hwaccess.facts import BoardFacts, BoardNode
    from hwaccess.grants import CgroupRuleGrant, ExpectedAccess, Grant, MountGrant, Service

# Every container has these, so a grant of one says nothing, and its absence denies nothing.
ORDINARY: Final = frozenset(
    f"/dev/{name}"
    for name in ("null", "zero", "full", "random", "urandom", "tty", "ptmx", "console")
)
# Directories that are known to be directories even when the board could not be read.
FOLDERS: Final = frozenset(
    f"/dev/{name}"
    for name in (
        "bus", "bus/usb", "char", "disk", "dma_heap", "dri", "fd", "hugepages", "input", "mapper",
        "mqueue", "net", "pts", "serial", "serial/by-id", "serial/by-path", "shm", "snd", "v4l",
        "vfio",
    )
)  # fmt: skip
NODE_KINDS: Final = ("char", "block")


def node_wants(service: Service, board: BoardFacts, kind: str = "") -> Iterator[Want]:
    """One Want, at risk open, for each node of the kind that the grants bring in.

    The kind "" is every kind.

    A node's name is its path in the container when that is the usual one of a kind, else its path
    on the board: a sensor bus mapped as /dev/sensors is I2C all the same.
    """
    found: dict[str, list[Grant]] = {}
    for host, target, grants in granted_nodes(service, board):
        is_of_kind = not kind or access.owner(usual_name(host, target, board)) == kind
        if target not in ORDINARY and is_of_kind:
            found.setdefault(target, []).extend(grants)
    for target, grants_of_target in found.items():
        yield Want(target, Risk.OPEN, grants=tuple(dict.fromkeys(grants_of_target)))


def expected_wants(
    expectation: ExpectedAccess,
    service: Service,
    board: BoardFacts,
    kind: str,
    default: str,
) -> Iterator[Want]:
    """What a `reach` or `deny` line asks for, at risk open.

    Without a target, `reach` means what the grants bring in, `deny` every node of the kind on the
    board, and both mean `default` when there is none.
    """
    granted = {want.target: want for want in node_wants(service, board)}
    if expectation.target:
        targets = [expectation.target]
    elif expectation.reach:
        targets = [want.target for want in node_wants(service, board, kind)]
    else:
        targets = [node.path for node in board.nodes if access.owner(node.path) == kind]
    for target in targets or ([default] if default else []):
        yield granted.get(target, Want(target, Risk.OPEN))


def usual_name(host: str, target: str, board: BoardFacts) -> str:
    """The path that tells what kind of node it is.

    It is the container's, the board's, or what the board's link leads to.
    """
    node = board.node(host)
    names = (target, host, node.link if node else "")
    return next((name for name in names if access.owner(name) != access.REST), target)


def granted_nodes(
    service: Service, board: BoardFacts
) -> Iterator[tuple[str, str, tuple[Grant, ...]]]:
    """Every node that `devices` and `volumes` bring in.

    Each is (path on the board, path in the container, the grants).
    """
    for device in service.devices:
        if device.cdi:
            continue
        # The engine makes the nodes of a directory and passes over its links; without a node it
        # refuses to start.
        below = [node for node in nodes_below(device.host, board) if not node.link]
        for path in [node.path for node in below] or [device.host]:
            yield path, moved(path, device.host, device.container), (device,)
    for mount in service.mounts:
        if mount.type == "bind":
            yield from bound_nodes(mount, service, board)


def nodes_below(folder: str, board: BoardFacts) -> Iterator[BoardNode]:
    """The board's nodes, and links to them, below a directory."""
    return (node for node in board.nodes if inside(node.path, folder) and node.path != folder)


def bound_nodes(
    mount: MountGrant, service: Service, board: BoardFacts
) -> Iterator[tuple[str, str, tuple[Grant, ...]]]:
    """The nodes of one bind mount: itself, or those of its directory.

    Of the whole /dev it is those that a rule lets in.
    """
    source = mount.source.rstrip("/")
    if source == "/dev":
        for node in nodes_below(source, board):
            rules = tuple(rule for rule in service.cgroup_rules if covers(rule, node))
            if rules and not node.link:
                yield node.path, moved(node.path, source, mount.target), (mount, *rules)
        return
    below = list(nodes_below(source, board))
    paths = [node.path for node in below]
    if not below and may_be_node(source, board):
        paths = [source]
    for path in paths:
        yield path, moved(path, source, mount.target), (mount,)


def covers(rule: CgroupRuleGrant, node: BoardNode) -> bool:
    """Whether a rule names the node's major.

    One for every major tells nothing about which nodes are used.
    """
    return (
        rule.type == node.kind[0] and rule.major == node.major and rule.minor in (None, node.minor)
    )


def may_be_node(path: str, board: BoardFacts) -> bool:
    """Whether a bind's source is meant as a node.

    It is one, or it is below /dev and nothing else is known of it.

    An empty directory counts: the engine makes one on the board in the place of a node that is
    missing.
    """
    there = board.path_kind(path)
    if board.node(path) is not None or there in NODE_KINDS:
        return True
    return (
        path.startswith("/dev/") and path not in FOLDERS and there in (None, "absent", "directory")
    )
