"""The report in a real browser, from disk, with the network off: every control is worked."""

import json
import subprocess

import pytest
from drawn_report import CLASSES, SERIES, write_project
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

from benchmarks.report_page import fetch_axe, offline_browser, open_report, serious_faults, zoom
from toonseg.report.build import ReportParams, build_report

CHANGES = {
    "revision": "main",
    "commit": "0123456789",
    "scores": [{"group": "all", "name": "", "before": 40.0, "now": 47.5}],
    "panels": [{"panel": 1, "before": 0.5, "now": 0.25}, {"panel": 2, "before": 0.25, "now": 0.5}],
    "note": "",
}
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    root = tmp_path_factory.mktemp("report")
    write_project(root)
    build_report(root, root / "report", ReportParams(160, 75, 0.5, 32), lambda panels: CHANGES)
    return root / "report"


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with offline_browser(tmp_path_factory.mktemp("profile")) as driver:
        yield driver


class Page:
    """The report as a person meets it."""

    def __init__(self, driver, report):
        self.driver = driver
        self.load(report)

    def load(self, report, width=1280, dark=False):
        open_report(self.driver, report, width, dark)
        self.until(lambda: self.all("#confusion td"))

    def until(self, true):
        return WebDriverWait(self.driver, 20, poll_frequency=0.05).until(lambda _: true())

    def all(self, css):
        return self.driver.find_elements(By.CSS_SELECTOR, css)

    def one(self, css):
        return self.driver.find_element(By.CSS_SELECTOR, css)

    def texts(self, css):
        return self.js("return [...document.querySelectorAll(arguments[0])].map(one => one.textContent)", css)

    def js(self, script, *values):
        return self.driver.execute_script(script, *values)

    def keys(self, *keys):
        ActionChains(self.driver).send_keys(*keys).perform()

    def choose(self, key, value):
        """Choose an option, as the select tells it; Selenium's own way trips over hostile values."""
        self.js(
            "const one = document.querySelector(arguments[0]); one.value = arguments[1];"
            "one.dispatchEvent(new Event('change', {bubbles: true}))",
            f"#filter-{key}",
            value,
        )
        assert self.one(f"#filter-{key}").get_property("value") == value

    def count(self):
        return int(self.one("#count").text.split()[0]) if self.all(".card") else 0

    def slide(self, percent):
        """Move the slider by its keys, as a person would."""
        slider = self.one("#score")
        slider.send_keys(Keys.HOME, Keys.PAGE_UP * (percent // 10), Keys.ARROW_RIGHT * (percent % 10))
        self.until(lambda: self.one("#score-value").text.startswith(f"{percent}"))
        self.settle()

    def settle(self):
        """Wait until what was asked for is drawn."""
        self.driver.execute_async_script("requestAnimationFrame(() => requestAnimationFrame(arguments[0]))")

    def card(self, place):
        return self.driver.find_element(By.XPATH, f"//article[contains(., '{place}')]")

    def paths(self, card, kind):
        return self.js(
            "return arguments[0].querySelectorAll(`[data-kind=${arguments[1]}] path`).length", card, kind
        )


@pytest.fixture
def page(browser, report):
    for kind in ("browser", "performance"):
        browser.get_log(kind)  # what came before
    page = Page(browser, report)
    yield page
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = [
        its["params"]["request"]["url"] for its in messages if its["method"] == "Network.requestWillBeSent"
    ]
    assert asked
    assert all(address.startswith(("file:", "data:")) for address in asked)


def test_the_numbers_are_there(page):
    shown = dict(zip(page.texts("#flow span"), page.texts("#flow strong"), strict=True))

    assert shown["panels"] == "1,234"
    assert shown["panels to test on"] == "30"
    assert page.texts("#flow em") == ["7 texts dropped"]
    assert page.texts("#class-bars .bar-value") == ["40.0"] * 3
    assert page.texts("#series-bars .bar-note") == ["n 45"] * 2
    assert len(page.all("#curves polyline.curve")) == 3


def test_titles_are_nothing_but_text(page):
    assert page.driver.title == "toonseg report"
    assert set(page.texts("#classes bdi")) == set(CLASSES)
    assert set(page.texts(".card h3 > bdi")) <= set(SERIES)
    assert page.js("return document.querySelectorAll('main script, img[src=x]').length") == 0
    page.choose("series", SERIES[1])
    assert page.count() == 15


def test_the_hardest_panels_come_first_and_orders_differ(page):
    def scores():
        return [int(text.split()[1].rstrip("%").strip()) for text in page.texts(".badge")]

    assert scores() == sorted(scores())
    page.choose("order", "easy")
    assert scores() == sorted(scores(), reverse=True)
    page.choose("order", "strip")
    assert scores() != sorted(scores()) and scores() != sorted(scores(), reverse=True)


def test_every_filter_filters_and_reset_undoes_them(page):
    assert page.count() == 30
    page.choose("side", "")
    assert page.count() == 36
    page.choose("side", "unlabelled")
    assert page.count() == 2
    assert page.texts(".badge") == ["unlabelled"] * 2
    page.choose("side", "test")
    page.choose("error", "duplicate")
    assert page.count() == sum(number % 7 >= 2 for number in range(30))
    page.choose("error", "")
    page.choose("worst", "0")
    assert page.count() == sum(number % 7 == 0 for number in range(30))
    page.one("#filters button[type=reset]").click()
    page.until(lambda: page.count() == 30)


def test_a_class_leaves_only_its_masks(page):
    page.one("#classes label:nth-of-type(2)").click()
    card = page.one(".card")
    page.until(lambda: page.paths(card, "label") == 1)
    page.one("#classes label:nth-of-type(2)").click()
    card = page.one(".card")
    page.until(lambda: page.paths(card, "label") == 3)


def test_the_threshold_moves_masks_counts_and_matrix_at_once(page):
    page.choose("order", "strip")
    page.slide(20)
    page.js("arguments[0].scrollIntoView()", page.card("000300-0000"))
    page.until(lambda: page.paths(page.card("000300-0000"), "prediction") == 3)
    before = page.texts("#confusion td")
    page.slide(92)
    page.until(lambda: page.paths(page.card("000300-0000"), "prediction") == 1)
    assert page.texts("#confusion td") != before
    assert page.texts("#kind-bars .bar-value")[0] == str(sum(number % 7 >= 1 for number in range(30)))
    page.slide(100)
    assert page.texts("#kind-bars .bar-value")[0] == "0"
    assert page.texts("#kind-bars .bar-value")[-1] == "90"


def test_keys_move_the_threshold_turn_pages_and_go_to_the_filters(page):
    page.one("h1").click()
    page.keys("]")
    page.until(lambda: page.one("#score-value").text.startswith("55"))
    page.keys("[", "[")
    page.until(lambda: page.one("#score-value").text.startswith("45"))
    page.keys("n")
    assert page.one("#page").text == "Page 2 of 2"
    assert len(page.all(".card")) == 6
    page.keys("p")
    assert page.one("#page").text == "Page 1 of 2"
    page.keys("/")
    assert page.js("return document.activeElement.id") == "filter-side"


def test_pages_turn_by_their_buttons(page):
    assert not page.one("#previous-page").is_enabled()
    page.js("arguments[0].click()", page.one("#next-page"))
    assert page.one("#page").text == "Page 2 of 2"
    assert not page.one("#next-page").is_enabled()


def test_the_zoom_opens_moves_grows_hides_masks_and_closes_by_keys_alone(page):
    page.js("document.querySelectorAll('.pair')[1].focus()")
    page.keys(Keys.ENTER)
    dialog = page.one("#zoom")
    page.until(lambda: dialog.get_attribute("open"))
    first = page.one("#zoom-title").text
    page.keys(Keys.ARROW_RIGHT)
    assert page.one("#zoom-title").text != first
    page.keys(Keys.ARROW_LEFT)
    assert page.one("#zoom-title").text == first
    width = page.one("#zoom-views .view").size["width"]
    page.keys("+", "+")
    assert page.one("#zoom-size").text.startswith("156")
    assert page.one("#zoom-views .view").size["width"] == pytest.approx(1.5625 * width, rel=0.02)
    page.keys("-")
    page.keys("m")
    assert page.one("#zoom-views svg").value_of_css_property("visibility") == "hidden"
    page.keys(Keys.ESCAPE)
    page.until(lambda: not dialog.get_attribute("open"))
    assert page.js("return document.activeElement.className") == "pair"


def test_the_zoom_lists_verdicts_and_lights_up_a_mask(page):
    page.choose("order", "errors")
    page.js("document.querySelector('.pair').click()")
    page.until(lambda: page.all("#zoom-views [data-kind=prediction] path"))
    listed = " ".join(page.texts("#zoom-list li"))
    for words in ("right", "found twice", "wrong class", "badly placed", "missed"):
        assert words in listed
    ActionChains(page.driver).move_to_element(page.all("#zoom-list li button")[0]).perform()
    page.until(lambda: len(page.all("#zoom-views path.lit")) == 1)
    for control in ("#zoom-in", "#zoom-out", "#zoom-next", "#zoom-previous", "#zoom-masks"):
        page.one(control).click()
    page.one("#zoom-close").click()
    assert not page.one("#zoom").get_attribute("open")


def test_colours_can_tell_right_from_wrong(page):
    page.choose("order", "errors")
    page.choose("colouring", "verdict")
    for kind in ("right", "duplicate"):
        page.until(lambda kind=kind: page.all(f"[data-kind=prediction] path.{kind}"))
    right = page.one("[data-kind=prediction] path.right").value_of_css_property("fill")
    wrong = page.one("[data-kind=prediction] path.duplicate").value_of_css_property("fill")
    assert right != wrong


def test_leaks_and_changes_are_told_and_lead_to_their_panels(page):
    lead = page.one("#leaks-lead").text
    assert "Of 6 labelled panels that repeat another one, by labels and looks, none is scored" in lead
    assert "By looks alone, 1 test panel comes near a training panel" in lead
    assert page.texts("#twins figcaption > span") == ["0 of 256 bits apart"]
    assert "1 got worse and 1 better" in page.one("#changes-lead").text
    assert page.texts("#changes-table td") == ["40.0", "47.5", "+7.5"]
    page.js("document.querySelector('#worse button').click()")
    page.until(lambda: page.one("#zoom").get_attribute("open"))


def test_dark_and_light_follow_the_system_until_somebody_chooses(page, report):
    def ground():
        return page.js("return getComputedStyle(document.body).backgroundColor")

    light = ground()
    page.load(report, dark=True)
    dark = ground()
    assert dark != light
    page.one("#theme").click()
    assert ground() == light
    page.load(report, dark=True)
    assert ground() == light
    page.one("#theme").click()
    assert ground() == dark
    page.js("localStorage.clear()")


def test_pictures_have_words_and_load_when_they_come_into_view(page):
    assert page.js("return [...document.images].every(one => one.alt && one.loading === 'lazy')")
    alts = page.js("return [...document.querySelectorAll('.card [data-kind=label] img')].map(one => one.alt)")
    assert set(alts) == {f"Labels: {CLASSES[0]}, {CLASSES[1]}, {CLASSES[2]}"}
    page.until(lambda: page.js("return TOONSEG.shapes.size"))
    assert page.js("return TOONSEG.shapes.size") < 24


@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_sticks_out_of_the_screen(page, report, width):
    page.load(report, width=width, dark=width == 390)
    assert page.js("return document.documentElement.scrollWidth") <= width
    page.js("document.querySelector('.pair').click()")
    assert page.js("return document.querySelector('#zoom').scrollWidth") <= width


@pytest.fixture(scope="module")
def axe(request):
    """The accessibility checker axe-core, from npm; kept beside pytest's own cache."""
    try:
        return fetch_axe(request.config.cache.mkdir("axe-core"))
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("axe-core comes from npm, which is not here")


@pytest.mark.parametrize(("width", "dark"), [(1280, False), (390, True)])
@pytest.mark.parametrize("zoomed", [False, True])
def test_axe_finds_no_serious_fault(page, report, axe, width, dark, zoomed):
    page.load(report, width=width, dark=dark)
    if zoomed:
        zoom(page.driver)
    for cell in page.all("#confusion td"):
        page.js("arguments[0].style.setProperty('--share', 1)", cell)  # the strongest shade there may be
    assert serious_faults(page.driver, axe) == []
