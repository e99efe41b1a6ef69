"""Notebooks: their cells carried out in order, and as a page of the site.

    python docs/site/notebooks.py NOTEBOOK OUTPUT

carries a notebook out in the current folder and writes it with what its cells gave. It knows what
the notebooks of this project use: Python, ``%%bash``, text and matplotlib's figures.
"""

import ast
import base64
import contextlib
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

SHELL = "%%bash\n"
IMAGE = "image/png"


def carried_out(notebook: dict[str, Any]) -> dict[str, Any]:
    """Return a notebook with the outputs that its cells give now, in the current folder.

    Raises
    ------
    Exception
        What a cell raises; subprocess.CalledProcessError of one of the shell's.
    """
    names: dict[str, Any] = {"__name__": "__main__"}
    cells = [dict(cell) for cell in notebook["cells"]]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    for number, cell in enumerate(code, start=1):
        cell["execution_count"] = number
        cell["outputs"] = _outputs_of("".join(cell["source"]), names)
    return {**notebook, "cells": cells}


def _outputs_of(source: str, names: dict[str, Any]) -> list[dict[str, Any]]:
    if source.startswith(SHELL):
        command = ["bash", "-euo", "pipefail", "-c", source.removeprefix(SHELL)]
        both = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        said = subprocess.run(command, **both, text=True, check=True).stdout
    else:
        with contextlib.redirect_stdout(io.StringIO()) as stream:
            _execute(source, names)
        said = stream.getvalue()
    text = {"name": "stdout", "output_type": "stream", "text": said.splitlines(keepends=True)}
    return [*([text] if said else []), *map(_image, _figures())]


def _execute(source: str, names: dict[str, Any]) -> None:
    """Run a cell; print what its last line is, if it is a value and no ``;`` ends it."""
    *body, last = ast.parse(source).body
    if source.rstrip().endswith(";") or not isinstance(last, ast.Expr):
        exec(compile(source, "cell", "exec"), names)  # noqa: S102
        return
    exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102
    value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
    if value is not None:
        print(value)


def _figures() -> list[bytes]:
    """Return matplotlib's open figures as PNG, and close them."""
    if "matplotlib.pyplot" not in sys.modules:
        return []
    plt = sys.modules["matplotlib.pyplot"]
    found = []
    for number in plt.get_fignums():
        plt.figure(number).savefig(stream := io.BytesIO(), format="png")
        found.append(stream.getvalue())
    plt.close("all")
    return found


def _image(png: bytes) -> dict[str, Any]:
    data = {IMAGE: base64.b64encode(png).decode()}
    return {"output_type": "display_data", "metadata": {}, "data": data}


def as_markdown(notebook: dict[str, Any], images: Path, link: str) -> str:
    """Return a notebook as a page in MyST; its pictures are written into a folder.

    Parameters
    ----------
    notebook : dict
        As in the file.
    images : Path
        The folder, which is made if there is a picture.
    link : str
        Its path from the page.
    """
    out = []
    for number, cell in enumerate(notebook["cells"]):
        source = "".join(cell["source"]).rstrip()
        if cell["cell_type"] == "markdown":
            out.append(source)
            continue
        shell = source.startswith(SHELL)
        out.append(f"```{'bash' if shell else 'python'}\n{source.removeprefix(SHELL)}\n```")
        for output in cell["outputs"]:
            if "text" in output:
                out.append(f"```text\n{''.join(output['text']).rstrip()}\n```")
            else:
                images.mkdir(parents=True, exist_ok=True)
                name = f"{number}.png"
                (images / name).write_bytes(base64.b64decode(output["data"][IMAGE]))
                out.append(f"```{{image}} {link}/{name}\n:alt: what the cell draws\n```")
    return "\n\n".join(out) + "\n"


if __name__ == "__main__":
    import matplotlib as mpl

    mpl.use("agg")
    found = carried_out(json.loads(Path(sys.argv[1]).read_text()))
    Path(sys.argv[2]).write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
