"""What the documentation site is made of: found in the code, and none left out."""

import json
import re
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import yaml
from matplotlib.image import imread

from pipeline.cli.main import find_commands
from pipeline.plan.domains import DOMAINS

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def house():
    """Return the module of that name, with those beside it on the path."""
    sys.path.insert(0, str(ROOT / "docs/site"))
    try:
        import house

        yield house
    finally:
        sys.path.pop(0)


@pytest.fixture(scope="module")
def site(tmp_path_factory, house):
    from generate import generate

    target = tmp_path_factory.mktemp("site")
    generate(target)
    return target


def test_the_page_of_commands_has_their_examples(site):
    text = (site / "reference/commands.md").read_text()
    for module in find_commands():
        assert f"## nightmill {module.COMMAND}\n" in text
        for example in module.EXAMPLES:
            assert f"\n  {example}\n" in text


def test_every_module_has_a_page(site):
    pages = {path.stem for path in (site / "reference/api").glob("*.md")}
    for path in (ROOT / "src/pipeline").rglob("*.py"):
        name = ".".join(path.relative_to(ROOT / "src").with_suffix("").parts)
        assert name.removesuffix(".__init__") in pages


def test_lists_of_modules_have_no_markup(site):
    pages = [path.read_text() for path in (site / "reference/api").glob("*.md")]
    lists = [text.split("```{toctree}")[1].split("```")[0] for text in pages if "{toctree}" in text]
    assert lists and not any("`" in text for text in lists)


def test_pages_of_surveys_show_what_they_declare(site):
    for survey in ("lsst", "pgir", "turbo", "wntr", "ztf"):
        page = (site / f"reference/api/pipeline.alerts.surveys.{survey}.md").read_text()
        assert f'SURVEY = Survey(\n    name="{survey}",' in page
    assert "SURVEY = " not in (site / "reference/api/pipeline.io.tables.md").read_text()


def test_every_rule_is_described(site):
    page = (site / "reference/rules.md").read_text()
    texts = [path.read_text() for path in (ROOT / "workflow/rules").glob("*.smk")]
    rules = re.findall(r"^ *rule (\w+):", "\n".join(texts), flags=re.MULTILINE)
    assert rules
    for rule in rules:
        (section,) = re.findall(rf"^### {rule}\n\n(.+?)^```$", page, flags=re.M | re.S)
        assert section.strip()
        assert "output:" in section


def test_every_key_is_described(site):
    page = (site / "reference/configuration.md").read_text()
    schema = json.loads((ROOT / "config/config.schema.json").read_text())
    sections = [schema, *schema["$defs"].values()]
    for key in {key for section in sections for key in section.get("properties", {})}:
        assert f"| `{key}` | " in page


@pytest.mark.parametrize("lines", [line for domain in DOMAINS for line in domain.lines])
def test_every_column_of_an_input_table_is_described(site, lines):
    page = (site / "reference/configuration.md").read_text()
    section = page.split(f"\n## {lines.key}.tsv\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (.+?) \| (.*?) \|$", section, flags=re.M)
    fields = lines.model.model_fields
    assert [row[0] for row in rows] == list(fields)
    for name, said, _, default in rows:
        assert said == fields[name].description.replace("|", r"\|")
        wanted = fields[name].get_default()
        assert default == ("required" if fields[name].is_required() else f"`{json.dumps(wanted)}`")


def rows(page: str) -> list[str]:
    """Return the first cells of a page's tables."""
    return re.findall(r"^\| (.+?) \|", (ROOT / page).read_text(), flags=re.M)


def test_the_readme_of_the_configuration_has_every_key_and_file():
    cells = [name for cell in rows("config/README.md") for name in re.findall(r"`(.+?)`", cell)]
    keys = json.loads((ROOT / "config/config.schema.json").read_text())["properties"]
    files = {path.name + "/" * path.is_dir() for path in (ROOT / "config").iterdir()}
    assert sorted(cells) == sorted(keys.keys() | files - {"README.md"})


def test_the_readme_of_the_profiles_has_each():
    named = [cell.strip("`") for cell in rows("profiles/README.md") if "`" in cell]
    assert sorted(named) == sorted(path.name for path in (ROOT / "profiles").glob("*/"))


def test_the_glossary_is_in_order_and_has_no_word_twice():
    words = [cell.casefold() for cell in rows("docs/glossary.md") if cell != "word"]
    assert len(words) > 40
    assert words == sorted(set(words))


