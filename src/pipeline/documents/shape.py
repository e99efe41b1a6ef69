"""The specification of $project, $addFields and $unset as a tree of fields."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.documents.refused import Refused


@dataclass
class Node:
    """What is to happen with a field: kept, dropped, computed, or something with its fields.

    Attributes
    ----------
    action : str
        "keep", "drop", "compute" or "inside".
    expression : object
        To compute.
    inside : dict of str to Node
        By name of the field.
    """

    action: str = "inside"
    expression: Any = None
    inside: dict[str, "Node"] = field(default_factory=dict)

    def computes(self) -> bool:
        """Whether anything in it is computed."""
        return self.action == "compute" or any(n.computes() for n in self.inside.values())


def projection(given: Any) -> tuple[Node, bool]:
    """Read a projection.

    Parameters
    ----------
    given : dict
        Of $project, or of a find.

    Returns
    -------
    Node
        Its tree.
    bool
        Whether fields are dropped (else only those named are kept).
    """
    if not isinstance(given, Mapping) or not given:
        raise Refused("takes an object with fields")
    root = Node()
    kinds: set[str] = set()
    for path, spec in given.items():
        _add(root, path.split("."), spec, kinds, path)
    identity = root.inside.get("_id")
    if "drop" in kinds and kinds & {"keep", "compute"}:
        raise Refused("fields both kept and dropped: MongoDB fails")
    dropping = not kinds & {"keep", "compute"}
    if dropping and not kinds and identity is not None and identity.action == "keep":
        dropping = False
    return root, dropping


def additions(given: Any) -> Node:
    """Read the fields of $addFields or $set."""
    if not isinstance(given, Mapping) or not given:
        raise Refused("takes an object with fields")
    root = Node()
    for path, spec in given.items():
        _put(root, path.split("."), spec, path)
    return root


def removals(given: Any) -> Node:
    """Read the fields of $unset."""
    paths = given if isinstance(given, list) else [given]
    root = Node()
    for path in paths:
        if not isinstance(path, str) or not path:
            raise Refused("takes fields' names")
        _leaf(root, path.split("."), Node("drop"), path)
    if not paths:
        raise Refused("takes fields' names")
    return root


def _add(root: Node, parts: list[str], spec: Any, kinds: set[str], path: str) -> None:
    if isinstance(spec, Mapping) and not any(k.startswith("$") for k in spec):
        if not spec:
            raise Refused(f"{path}: an empty object")
        for key, inner in spec.items():
            _add(root, [*parts, *key.split(".")], inner, kinds, f"{path}.{key}")
        return
    if isinstance(spec, bool | int | float):
        node = Node("keep" if spec else "drop")
    else:
        if isinstance(spec, Mapping) and len(spec) == 1:
            operator = next(iter(spec))
            if operator in ("$slice", "$elemMatch", "$meta") and not isinstance(
                spec[operator], list
            ):
                raise Refused(f"{path}: the projection operator {operator}")
        node = Node("compute", spec)
    if not (parts == ["_id"] and node.action != "compute"):
        kinds.add(node.action)
    _leaf(root, parts, node, path)


def _put(root: Node, parts: list[str], spec: Any, path: str) -> None:
    if isinstance(spec, Mapping) and not any(k.startswith("$") for k in spec):
        if not spec:
            raise Refused(f"{path}: an empty object")
        for key, inner in spec.items():
            _put(root, [*parts, *key.split(".")], inner, f"{path}.{key}")
        return
    _leaf(root, parts, Node("compute", spec), path)


def _leaf(root: Node, parts: list[str], node: Node, path: str) -> None:
    """Hang a leaf into the tree, unless another is in its way."""
    for part in parts:
        if not part or part.startswith("$"):
            raise Refused(f"the field {path!r}")
    above = root
    for part in parts[:-1]:
        above = above.inside.setdefault(part, Node())
        if above.action != "inside":
            raise Refused(f"{path}: it collides with another field: MongoDB fails")
    if parts[-1] in above.inside:
        raise Refused(f"{path}: it collides with another field: MongoDB fails")
    above.inside[parts[-1]] = node
