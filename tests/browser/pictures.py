"""Pictures of all pages for the documentation: `./run pictures` writes them to docs/pages/ anew.

They show the worked examples; what is taller than a picture is cut off.
"""

from __future__ import annotations

import base64
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from playwright.sync_api import sync_playwright
from tests.browser.conftest import CHROMIUM, serving
from tests.browser.places import PLACES

from srmgraph import ServiceGraph, knowledge
from srmgraph.keys import Keys
from srmgraph.store.folder import FolderStore

if TYPE_CHECKING:
    from playwright.sync_api import Page

FOLDER = Path(__file__).parents[2] / "docs" / "pages"
AUTHORS = ("Ann", "Bob", "Cleo", "Ann", "Bob", "Cleo")
QUALITY = 70


@dataclass(frozen=True)
class Picture:
    """A page as it is shown: its place in `PLACES`, how wide, in which colours, and what is done
    first."""

    name: str
    place: str
    width: int = 1280
    height: int = 900
    scheme: Literal["light", "dark"] = "light"
    press: str = ""
    file: str = ""


PICTURES = [
    Picture("map", "map", height=1110),
    Picture("map-dark", "map", height=1110, scheme="dark"),
    Picture("map-narrow", "map", width=390, height=900),
    Picture("thing", "relationship", height=1100),
    Picture("why", "why", height=700),
    Picture("what-if", "what-if-google-fails", height=1100),
    Picture("questions", "questions"),
    Picture("question", "question-with-bars"),
    Picture("question-narrow", "question", width=390),
    Picture("validation", "validation"),
    Picture("checked", "check", file="broken.ttl"),
    Picture("compared", "check", file="training-ecosystem.ttl", press="See what it would change"),
    Picture("enter", "enter"),
    Picture("entry", "entry", press="Save", height=1200),
    Picture("delete", "delete"),
    Picture("history", "history"),
    Picture("documentation", "documentation-of-rules"),
    Picture("editor", "editor-with-question", scheme="dark"),
]


def main() -> None:
    """Write all pictures."""
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        store = Path(name) / "store"
        with ServiceGraph(FolderStore.create(store)) as graph:
            # The history tells paths as they were given.
            os.chdir(knowledge.ROOT)
            for author, file in zip(AUTHORS, knowledge.example_files(), strict=True):
                graph.load(file.relative_to(knowledge.ROOT), author=author)
        key = Keys(store).create("Ann", "admin")
        changed = Path(name) / "training-ecosystem.ttl"
        text = knowledge.example_file("training-ecosystem").read_text(encoding="utf-8")
        changed.write_text(text.replace('"Google"', '"Google LLC"'), encoding="utf-8")
        broken = Path(name) / "broken.ttl"
        broken.write_bytes((knowledge.ROOT / "data/training-ecosystem/broken.ttl").read_bytes())
        with serving("--store", str(store)) as address, sync_playwright() as started:
            browser = started.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            for picture in PICTURES:
                context = browser.new_context(
                    base_url=address,
                    color_scheme=picture.scheme,
                    viewport={"width": picture.width, "height": picture.height},
                    locale="en-GB",
                )
                page = context.new_page()
                page.goto("/sign-in")
                page.get_by_label("Key").fill(key)
                page.get_by_role("button", name="Sign in").click()
                _take(page, picture, Path(name))
                context.close()
            browser.close()


def _take(page: Page, picture: Picture, folder: Path) -> None:
    page.goto(next(place.address for place in PLACES if place.name == picture.place))
    if picture.file:
        page.get_by_label("File").set_input_files(folder / picture.file)
        page.get_by_role("button", name="Check").click()
    if picture.press:
        page.locator(".actions").get_by_text(picture.press, exact=True).click()
    if picture.name == "editor":
        page.locator(".yasqe_queryButton:visible").click()
    page.wait_for_load_state("networkidle")
    # Pictures are drawn in steps.
    page.wait_for_timeout(800)
    session = page.context.new_cdp_session(page)
    taken = session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
    (FOLDER / f"{picture.name}.webp").write_bytes(base64.b64decode(taken["data"]))


if __name__ == "__main__":
    main()
