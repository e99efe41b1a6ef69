"""Keys that stand twice in a YAML file: YAML takes the last, silently."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import yaml

from pipeline.contract.section import ConfigError
from pipeline.io.messages import words


def check_keys(paths: Iterable[str | Path]) -> None:
    """Raise if a mapping in a file of the configuration has a key twice.

    Parameters
    ----------
    paths : iterable of path
        YAML or JSON, which is YAML.

    Raises
    ------
    ConfigError
        Naming file, line and key.
    """
    for path in paths:
        try:
            root = yaml.compose(Path(path).read_text(encoding="utf-8"), yaml.SafeLoader)
        except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
            raise ConfigError(f"{path}: cannot be read as YAML: {words(error)}") from None
        for key in _twice(root):
            line = key.start_mark.line + 1
            raise ConfigError(f"{path}, line {line}: the key {key.value!r} stands there twice")


def _twice(root: yaml.Node | None) -> Iterator[yaml.Node]:
    """Yield keys that are there already, each node once: aliases make trees of graphs."""
    seen, nodes = set(), [root]
    while nodes:
        node = nodes.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            nodes += node.value
        elif isinstance(node, yaml.MappingNode):
            keys = set()
            for key, value in node.value:
                if isinstance(key, yaml.ScalarNode):
                    if key.value in keys:
                        yield key
                    keys.add(key.value)
                nodes.append(value)
