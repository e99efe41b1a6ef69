"""What code a result depends on, as a short hash for Snakemake's ``params`` trigger.

Snakemake's own code trigger sees a rule and its script, not the package behind them.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]


def source_hash(*modules: str, files: Iterable[Path] = ()) -> str:
    """Hash the code of modules of this package and of all they import from it.

    Comments, docstrings and formatting do not count: only what can change a result does.

    Parameters
    ----------
    *modules : str
        Dotted names, for example ``"pipeline.alerts.decode"``.
    files : iterable of Path
        Further files, hashed as they are: what is imported by a name in the configuration.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    ModuleNotFoundError
        If a name is no module of this package.
    """
    seen: set[str] = set()
    waiting = list(modules)
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += _read(name)[1]
    digest = hashlib.sha256()
    for name in sorted(seen):
        digest.update(f"{name}\n{_read(name)[0]}\n".encode())
    for path in files:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def _file(name: str) -> Path | None:
    base = ROOT.joinpath(*name.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


@cache
def _read(name: str) -> tuple[str, tuple[str, ...]]:
    """Return the code of one module, without docstrings, and what it imports from here."""
    path = _file(name)
    if path is None:
        raise ModuleNotFoundError(f"{name} is not a module of {ROOT}")
    tree = ast.parse(path.read_text(), filename=str(path))
    imports: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imports |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            imports |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and (
            ast.get_docstring(node, clean=False) is not None
        ):
            node.body = node.body[1:]
    own = {i for i in imports if i.split(".")[0] == ROOT.name and _file(i) is not None}
    return ast.dump(tree), tuple(sorted(own))
