"""Pages for people: the HTTP interface, and what the codes mean. No script, nothing from elsewhere."""

from importlib.resources import files
from typing import Any, Final

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, Undefined, select_autoescape

_ENVIRONMENT: Final = Environment(
    loader=PackageLoader("ler_trust.web"), autoescape=select_autoescape(), undefined=StrictUndefined
)
# The page of the interface asks an OpenAPI document for members that are there or not.
_LENIENT: Final = _ENVIRONMENT.overlay(undefined=Undefined)
_KEPT: Final = {"Cache-Control": "public, max-age=300"}
STYLE: Final = files("ler_trust.web").joinpath("static/page.css").read_text("utf-8")


def page(template: str, **values: Any) -> web.Response:
    """Return the page that ``template`` makes of ``values``."""
    return _html(_ENVIRONMENT.get_template(template).render(values))


def docs_page(document: dict[str, Any]) -> web.Response:
    """Return the readable form of an OpenAPI document."""
    operations = [
        (method.upper(), path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    tags = list(dict.fromkeys(operation["tags"][0] for _, _, operation in operations))
    template = _LENIENT.get_template("docs.html")
    return _html(template.render(document=document, operations=operations, tags=tags))


def style_sheet() -> web.Response:
    """Return the style sheet of every page."""
    return web.Response(text=STYLE, content_type="text/css", headers=_KEPT)


def _html(text: str) -> web.Response:
    return web.Response(text=text, content_type="text/html", headers=_KEPT)
