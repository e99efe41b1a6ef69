"""Write the lists of stages and operators in docs/filters-mongodb.md from the code."""

import re
from pathlib import Path

from pipeline.documents import start
from pipeline.documents.context import OPERATORS
from pipeline.documents.match import QUERY_OPERATORS
from pipeline.documents.stages import STAGES
from pipeline.documents.vocabulary import FORBIDDEN

PAGE = Path(__file__).parents[1] / "filters-mongodb.md"
LISTS = {
    "stages": sorted(STAGES),
    "query": sorted(QUERY_OPERATORS),
    "expressions": sorted(OPERATORS),
    "forbidden": sorted(FORBIDDEN),
}


def written(text: str) -> str:
    """Return the page with its lists as the code has them."""
    assert start.OPERATOR_MODULES
    for name, words in LISTS.items():
        listed = ", ".join(f"`{word}`" for word in words)
        pattern = rf"(<!-- {name} -->\n).*?(<!-- end -->)"
        text, count = re.subn(pattern, rf"\g<1>{listed}\n\g<2>", text, flags=re.DOTALL)
        assert count == 1, name
    return text


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text()))