def test_the_catalogue_of_workflows_finds_what_it_needs():
    """Its rules for standardized usage; the flags that it knows."""
    usage = yaml.safe_load((ROOT / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert usage.keys() == {"mandatory-flags", "software-stack-deployment", "report"}
    assert usage["mandatory-flags"].keys() == {"desc", "flags"}
    assert usage["software-stack-deployment"].keys() == {"conda", "apptainer", "apptainer+conda"}
    readme = (ROOT / "README.md").read_text().casefold()
    assert "snakemake" in readme and "workflow" in readme
    assert all((ROOT / name).is_file() for name in ("workflow/Snakefile", "config/README.md"))


def test_notebooks_are_pages_with_their_pictures(site):
    page = (site / "tutorials/student-notebook.md").read_text()
    assert "from pipeline.notebook import Results" in page and "%%bash" not in page
    assert "(student.md)" in page and "(../notebook.md)" in page
    (picture,) = re.findall(r"^```{image} (\S+)$", page, flags=re.M)
    assert (site / "tutorials" / picture).read_bytes().startswith(b"\x89PNG")


def test_the_front_page_has_the_doors(site):
    page = (site / "index.md").read_text()
    doors = page.split("\n## The first hour\n")[1].split("\n## ")[0]
    shown, listed = doors.split("```{toctree}")
    assert ":hidden:" in listed
    for path in (ROOT / "docs/tutorials").glob("*.*"):
        name = path.stem + ("-notebook" if path.suffix == ".ipynb" else "")
        assert f"(tutorials/{name}.md)" in shown and f"<tutorials/{name}>" in listed


def test_the_pictures_of_the_architecture_are_the_codes(site, house):
    text = (ROOT / "docs/architecture.md").read_text()
    assert house.with_picture(text) == text, "make config writes it"
    readme = (ROOT / "README.md").read_text()  # tests/workflow compares it with snakemake's
    edges = [_edges(page) for page in (text, readme)]
    assert edges[0] == edges[1]
    drawn = list((site / "files/graphs").glob("architecture.md.*.svg"))
    assert len(drawn) == 5
    assert all(
        f"({path.relative_to(site)})" in (site / "architecture.md").read_text() for path in drawn
    )
    (floors,) = (path.read_text() for path in drawn if "io to contract" in path.read_text())
    assert "plan to notebook" in floors


def _edges(page: str) -> set[tuple[str, str]]:
    blocks = re.findall(r"^```mermaid\nflowchart LR\n(.*?)^```", page, flags=re.M | re.S)
    from graphs import edges_of

    return {edge for block in blocks for edge in edges_of(block)}


def test_arrows_that_follow_from_others(house):
    from graphs import reduced
    from layout import layers_of

    edges = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]
    assert reduced(edges) == [("a", "b"), ("a", "d"), ("b", "c")]
    assert layers_of([*edges, ("c", "c")]) == {"a": 0, "b": 1, "c": 2, "d": 1}


def _graphs():
    pages = [(ROOT / page).read_text() for page in ("README.md", "docs/architecture.md")]
    found = [g for page in pages for g in re.findall(r"^```mermaid\n(.*?)^```", page, re.M | re.S)]
    assert len(found) == 6
    wide = [f"a --> b{i} --> c{j}" for i in range(5) for j in range(5)]
    long = [f"n{i} --> n{j}" for i in range(7) for j in range(i + 1, 7)]
    return [
        *found,
        *("\n".join([way, *wide]) for way in ("flowchart LR", "flowchart BT")),
        *("\n".join([way, *long, "n3 --> n3"]) for way in ("flowchart LR", "flowchart BT")),
    ]


@pytest.mark.parametrize("mermaid", _graphs())
def test_arrows_of_a_graph_can_be_followed(house, mermaid):
    """Each from border to border, in sight, past all boxes but its own two."""
    from graphs import _head, edges_of, shapes

    found = shapes(mermaid)
    assert list(found.arrows) == edges_of(mermaid)
    for (a, b), line in found.arrows.items():
        inside = np.concatenate([_head(line)[1:], _points(line)])
        for name, (left, bottom, right, top) in found.boxes.items():
            deep = np.minimum(inside - (left, bottom), (right, top) - inside).min(axis=1)
            assert deep.max() < 1e-9, f"{a} to {b} runs through {name}"
            for end in [2] * (name == a) + [-1] * (name == b):
                assert deep[end] == pytest.approx(0, abs=1e-9)


def test_boxes_of_a_graph_do_not_overlap_and_hold_their_text(house, tmp_path):
    from graphs import PAD, _text_width, draw, shapes

    for number, mermaid in enumerate(_graphs()):
        boxes = shapes(mermaid).boxes
        for name, (left, _, right, _) in boxes.items():
            assert right - left >= _text_width(name) + 2 * PAD - 1e-9
        for a, b in combinations(boxes.values(), 2):
            assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1]
        draw(mermaid, tmp_path / f"{number}.svg")
        draw(mermaid, tmp_path / f"{number}.png")
        drawn = (tmp_path / f"{number}.svg").read_text()
        width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', drawn).groups())
        high, wide = imread(tmp_path / f"{number}.png").shape[:2]
        assert [wide, high] == pytest.approx([width / 0.72, height / 0.72], abs=2)


def _points(line):
    """Return points of a line of straight parts and cubic curves, in order."""
    t = np.linspace(0, 1, 40)[:, None]
    out, last = [line.vertices[:1]], line.vertices[0]
    for corners, code in line.iter_segments(simplify=False, curves=True):
        p = [last, *corners.reshape(-1, 2)]
        if code == line.LINETO:
            out.append(p[0] + t * (p[1] - p[0]))
        elif code == line.CURVE4:
            s = 1 - t
            out.append(s**3 * p[0] + 3 * s**2 * t * p[1] + 3 * s * t**2 * p[2] + t**3 * p[3])
        last = p[-1]
    return np.concatenate(out)


def test_the_index_has_every_page(site):
    """Sphinx says so as well; `make docs` takes half a minute."""
    index = (site / "index.md").read_text()
    pages = {path.relative_to(site).with_suffix("").as_posix() for path in site.glob("*.md")}
    pages |= {f"decisions/{path.stem}" for path in (site / "decisions").glob("*.md")}
    missing = {page for page in pages - {"index"} if f"<{page}>" not in index}
    assert not missing, f"docs/README.md links to all pages but {missing}"


def test_links_lead_to_pages_of_the_site(site):
    for path in site.rglob("*.md"):
        prose = re.sub(r"^```.*?^```$", "", path.read_text(), flags=re.M | re.S)
        for link in re.findall(r"\]\(([^)#\s]+)[^)]*\)", prose):
            assert "://" in link or (path.parent / link).exists(), f"{path.name}: {link}"
