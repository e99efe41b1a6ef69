"""What YAML silently takes for something else: keys that stand twice, numbers such as 1:30."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from pipeline.contract.section import ConfigError
from pipeline.io.messages import words
from pipeline.plan.domains import Config

_NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")


def check_keys(paths: Iterable[str | Path]) -> None:
    """Raise if a mapping in a file of the configuration has a key twice.

    Or if a number in one of our sections stands in YAML's base 60, in which 1:30 is 90.

    Parameters
    ----------
    paths : iterable of path
        YAML or JSON, which is YAML.

    Raises
    ------
    ConfigError
        Naming file, line and key or number.
    """
    for path in paths:
        try:
            root = yaml.compose(Path(path).read_text(encoding="utf-8"), yaml.SafeLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
            raise ConfigError(f"{path}: cannot be read as YAML: {words(error)}") from None
        for key in _twice(root):
            line = key.start_mark.line + 1
            raise ConfigError(f"{path}, line {line}: the key {key.value!r} stands there twice")
        for number in _base_60(root):
            line = number.start_mark.line + 1
            raise ConfigError(
                f"{path}, line {line}: YAML reads {number.value} as base 60: write it out, or in "
                f"quotes if it is no number"
            )


def _twice(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield keys that are there already."""
    for node in _nodes(root):
        if isinstance(node, yaml.MappingNode):
            keys = set()
            for key, _ in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in keys:
                        yield key
                    keys.add(key.value)


def _base_60(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield numbers with colons; those of other workflows in the same file are theirs."""
    if isinstance(root, yaml.MappingNode):
        for section in (value for key, value in root.value if _is_ours(key)):
            yield from (n for n in _nodes(section) if n.tag in _NUMBERS and ":" in n.value)


def _is_ours(key: yaml.Node) -> bool:
    return isinstance(key, yaml.ScalarNode) and key.value in Config.model_fields


def _nodes(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield each node but keys, once: aliases make trees of graphs."""
    seen, nodes = set(), [root]
    while nodes:
        node = nodes.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        yield node
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            nodes += [value for _, value in node.value]
