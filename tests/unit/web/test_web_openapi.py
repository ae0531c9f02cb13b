import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from ler_trust.web.app import OPERATIONS
from ler_trust.web.openapi import openapi_document
from ler_trust.web.pages import docs_page
from tests.kit.running_service import running

DOCUMENT = openapi_document(OPERATIONS)


def described() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in DOCUMENT["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


async def test_every_route_is_described_and_nothing_else_is(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        app = service.client.app
        assert app is not None
        served = {
            (route.method, re.sub(r":[^}]+}", "}", route.resource.canonical))
            for route in app.router.routes()
            if route.method not in ("HEAD", "*") and route.resource is not None
        }
        published = await (await service.client.get("/openapi.json")).json()
    assert served == {(method, path) for method, path, _ in described()}
    assert published == DOCUMENT


def test_operations_are_told_apart_and_say_what_they_do() -> None:
    names = [operation["operationId"] for _, _, operation in described()]
    assert len(set(names)) == len(names)
    assert all(operation["summary"].endswith(".") for _, _, operation in described())


def test_every_reference_leads_somewhere() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    references = set(re.findall(r"'\$ref': '#/components/schemas/([^']+)'", str(DOCUMENT)))
    assert references
    assert references <= schemas.keys()
    assert all(schema.get("description") for schema in schemas.values())


def test_guarded_operations_name_their_scheme_and_errors() -> None:
    for operation in OPERATIONS:
        told = DOCUMENT["paths"][operation.template][operation.method.lower()]
        assert bool(told["security"]) == (operation.role is not None)
        wanted = {"500", "503"} | ({"401", "403", "429"} if operation.role else set())
        if operation.body is not None:
            wanted |= {"400", "413", "415"}
        assert wanted <= told["responses"].keys(), operation.name
        problem = told["responses"]["500"]["content"]["application/problem+json"]["schema"]
        assert problem["$ref"].endswith("ProblemDocument")


def test_path_parameters_are_all_described() -> None:
    for _, path, operation in described():
        named = {each["name"] for each in operation.get("parameters", []) if each["in"] == "path"}
        assert named == set(re.findall(r"{(\w+)}", path))


class Page(HTMLParser):
    """Collects a page's headings, ids, links and everything that would be loaded from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.levels: list[int] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.loaded: list[str] = []
        self.attributes: dict[str, dict[str, str | None]] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        members = dict(attrs)
        self.attributes[tag] = members
        if re.fullmatch("h[1-6]", tag):
            self.levels.append(int(tag[1]))
        if members.get("id"):
            self.ids.append(str(members["id"]))
        if tag == "a":
            self.links.append(str(members["href"]))
        elif "src" in members or "href" in members:
            self.loaded.append(str(members.get("src") or members.get("href")))


async def test_the_front_leads_to_the_page(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        response = await service.client.get("/", allow_redirects=False)
        assert (response.status, response.headers["Location"]) == (302, "/docs")


async def test_what_is_quoted_is_code_and_nothing_else_is_markup(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        text = await (await service.client.get("/docs")).text()
    assert "`" not in text
    assert "<code>indeterminate</code> (the evidence could not be had)" in text
    document = openapi_document(())
    document["info"]["description"] = "<b> `<i>`"
    assert "<p>&lt;b&gt; <code>&lt;i&gt;</code></p>" in str(docs_page(document).text)


async def test_the_page_is_whole_and_can_be_read_by_everybody(tmp_path: Path) -> None:
    async with running(tmp_path) as service:
        text = await (await service.client.get("/docs")).text()
        page = Page(text)
        assert page.loaded == ["/static/page.css"]
        assert (await service.client.get("/static/page.css")).content_type == "text/css"
    assert page.attributes["html"]["lang"] == "en"
    assert "width=device-width" in str(page.attributes["meta"]["content"])
    assert page.levels[0] == 1
    assert page.levels.count(1) == 1
    assert all(after <= before + 1 for before, after in zip(page.levels, page.levels[1:], strict=False))
    assert len(set(page.ids)) == len(page.ids)
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    plain = re.sub(r"<code>([^<]+)</code>", r"`\1`", text)
    for method, path, operation in described():
        assert f'<h3 id="{operation["operationId"]}"><code>{method} {path}</code></h3>' in text
        assert f'<a href="#{operation["operationId"]}"><code>{method} {path}</code></a>' in text
        assert operation["summary"].replace("'", "&#39;") in plain
