"""The curl lines of docs/guide/serving.md, made of the requests that its Python sends.

    python -m tests.support.curl

writes them anew.
"""

import ast
import json
import re
import shlex
from pathlib import Path
from typing import Any

PAGE = Path(__file__).resolve().parents[2] / "docs" / "guide" / "serving.md"
URL = "http://localhost:8501/v1/models/stations:predict"
_PLACE = re.compile(r"(<!-- curl -->\n).*?(<!-- /curl -->)", re.S)


def requests(page: str) -> dict[str, Any]:
    """The requests: what the page's Python calls by a name in capitals."""
    found = {}
    for code in re.findall(r"```python\n(.*?)```", page, re.S):
        for node in ast.parse(code).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and node.targets[0].id.isupper():
                found[node.targets[0].id] = ast.literal_eval(node.value)
    return found


def lines(page: str) -> str:
    """A curl command for each request."""
    bodies = [json.dumps(body) for body in requests(page).values()]
    return "\n".join(f"curl --data {shlex.quote(body)} {URL}" for body in bodies)


def with_lines(page: str) -> str:
    """The page with the commands between its markers."""
    return _PLACE.sub(lambda match: f"{match[1]}\n```\n{lines(page)}\n```\n\n{match[2]}", page)


if __name__ == "__main__":
    PAGE.write_text(with_lines(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
