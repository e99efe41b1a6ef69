"""The fields of a compiled AVRO schema as the tree that they were before they became columns."""

from collections.abc import Collection
from dataclasses import dataclass, field

from pipeline.io.avro_program import Column, Layout, Program

_CLASSES = {
    "int": "number",
    "long": "number",
    "float": "number",
    "double": "number",
    "boolean": "boolean",
    "string": "text",
    "enum": "text",
    "uuid": "text",
}


@dataclass
class Leaf:
    """A field that is no record.

    Attributes
    ----------
    columns : dict of str to Column
        A scalar's, one a branch of its union.
    items : Tree or None
        What an array's items are: their fields, or one field without a name.
    """

    columns: dict[str, Column] = field(default_factory=dict)
    items: "Tree | None" = None


Tree = dict[str, "Tree | Leaf"]


def tree_of(
    program: Program, table: int, skip: Collection[str], left_out: list[str], where: str = ""
) -> Tree:
    """Return the fields of one table of a program.

    Parameters
    ----------
    program : Program
    table : int
    skip : collection of str
        Fields of the record itself to leave out without a word.
    left_out : list of str
        Takes the paths of fields that have unlike types, or one that no column can hold.
    where : str
        Before these paths.
    """
    layout = program.tables[table]
    leaves = {path: _scalar(layout, names) for path, names in _branches(layout).items()}
    for path, child in layout.children.items():
        if path in leaves or program.tables[child].is_map:
            leaves[path] = None
        elif path.partition(".")[0] not in skip:
            inside: list[str] = []
            items = tree_of(program, child, (), inside, f"{where}{path}.")
            left_out += inside if items else []  # else the array itself
            leaves[path] = Leaf(items=items) if items else None
    records = {path.rpartition(".")[0] for path in leaves if "." in path}
    tree: Tree = {}
    for path, leaf in leaves.items():
        if path.partition(".")[0] in skip:
            continue
        if leaf is None or path in records or not _put(tree, path.split("."), leaf):
            left_out.append(where + path)
    return tree


def _branches(layout: Layout) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for name in layout.columns:
        found.setdefault(name.partition(":")[0], []).append(name)
    return found


def _scalar(layout: Layout, names: list[str]) -> Leaf | None:
    """Return a leaf; None if its values have no type in common, or one that no column has."""
    columns = {name: layout.columns[name] for name in names}
    kinds = {_CLASSES.get(column.meaning) for column in columns.values()}
    return Leaf(columns) if len(kinds) == 1 and None not in kinds else None


def _put(tree: Tree, names: list[str], leaf: Leaf) -> bool:
    """Put a leaf to its place; False if that is below, or above, another's."""
    for name in names[:-1]:
        node = tree.setdefault(name, {})
        if not isinstance(node, dict):
            return False
        tree = node
    return tree.setdefault(names[-1], leaf) is leaf
