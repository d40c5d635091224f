"""The field page as an app: what a phone asks of one that is installed, what thumb and sun ask of it."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.conftest import PHONE, SMALL, ask_api
from tests.browser.test_field_offline import INSTALLED, open_field

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

MOST_SHELL_KB = 1_600  # of it 1,050 the map's library; fetched once a release
MOST_OWN_KB = 260
TABS = ("today", "buildings", "issues", "me")
MAIN_CONTRAST = 7.0
# Contrast of the text of an element on the first opaque ground below it, as WCAG counts it.
CONTRASTS = """() => {
  const linear = (c) => c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const part = (value) => linear(value / 255);
  const rgb = (text) => text.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  const ground = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = rgb(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const element of document.querySelectorAll(".field-page *, .sync *, #ask *")) {
    const isText = (node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim();
    if (![...element.childNodes].some(isText) || !element.checkVisibility()) continue;
    if (element.closest(".ol-viewport, .unseen, :disabled")) continue;
    const both = [light(rgb(getComputedStyle(element).color)), light(ground(element))];
    const [one, other] = both.sort((a, b) => b - a);
    found.push([(one + 0.05) / (other + 0.05), element.textContent.trim().slice(0, 40)]);
  }
  return found;
}"""
TARGETS = "button, a, select, summary, input, textarea, label.button"
SMALL_TARGETS = """(targets) => [...document.querySelectorAll(targets)]
  .filter((one) => one.checkVisibility() && !one.closest(".unseen, .ol-viewport, .skip, .radio, p, dd"))
  .map((one) => [one.getBoundingClientRect(), one.outerHTML.slice(0, 120)])
  .filter(([box]) => box.width && Math.min(box.width, box.height) < 44)
  .map(([, said]) => said)"""


def check(page: Page) -> None:
    """Whether what is shown stands the checks: axe, contrast, targets, no way sideways."""
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
    pale = [one for one in page.evaluate(CONTRASTS) if one[0] < MAIN_CONTRAST]
    assert pale == []
    assert page.evaluate(SMALL_TARGETS, TARGETS) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_manifest_describes_an_app_with_its_icons(sign_in: Callable[..., Page], language: str):
    page = sign_in("field", language=language, viewport=PHONE)
    page.goto("/field")
    address = page.locator("link[rel=manifest]").get_attribute("href")
    answer = page.request.get(address)
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert (manifest["display"], manifest["start_url"], manifest["scope"]) == ("standalone", "/field", "/")
    assert manifest["lang"].startswith(language)
    assert len(manifest["short_name"]) <= 12
    sizes = {}
    for icon in manifest["icons"]:
        content = page.request.get(icon["src"]).body()
        assert content[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = struct.unpack(">II", content[16:24])
        assert icon["sizes"] == f"{width}x{height}"
        sizes.setdefault(icon["purpose"], []).append(width)
    assert sizes == {"any": [192, 512], "maskable": [512]}


def test_worker_controls_the_page_and_keeps_its_files(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    open_field(page)
    worker = page.request.get("/field-worker.js")
    assert worker.headers["cache-control"] == "no-cache"
    assert worker.headers["content-security-policy"] == "default-src 'self'"
    version = page.request.get("/field").headers["x-shell-version"]
    assert f'"version": "{version}"' in worker.text()
    kept = page.evaluate(
        "async (name) => (await (await caches.open(name)).keys()).map((one) => new URL(one.url).pathname)",
        f"gridmap-field-{version}",
    )
    assert "/field" in kept
    asked = page.evaluate("performance.getEntriesByType('resource').map((one) => new URL(one.name).pathname)")
    static = {address for address in asked if address.startswith("/static/")}
    assert static
    assert static <= set(kept)


def test_shell_is_light(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    open_field(page)
    sizes = page.evaluate("""async () => {
      const names = await caches.keys();
      const cache = await caches.open(names.find((one) => !one.endsWith("tiles")));
      const sizes = {};
      for (const request of await cache.keys()) {
        sizes[new URL(request.url).pathname] = (await (await cache.match(request)).arrayBuffer()).byteLength;
      }
      return sizes;
    }""")
    own = sum(size for address, size in sizes.items() if "/vendor/" not in address)
    assert own <= MOST_OWN_KB * 1000, own
    assert sum(sizes.values()) <= MOST_SHELL_KB * 1000


def test_camera_is_for_this_page_alone(sign_in: Callable[..., Page]):
    page = sign_in("field", viewport=PHONE)
    field = page.request.get("/field").headers["permissions-policy"]
    assert "camera=(self)" in field
    assert "camera=()" in page.request.get("/sign-in").headers["permissions-policy"]


@pytest.mark.parametrize(
    ("viewport", "language"), [(PHONE, "zh"), (SMALL, "en")], ids=["phone-zh", "small-en"]
)
def test_every_tab_and_card_stands_the_checks(
    sign_in: Callable[..., Page], language: str, viewport: dict[str, int]
):
    page = sign_in("field", language=language, viewport=viewport, refused="net::ERR")
    open_field(page)
    needs = ask_api(page, "/field/needs")
    for tab in TABS:
        page.click(f"#tab-{tab}")
        expect(page.locator(f"#panel-{tab}")).to_be_visible()
        check(page)
    for address, waited in (
        (f"building={needs['buildings'][0]['id']}", ".stack"),
        (f"issue={needs['issues'][0]['id']}", "[data-action]"),
        (f"report={needs['buildings'][0]['id']}", "textarea"),
    ):
        page.goto(f"/field?{address}")
        page.locator(f"#card {waited}").first.wait_for()
        check(page)
    page.context.set_offline(True)
    page.goto("/field?issue=" + str(needs["issues"][0]["id"]))
    page.locator("[data-action=escalate]").click()
    page.fill("textarea", "13800138000")
    check(page)
    page.locator("form.step-form button.main").click()
    page.click("#sync")
    expect(page.locator("#open-entries li")).to_have_count(1)
    check(page)
    page.locator("#sign-out button").click()
    expect(page.locator("#ask")).to_be_visible()
    check(page)


def test_a_new_release_replaces_the_old_one(sign_in: Callable[..., Page]):
    """Files of another version are taken away as soon as the worker of this one is at work."""
    page = sign_in("field", viewport=PHONE)
    page.goto("/sign-in")
    page.evaluate(
        "async (name) => (await caches.open(name)).put('/static/js/field.js', new Response('old'))",
        "gridmap-field-0123456789abcdef",
    )
    page.goto("/field")
    page.evaluate(INSTALLED)
    assert page.evaluate("caches.has('gridmap-field-0123456789abcdef')") is False
    expect(page.locator("#today")).to_be_visible()
