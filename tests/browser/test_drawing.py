"""Drawn views as a browser shows them: what is written in a box lies in it, whatever it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

import pytest

from srmgraph.adapters.archimate import drawing, package

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = {
    "capitals": "MANAGEMENT OF WORLDWIDE COMMUNICATION SERVICES WITHOUT WARRANTY",
    "widest": "W" * 300,
    "one word": "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft",
    "narrow": "illicit filling little lift " * 9,
    "numbers": "0123456789" * 20,
    "Chinese": "服务提供商与客户之间的服务关系管理" * 6,
    "Japanese": "サービス・プロバイダーとコンシューマーの関係ｶﾝｹｲ" * 4,
    "Korean": "서비스 제공자와 소비자 사이의 관계 관리 " * 4,
    "Arabic": "مزوّد خدمة الاتصالات السلكية واللاسلكية والمؤسسات " * 3,
    "widest Arabic": "ض ص س ش " * 20,
    "Hebrew": "ספק שירותי תקשורת וניהול קשרי לקוחות " * 3,
    "Cyrillic": "ЩЮЖ обслуживание щёточных широкополосных сообщений " * 3,
    "Hindi": "सेवा प्रदाता और उपभोक्ता के बीच संबंध " * 3,
    "Thai": "ความสัมพันธ์ระหว่างผู้ให้บริการและผู้บริโภค" * 3,
    "marks": "e\u0301o\u0308W\u0323\u0302" * 60,
    "directions": "abc \u202e gnp.exe \u2066 مزوّد " * 6,
    "families": "👩‍👩‍👧‍👦🏳️‍🌈" * 30,
    "signs": "%@&—+=<>…" * 20,
    "lines": "two\nlines\tand a tab",
    "short": "Ann",
}
SIZES = [(120, 55), (120, 70), (60, 40), (200, 30), (30, 30), (400, 300), (12, 12), (1, 1)]
HOW_FAR_OUT = """boxes => boxes.map(box => {
    const edge = box.querySelector('rect').getBBox()
    return [...box.querySelectorAll('text')].map(text => {
        const at = text.getBBox()
        return {
            text: text.textContent,
            out: Math.max(edge.x - at.x, edge.y - at.y, at.x + at.width - edge.x - edge.width,
                at.y + at.height - edge.y - edge.height),
            wide: text.getComputedTextLength() - edge.width,
        }
    })
})"""


def picture(name: str) -> str:
    """Return a view that has the name in boxes of all sizes, in a lane that has it, too."""
    boxes, y = "", 100
    for number, (w, h) in enumerate(SIZES):
        boxes += (
            f'<node identifier="n{number}" xsi:type="Element" elementRef="e" '
            f'x="20" y="{y}" w="{w}" h="{h}"/>'
        )
        y += h + 10
    lane = (
        '<node identifier="lane" xsi:type="Element" elementRef="e" '
        f'x="0" y="0" w="440" h="{y}">{boxes}</node>'
    )
    content = f"""<model xmlns="http://www.opengroup.org/xsd/archimate/3.0/"
      xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" identifier="m"><name>m</name>
      <elements><element identifier="e" xsi:type="BusinessCollaboration"><name>{escape(name)}</name>
      <properties><property propertyDefinitionRef="p"><value>{escape(name)}</value></property>
      </properties></element></elements><propertyDefinitions>
      <propertyDefinition identifier="p" type="string"><name>Specialization</name>
      </propertyDefinition></propertyDefinitions><views><diagrams>
      <view identifier="v" xsi:type="Diagram"><name>v</name>{lane}</view>
      </diagrams></views></model>"""
    ((_, drawn),) = drawing.pictures(package.open_package(content.encode()).model)
    return drawn


@pytest.mark.parametrize("name", NAMES.values(), ids=list(NAMES))
def test_what_is_written_in_a_box_lies_in_it(browser: Browser, name: str) -> None:
    page = browser.new_page()
    page.set_content(picture(name))
    boxes: list[list[dict[str, Any]]] = page.locator("g").evaluate_all(HOW_FAR_OUT)
    assert len(boxes) == 1 + len(SIZES)
    assert not [said for box in boxes for said in box if said["out"] > 0 or said["wide"] > 0]
    lane, usual, *_ = boxes
    assert lane
    assert usual, "a box of the usual size has a name"
    titles = page.locator("g > title").all_text_contents()
    assert all(" ".join(title.split()).startswith(" ".join(name.split())) for title in titles)
    page.close()


def test_a_name_of_another_width_would_be_seen_outside(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content(picture("Ann").replace(">Ann</text>", f">{'W' * 90}</text>"))
    boxes: list[list[dict[str, Any]]] = page.locator("g").evaluate_all(HOW_FAR_OUT)
    assert [said for box in boxes for said in box if said["out"] > 0 and said["wide"] > 0]
    page.close()
