"""The configuration inside a Keras file: parsed, and refused where it could run code.

Keras builds its objects by the names in this JSON: a layer of Python code, a function of any
module that Python can import. Each node is compared with what `pipeline.scores.keras_allowed`
lists, so that what is not known is not built.
"""

import json
from typing import Any

from pipeline.scores.keras_allowed import ARRAYS, CLASSES, DTYPES, MODULES, NAMED_BY
from pipeline.scores.signature import ModelError

MAX_DEPTH = 100
"""Levels of nesting; a network in a network in a network has some 20."""
_CODE = ("Lambda", "__lambda__", "TFOpLambda", "SlicingOpLambda")


class _Refused(ValueError):
    """Something in the configuration; the message completes "…: its configuration"."""


def parse_config(path: object, text: str | bytes) -> dict[str, Any]:
    """Parse and check a configuration.

    Parameters
    ----------
    path : str or Path
        Named in the errors.
    text : str or bytes
        JSON, as it lies in the file.

    Returns
    -------
    dict
        Without ``compile_config``, which is of use in training alone. Written as JSON again
        it has one meaning, where the file may say a key twice.

    Raises
    ------
    ModelError
        If it is no such JSON, holds code, or names anything that is not known.
    """
    try:
        config = json.loads(text, object_pairs_hook=_without_training)
        if not isinstance(config, dict) or "class_name" not in config:
            raise _Refused("names no class of model")
        _check(config, 0)
    except _Refused as error:
        raise ModelError(f"{path}: its configuration {error}") from None
    except (ValueError, RecursionError) as error:  # no JSON, no UTF-8, nested too deep
        raise ModelError(f"{path}: its configuration is not JSON that can be read") from error
    return config


def _without_training(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return a JSON object as a dict; a key that stands there twice is refused."""
    made = dict(pairs)
    if len(made) < len(pairs):
        raise _Refused("says a key twice")
    made.pop("compile_config", None)
    return made


def _check(node: Any, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise _Refused(f"is nested more than {MAX_DEPTH} levels deep")
    if isinstance(node, list):
        for item in node:
            _check(item, depth + 1)
    elif isinstance(node, dict):
        if {"class_name", "module", "registered_name", "function_type"} & node.keys():
            _check_object(node)
        for key, value in node.items():
            if isinstance(value, str):
                _check_name(key, value)
            _check(value, depth + 1)


def _check_name(key: str, value: str) -> None:
    """Refuse an activation, initializer … that is not known by this name."""
    allowed = NAMED_BY.get(key.rpartition("_")[2])
    if allowed is not None and value not in allowed:
        raise _Refused(f"names the {key} {value[:80]!r}, which is not known")


def _check_object(node: dict[str, Any]) -> None:
    """Check a node that Keras makes an object of: a class by its name, or a function."""
    name = node.get("class_name")
    if "function_type" in node or name in _CODE:
        raise _Refused("has a Lambda layer: Python code in a model file is not run")
    if not isinstance(name, str):
        raise _Refused("has an object whose class_name is no text")
    module = node.get("module")
    if module is not None and not _among(module, MODULES):
        raise _Refused(f"takes {name[:80]!r} from the module {str(module)[:80]!r}, not from Keras")
    if node.get("registered_name") not in (None, name, _function_of(node)):
        raise _Refused(f"has a custom object, {str(node['registered_name'])[:80]!r}")
    if name == "function":
        if not isinstance(node.get("config"), str):
            raise _Refused("has a function that is more than a name")
        _check_name("activation", node["config"])
    elif name in ARRAYS:
        inside = node.get("config")
        if not isinstance(inside, dict) or not _among(inside.get("dtype"), DTYPES):
            raise _Refused("has an array whose dtype is not that of numbers")
    elif name != "__keras_tensor__" and name not in CLASSES:
        raise _Refused(f"has a layer or object {name[:80]!r}, which is not known to be harmless")


def _among(value: Any, names: set[str]) -> bool:
    return isinstance(value, str) and value in names


def _function_of(node: dict[str, Any]) -> Any:
    """Return the name of the function that a node stands for; None where it is none."""
    return node.get("config") if node.get("class_name") == "function" else None
