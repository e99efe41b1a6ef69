"""What code a result depends on, as a short hash for Snakemake's ``params`` trigger.

Snakemake's own code trigger sees a rule's text and the time of its script, not the package
behind them. What counts here is what can change a result: the code of a job's function, of
all modules that it imports from this package, and the data files that these name. Comments,
docstrings, formatting and the wording of errors do not count.
"""

import ast
import builtins
import hashlib
from collections.abc import Iterable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
DOCUMENTED = ast.Module | ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef

WORDS_ONLY = {"ConfigError"} | {
    name
    for name, value in vars(builtins).items()
    if isinstance(value, type) and issubclass(value, Exception)
}
"""Exceptions whose text goes to a person and a log, never into a result.

An exception whose text becomes a reason in a table is a class of its own, and counts.
"""


def source_hash(*roots: str, files: Iterable[str | Path] = ()) -> str:
    """Hash the code of functions or modules of this package and of all that they import from it.

    Parameters
    ----------
    *roots : str
        ``"pipeline.alerts.jobs:decode"`` is one function and what it uses of its module,
        ``"pipeline.alerts.decode"`` is a whole module.
    files : iterable of paths
        Further files: a job's script, what the configuration imports by a name. Of Python
        the same counts as of the package, anything else is hashed as it is.

    Returns
    -------
    str
        16 hexadecimal digits.

    Raises
    ------
    ModuleNotFoundError
        If a name is no module of this package.
    AttributeError
        If a module has no such function.
    """
    parts: dict[str, str] = {}
    waiting = list(roots)
    while waiting:
        root = waiting.pop()
        if root not in parts:
            module, _, function = root.partition(":")
            parts[root], imports = _read(module, function)
            waiting += imports
    digest = hashlib.sha256()
    for name in sorted(parts):
        digest.update(f"{name}\n{parts[name]}\n".encode())
    for path in map(Path, files):
        digest.update(_content(path))
    return digest.hexdigest()[:16]


def _content(path: Path) -> bytes:
    """Return what counts of a file."""
    content = path.read_bytes()
    if path.suffix == ".py":
        with suppress(SyntaxError, ValueError):  # running it says what is wrong
            return _text(_nodes(_bare(ast.parse(content, filename=str(path))))).encode()
    return content


@cache
def _read(name: str, function: str) -> tuple[str, tuple[str, ...]]:
    """Return what counts of a module, or of what one function uses of it, and its imports."""
    path = _file(name)
    if path is None:
        raise ModuleNotFoundError(f"{name} is not a module of {ROOT}")
    tree = _bare(ast.parse(path.read_text(), filename=str(path)))
    if function:
        tree = ast.Module(_used_by(function, tree.body, name), [])
    nodes = _nodes(tree)
    return _text(nodes) + _data_of(nodes, path.parent), tuple(sorted(_imports_of(nodes)))


def _file(name: str) -> Path | None:
    base = ROOT.joinpath(*name.split(".")[1:])
    for path in (base.with_suffix(".py"), base / "__init__.py"):
        if path.is_file():
            return path
    return None


def _bare(tree: ast.Module) -> ast.Module:
    """Take away what cannot change a result."""
    for node in _nodes(tree):
        if isinstance(node, ast.Raise):
            if isinstance(node.exc, ast.Call) and _name(node.exc.func) in WORDS_ONLY:
                node.exc, node.cause = ast.Call(node.exc.func, [], []), None
        elif isinstance(node, ast.Expr):
            if isinstance(node.value, ast.Call) and _name(node.value.func) == ".add_note":
                node.value = ast.Call(node.value.func, [], [])
        elif isinstance(node, DOCUMENTED) and ast.get_docstring(node, clean=False):
            node.body = node.body[1:]
    return tree


def _name(function: ast.expr) -> str:
    """Return what is called, with a point before it where it is a method."""
    if isinstance(function, ast.Attribute):
        return f".{function.attr}"
    return function.id if isinstance(function, ast.Name) else ""


def _nodes(tree: ast.AST) -> list[ast.AST]:
    """Return a tree's nodes, parents before their children."""
    nodes: list[ast.AST] = []
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        nodes.append(node)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                waiting += [child for child in value if isinstance(child, ast.AST)]
            elif isinstance(value, ast.AST) and value._fields:
                waiting.append(value)
    return nodes


def _text(nodes: Iterable[ast.AST]) -> str:
    """Return a text that is another one for any other tree: `ast.dump`, but faster."""
    words: list[str] = []
    for node in nodes:
        words.append(type(node).__name__)
        for field in node._fields:
            value = getattr(node, field, None)
            if isinstance(value, list):
                words += ["[", *("." if isinstance(v, ast.AST) else repr(v) for v in value), "]"]
            elif isinstance(value, ast.AST):
                words.append(type(value).__name__)
            else:
                words.append(repr(value))
    return " ".join(words)


def _imports_of(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        else:
            continue
        yield from (n for n in names if n.split(".")[0] == ROOT.name and _file(n) is not None)


def _data_of(nodes: Iterable[ast.AST], folder: Path) -> str:
    """Return the hashes of the data files beside a module whose names stand in it."""
    names = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "." in node.value
    }
    files = (f / name for name in sorted(names) for f in (folder, folder / "data"))
    known = (path for path in files if path.suffix != ".py" and _is_file(path))
    return "".join(hashlib.sha256(path.read_bytes()).hexdigest() for path in known)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a text too long for a name, or with a NUL
        return False


def _used_by(function: str, body: list[ast.stmt], module: str) -> list[ast.stmt]:
    """Return the statements of a module that a function needs, in their order."""
    binds = [set(_bound(statement)) for statement in body]
    if not any(function in names for names in binds):
        raise AttributeError(f"{module} has no {function}")
    wanted = {function}
    seen: set[str] = set()
    while new := wanted - seen:
        seen |= new
        for statement, names in zip(body, binds, strict=True):
            if names & new:
                wanted |= {n.id for n in ast.walk(statement) if isinstance(n, ast.Name)}
    # What binds no name is done when the module is imported, and counts always.
    kept = [
        _narrow(statement, seen)
        for statement, names in zip(body, binds, strict=True)
        if names & seen or not names
    ]
    return kept


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Yield the names that a statement of a module binds."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _narrow(statement: ast.stmt, used: set[str]) -> ast.stmt:
    """Return an import with just the names that are used; anything else as it is."""
    if isinstance(statement, ast.ImportFrom):
        names = [a for a in statement.names if (a.asname or a.name) in used]
        return ast.ImportFrom(statement.module, names, statement.level)
    return statement
