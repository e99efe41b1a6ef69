"""The description of the API: OpenAPI for programs, a page without scripts for people."""

import html
import json
from importlib.metadata import version
from typing import Any

from pipeline.archive.serve.skymaps import SKYMAP

_EXAMPLES: dict[str, dict[str, Any]] = {
    "find": {
        "query": {"catalog": "alerts", "filter": {"candid": 1000}, "projection": {"jd": 1}},
        "kwargs": {"limit": 2, "max_time_ms": 5000},
    },
    "find_one": {"query": {"catalog": "alerts", "filter": {"fid": 1}}},
    "count_documents": {"query": {"catalog": "alerts", "filter": {"fid": 1}}},
    "estimated_document_count": {"query": {"catalog": "alerts"}},
    "aggregate": {"query": {"catalog": "alerts", "pipeline": [{"$match": {"candid": 1000}}]}},
    "cone_search": {
        "query": {
            "object_coordinates": {
                "radec": {"A 1": [10.0, -5.0]},
                "cone_search_radius": 2,
                "cone_search_unit": "arcsec",
            },
            "catalogs": {"alerts": {"filter": {}, "projection": {}}},
        }
    },
    "near": {
        "query": {
            "radec": {"A 1": [10.0, -5.0]},
            "min_distance": 0.5,
            "max_distance": 30,
            "distance_units": "arcsec",
            "catalogs": {"alerts": {}},
        },
        "kwargs": {"limit": 1},
    },
    SKYMAP: {
        "query": {
            "skymap": {"localization_name": "IC231202A", "contour": 90},
            "catalog": "alerts",
            "filter": {"jd": {"$gt": 2460281.0}},
            "projection": {"candid": 1},
        }
    },
    "info": {"query": {"command": "catalog_names"}},
}


def examples() -> dict[str, dict[str, Any]]:
    """Return a query of each type that is answered."""
    return {kind: {"query_type": kind, **said} for kind, said in _EXAMPLES.items()}


def description() -> dict[str, Any]:
    """Return the API in OpenAPI 3.1."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Nightmill",
            "version": version("nightmill"),
            "description": "Kowalski's API, read-only, over the tables of a working directory.",
        },
        "paths": {
            "/": {"get": _operation("Whether the server is there", {"200": "It is."})},
            "/api/auth": {
                "post": _operation(
                    "A token for a name and a password",
                    {
                        "200": "The token, for the header Authorization.",
                        "400": "A field is missing.",
                        "401": "Wrong credentials.",
                        "429": "Too many wrong passwords.",
                    },
                    _object(username={"type": "string"}, password={"type": "string"}),
                    {"login": {"username": "someone", "password": "…"}},
                )
            },
            "/api/queries": {
                "post": _operation(
                    "The answer to a query, in MongoDB's relaxed extended JSON",
                    {
                        "200": "status, message, data.",
                        "400": "A wrong query or token: status, message.",
                        "401": "No token.",
                        "403": "A query that would write.",
                        "413": "A body that is too large.",
                        "429": "Too many queries.",
                        "503": "Too many queries of all users.",
                    },
                    {
                        **_object(
                            query_type={"type": "string", "enum": sorted(_EXAMPLES)},
                            query={"type": "object"},
                        ),
                        "additionalProperties": True,
                    },
                    examples(),
                )
                | {"security": [{"token": []}]}
            },
            "/openapi.json": {"get": _operation("This description", {"200": "It."})},
            "/docs": {"get": _operation("This description as a page", {"200": "It."})},
        },
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "The token of /api/auth, alone or after Bearer.",
                }
            }
        },
    }


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "required": list(properties), "properties": properties}


def _operation(
    summary: str,
    responses: dict[str, str],
    schema: dict[str, Any] | None = None,
    bodies: dict[str, Any] | None = None,
) -> dict[str, Any]:
    found: dict[str, Any] = {
        "summary": summary,
        "responses": {status: {"description": text} for status, text in responses.items()},
    }
    if schema is not None:
        shown = {name: {"value": value} for name, value in (bodies or {}).items()}
        content = {"application/json": {"schema": schema, "examples": shown}}
        found["requestBody"] = {"required": True, "content": content}
    return found


def page() -> str:
    """Return the description as HTML, without scripts and without anything of other servers."""
    said = description()
    parts = []
    for path, operations in said["paths"].items():
        for method, of in operations.items():
            parts.append(f"<h2><code>{method.upper()} {html.escape(path)}</code></h2>")
            parts.append(f"<p>{html.escape(of['summary'])}.</p>")
            parts.append("<table>")
            for status, response in of["responses"].items():
                text = html.escape(response["description"])
                parts.append(f"<tr><td>{status}</td><td>{text}</td></tr>")
            parts.append("</table>")
            content = of.get("requestBody", {}).get("content", {}).get("application/json", {})
            for name, example in content.get("examples", {}).items():
                body = html.escape(json.dumps(example["value"], indent=1, ensure_ascii=False))
                parts.append(f"<h3>{html.escape(name)}</h3><pre>{body}</pre>")
    return _FRAME.format(
        title=html.escape(f"{said['info']['title']} {said['info']['version']}"),
        summary=html.escape(said["info"]["description"]),
        body="\n".join(parts),
    )


_FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>body{{font:1rem/1.5 sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem}}
pre{{background:#f3f3f3;padding:.6rem;overflow-x:auto}}td{{padding-right:1rem}}</style></head>
<body><h1>{title}</h1><p>{summary} <a href="openapi.json">openapi.json</a></p>
{body}
</body></html>
"""
