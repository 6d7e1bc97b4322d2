"""`skaz export --to web`: the folder, and the page in it as a person opens it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from safetensors.numpy import load_file

import skaz
from skaz.decoding.settings import SamplingSettings
from skaz.engine.bundle import open_bundle
from skaz.engine.ensemble import together
from skaz.engine.onnx_engine import OnnxEngine
from skaz.tasks import web_page
from skaz.tasks.web_export import export_web, page_graphs
from skaz.tasks.writing import Storyteller
from tests.conftest import TINY

FILES = ["index.html", "skaz-web.json"]
PLANS = ["lantern, river", "Оля; kite -> barn", "drum, key\nmill"]


@pytest.fixture(scope="session")
def page_folder(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("web") / "page"
    export_web(bundle, out)
    return out


@pytest.fixture(scope="session")
def teller(bundle: Path) -> Storyteller:
    """Python's own, on the page's graphs."""
    opened = open_bundle(bundle)
    graphs = page_graphs(opened.recipe.model, load_file(opened.weights_path))
    return Storyteller(opened, OnnxEngine(opened.recipe.model, graphs["encoder"], graphs["step"]))


@pytest.fixture
def opened(browser: Browser) -> Callable[..., object]:
    """A page that has come to be ready, and what it asked for; it must say nothing on the console."""

    @contextmanager
    def open_page(address: str, **wishes: object) -> Iterator[tuple[Page, list[str]]]:
        page = browser.new_page(**{"locale": "en-GB", **wishes})
        asked: list[str] = []
        said: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        expect(page.locator("#write")).to_be_enabled(timeout=30_000)
        yield page, asked
        page.close()
        assert said == []

    return open_page


def address_of(folder: Path) -> str:
    return (folder / "index.html").as_uri()


def finished(page: Page) -> str:
    """The story, when it is over."""
    expect(page.locator("#stop")).to_be_disabled(timeout=30_000)
    return page.locator("#story").inner_text()


def write(page: Page, **wishes: str) -> str:
    for name, value in wishes.items():
        page.locator(f"#{name}").fill(value)
    page.get_by_role("button", name="Write").click()
    return finished(page)


# The folder


def test_the_command_makes_a_folder(command, bundle: Path, tmp_path: Path, listed) -> None:
    out = tmp_path / "page"
    done = command("export", bundle, "--to", "web", "--out", out)
    assert done.code == 0
    assert re.fullmatch(rf"{re.escape(str(out / 'index.html'))}: \d+\.\d MB\n", done.out)
    assert "needs no network and no server" in done.err
    assert listed() == ["page", *(f"page/{name}" for name in FILES)]


def test_an_earlier_page_is_replaced_when_asked(
    command, bundle: Path, page_folder: Path, tmp_path: Path, listed
) -> None:
    out = tmp_path / "page"
    shutil.copytree(page_folder, out)
    (out / "index.html").write_text("old", encoding="utf-8")
    (out / ".git").mkdir()
    (out / ".git" / "HEAD").write_text("ref", encoding="utf-8")  # the page of a site
    (out / "CNAME").write_text("tales.example", encoding="utf-8")
    before = listed()
    advice = command("export", bundle, "--to", "web", "--out", out).sentence()
    assert advice == f"{out} holds an earlier page; replace it with --overwrite, or name another folder."
    assert (out / "index.html").read_text(encoding="utf-8") == "old"
    assert command("export", bundle, "--to", "web", "--out", out, "--overwrite").code == 0
    assert (out / "index.html").read_bytes() == (page_folder / "index.html").read_bytes()  # the same, bit for bit
    assert listed() == before


def test_a_page_has_a_name(command, bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name, said in ((".", ". is no name for a page"), ("p" * 300, "too long for a page; give a shorter --out")):
        assert said in command("export", bundle, "--to", "web", "--out", name).sentence()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("overwrite", [[], ["--overwrite"]])
def test_other_folders_are_left_alone(command, bundle: Path, tmp_path: Path, listed, overwrite: list[str]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "index.html").write_text("my own page", encoding="utf-8")
    before = listed()
    told = command("export", bundle, "--to", "web", "--out", tmp_path / "mine", *overwrite).sentence()
    assert "exists and is something else" in told
    assert listed() == before


@pytest.mark.parametrize(
    ("words", "advice"),
    [
        (["--to", "web"], "--out FOLDER"),
        (["--out", "page"], "are for --to web"),
        (["--overwrite"], "are for --to web"),
    ],
)
def test_options_that_do_not_go_together(command, bundle: Path, words: list[str], advice: str) -> None:
    done = command("export", bundle, *words)
    assert (done.code, done.out) == (2, "")
    assert advice in done.err


def test_without_a_runtime_it_says_what_to_do(
    command, bundle: Path, tmp_path: Path, listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_page, "SOURCES", tmp_path / "nothing")
    told = command("export", bundle, "--to", "web", "--out", tmp_path / "page").sentence()
    assert "installed without onnxruntime-web" in told
    assert "install Node.js" in told
    assert listed() == []


def test_the_runtime_is_the_one_of_the_lock_file() -> None:
    """If not: pip install again, which takes it anew."""
    lock = (web_page.SOURCES / "package-lock.json").read_bytes()
    stamp = (web_page.SOURCES / "onnxruntime" / "built_from.sha256").read_text(encoding="ascii")
    assert stamp == hashlib.sha256(lock).hexdigest()
    version = json.loads(lock)["packages"]["node_modules/onnxruntime-web"]["version"]
    assert f"ONNX Runtime Web v{version}\n" in (web_page.SOURCES / web_page.RUNTIME).read_text(encoding="utf-8")
    assert "resolved" not in lock.decode()  # it names versions and hashes, and no registry


def test_no_bundle_no_page(command, tmp_path: Path, listed) -> None:
    told = command("export", tmp_path / "none", "--to", "web", "--out", tmp_path / "page").sentence()
    assert "There is no bundle" in told
    assert listed() == []


# The page


@pytest.mark.parametrize("served", [False, True], ids=["from the disk", "from a server"])
def test_it_writes_what_python_writes(opened, serve, page_folder: Path, teller: Storyteller, served: bool) -> None:
    with serve(page_folder) as origin:
        address = f"{origin}/index.html" if served else address_of(page_folder)
        with opened(address) as (page, asked):
            for plan in PLANS:
                found = write(page, plan=plan, temperature="0")
                assert found == teller.write(plan, sampling=SamplingSettings(temperature=0.0)).text
        assert asked == [address]  # it asks for nothing, neither elsewhere nor at home


def test_two_networks_write_together(opened, stories_file: Path, tmp_path: Path) -> None:
    settings = {**TINY, "networks": 2, "text.split": "line", "training.steps": 40}
    made = skaz.train(stories_file, tmp_path / "two", settings=settings).bundle
    export_web(made.path, tmp_path / "page")
    engines = []
    for weights in made.weights_paths:
        graphs = page_graphs(made.recipe.model, load_file(weights))
        engines.append(OnnxEngine(made.recipe.model, graphs["encoder"], graphs["step"]))
    assert 'id="part-step-2"' in (tmp_path / "page" / "index.html").read_text(encoding="utf-8")
    teller, plain = Storyteller(made, together(engines)), SamplingSettings(temperature=0.0)
    with opened(address_of(tmp_path / "page")) as (page, _):
        for plan in PLANS:
            assert write(page, plan=plan, temperature="0") == teller.write(plan, sampling=plain).text


def test_it_can_ask_for_nothing(browser: Browser, serve, page_folder: Path) -> None:
    """Not even from where it came: its policy names no place at all."""
    with serve(page_folder) as origin:
        page = browser.new_page()
        page.goto(f"{origin}/index.html")
        for address in (f"{origin}/skaz-web.json", "http://127.0.0.1:9/"):
            refused = page.evaluate(
                "(address) => fetch(address).then(() => 'given', (error) => error.message)", address
            )
            assert refused == "Failed to fetch"
        added = "(address) => new Promise((done) => { const image = new Image(); image.onerror = () => done('refused');"
        assert (
            page.evaluate(f"{added} image.onload = () => done('given'); image.src = address; }})", origin) == "refused"
        )
        page.close()
    text = (page_folder / "index.html").read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]*)"', text)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; ")
    assert "unsafe-inline" not in policy[1]
    assert "'unsafe-eval'" not in policy[1]
    assert "http" not in policy[1]


def test_fields_are_heard(opened, page_folder: Path, teller: Storyteller) -> None:
    with opened(address_of(page_folder)) as (page, _):
        boldness = page.locator("#temperature-value")
        expect(boldness).to_have_text("0.50")
        seven = write(page, opening="Ann had a bell.  ", title="The Bell", seed="7")
        assert seven == teller.write(title="The Bell", opening="Ann had a bell.", seed=7).text
        assert "seed 7" in page.locator("#status").inner_text()
        assert write(page, seed="7") == seven
        assert write(page, seed="8") != seven
        page.locator("#plan").fill("kite")
        expect(boldness).to_have_text("0.30")  # the usual one with a plan
        page.locator("#length").fill("40")
        expect(page.locator("#length-value")).to_have_text("about 40 words")
        wanted = teller.write("kite", title="The Bell", opening="Ann had a bell.", length=40, seed=8)
        assert write(page) == wanted.text


def test_a_wrong_seed_is_shown_where_it_stands(opened, page_folder: Path) -> None:
    with opened(address_of(page_folder), viewport={"width": 400, "height": 740}) as (page, _):
        manner = page.locator("#manner")
        manner.locator("summary").click()
        page.locator("#seed").fill("-3")
        manner.locator("summary").click()
        assert manner.get_attribute("open") is None
        page.locator("#write").click()
        expect(manner).to_have_attribute("open", "")
        expect(page.locator("#seed")).to_be_focused()


def test_while_it_reads_an_opening_it_can_be_stopped(opened, page_folder: Path) -> None:
    with opened(address_of(page_folder)) as (page, _):
        page.locator("#opening").fill("Ann had a bell and Bob had a kite. " * 300)
        page.locator("#write").click()
        page.keyboard.press("Escape")
        finished(page)
        assert page.locator("#status").inner_text().startswith("Stopped. ")


# What is done when the first words are seen: the test itself would come too late for a quick story.
STOP_ON_SIGHT = """(stop) => {
  const observer = new MutationObserver(() => { observer.disconnect(); window.seen = true; stop(); });
  window.seen = false;
  observer.observe(document.getElementById("story"), { subtree: true, characterData: true });
}"""
BY_ESCAPE = '() => document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "Escape", bubbles: true }))'
BY_STOP = '() => document.getElementById("stop").click()'


@pytest.mark.parametrize("stop", [BY_ESCAPE, BY_STOP])
def test_it_streams_and_stops(opened, page_folder: Path, stop: str) -> None:
    with opened(address_of(page_folder)) as (page, _):
        page.evaluate(f"() => ({STOP_ON_SIGHT})({stop})")
        page.locator("#length").fill("600")
        page.locator("#temperature").fill("1.5")
        page.locator("#title").focus()
        page.keyboard.press("Enter" if stop == BY_ESCAPE else "Control+Enter")
        page.wait_for_function("() => window.seen")
        finished(page)
        assert page.locator("#status").inner_text().startswith("Stopped. ")


def test_it_speaks_russian(opened, page_folder: Path) -> None:
    with opened(address_of(page_folder), locale="ru-RU") as (page, _):
        assert page.locator("html").get_attribute("lang") == "ru"
        page.get_by_label("План").fill("Оля")
        page.get_by_role("button", name="Писать").click()
        finished(page)
        assert "зерно" in page.locator("#status").inner_text()
        assert not re.search(
            "[A-Za-z]{3,}", page.locator("form").inner_text().replace("Ctrl+Enter", "").replace("Esc", "")
        )


def test_both_languages_say_the_same_things() -> None:
    text = (web_page.SOURCES / "labels.js").read_text(encoding="utf-8")
    english, russian = (re.findall(r"^    (\w+):", part, re.MULTILINE) for part in text.split("  ru: {"))
    assert english == russian
    template = (web_page.SOURCES / "index.html").read_text(encoding="utf-8")
    assert set(re.findall(r'data-label="(\w+)"', template)) <= set(english)


def test_every_control_has_a_name_and_the_keyboard_reaches_it(opened, page_folder: Path) -> None:
    with opened(address_of(page_folder)) as (page, _):
        page.locator("#plan").focus()
        reached = ["plan"]
        while reached[-1] != "story" and len(reached) < 20:
            page.keyboard.press("Tab")
            reached.append(page.evaluate("() => document.activeElement.id || document.activeElement.tagName"))
        assert reached == [
            *("plan", "title", "opening", "write", "SUMMARY"),
            *("temperature", "length", "seed", "story"),
        ]
        for name in ("Plan", "Title", "Opening", "Boldness", "Length", "Seed"):
            expect(page.get_by_label(name, exact=True)).to_be_visible()


def test_it_fits(opened, page_folder: Path) -> None:
    with opened(address_of(page_folder)) as (page, _):
        write(page, plan="lantern, river")
        for width in (320, 360, 768, 1280):
            page.set_viewport_size({"width": width, "height": 740})
            assert page.evaluate("() => document.documentElement.scrollWidth") <= width


def test_on_a_phone_the_story_comes_into_view(opened, page_folder: Path) -> None:
    with opened(address_of(page_folder), viewport={"width": 360, "height": 740}) as (page, _):
        write(page, plan="lantern, river")
        top = page.locator("#story-heading").bounding_box()
        assert top is not None
        assert 0 <= top["y"] < 100


@pytest.mark.parametrize(("width", "is_open"), [(360, False), (1280, True)])
def test_settings_are_open_where_there_is_room(opened, page_folder: Path, width: int, is_open: bool) -> None:
    with opened(address_of(page_folder), viewport={"width": width, "height": 740}) as (page, _):
        assert (page.locator("#manner").get_attribute("open") is not None) == is_open


def test_ink_and_paper_are_far_enough_apart() -> None:
    """WCAG AA: 4.5 for text, 3 for what shows that there is a field; in both schemes."""
    style = (web_page.SOURCES / "style.css").read_text(encoding="utf-8")
    light, dark = (
        dict(re.findall(r"--([\w-]+): (#\w{6});", block)) for block in re.findall(r":root \{([^}]*)\}", style)
    )
    assert set(light) == set(dark)
    for scheme in (light, dark):
        for ink, paper in (
            *(("ink", "paper"), ("ink", "card"), ("faint", "paper"), ("faint", "card"), ("faint", "rule")),
            *(("accent", "paper"), ("on-accent", "accent")),
        ):
            assert _contrast(scheme[ink], scheme[paper]) >= 4.5, (ink, paper)
        assert _contrast(scheme["line"], scheme["paper"]) >= 3


def _contrast(one: str, other: str) -> float:
    """(L1 + 0.05) / (L2 + 0.05) of WCAG 2.2, the lighter one above."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_a_name_is_only_a_name(opened, bundle: Path, tmp_path: Path) -> None:
    name = "a & b <i>{{script}} сказ"
    shutil.copytree(bundle, tmp_path / name)
    export_web(tmp_path / name, tmp_path / "page")
    with opened(address_of(tmp_path / "page")) as (page, _):
        assert page.title() == name
        assert page.get_by_role("heading", level=1).inner_text() == name


def test_a_damaged_page_says_so(browser: Browser, page_folder: Path, tmp_path: Path) -> None:
    text = (page_folder / "index.html").read_text(encoding="utf-8")
    start = text.index('id="part-step">') + 400
    (tmp_path / "index.html").write_text(text[:start] + "AAAA" + text[start + 4 :], encoding="utf-8")
    page = browser.new_page(locale="en-GB")
    page.goto(address_of(tmp_path))
    expect(page.locator("#status")).to_contain_text("It can't go on", timeout=30_000)
    expect(page.locator("#write")).to_be_disabled()
    page.close()
