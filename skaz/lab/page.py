"""One HTML page of experiments that a teacher can hand out: whole in itself, for the screen and for A4 paper."""

from __future__ import annotations

import html
import json
import shlex
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from skaz.files import new_folder
from skaz.lab.drawing import svg
from skaz.lab.experiments import Experiment, Report
from skaz.lab.settings import written
from skaz.lab.texts import Language, Text, told

PAGE, DATA = "index.html", "skaz-lab.json"  # a folder with the second is ours to replace
TITLE = Text("What networks can and cannot do: experiments", "Что сети могут и чего не могут: опыты")
LEAD = Text(
    "Claims of a course on neural networks, each measured anew when this page was made. The sentences tell what "
    "this run showed, with its numbers; below each stands the command that repeats it to the last digit on the same "
    "machine.",
    "Утверждения из курса о нейронных сетях: каждое измерено заново, когда делалась эта страница. Фразы "
    "говорят, что показал именно этот прогон, с его числами; под каждым опытом стоит команда, которая на той же "
    "машине повторит его до последнего знака.",
)
SEEN = Text("What came out", "Что вышло")
DONE = Text("What was done", "Что сделано")
AGAIN = Text("Again", "Повторить")
CONTENTS = Text("Experiments", "Опыты")
MADE = told("Made with {name}", "Сделано в {name}", name="skaz")

STYLE = """
:root { color-scheme: light; }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1.2rem 3rem; background: #fff; color: #1c1c1c;
  font: 1rem/1.5 "Source Serif 4", Georgia, "Noto Serif", "DejaVu Serif", serif; hyphens: auto; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .7rem; }
h2 { font-size: 1.25rem; margin: 0; }
h2 span { color: #666; font-weight: normal; margin-right: .4em; }
.question { font-style: italic; margin: .15rem 0 .8rem; }
section { margin-top: 2.6rem; border-top: 1px solid #bbb; padding-top: 1.1rem; }
figure { margin: .8rem 0; }
figure svg { display: block; width: 100%; height: auto; }
p { margin: .5rem 0; }
.finding { border-left: 3px solid #12355b; padding-left: .8rem; }
.label { font: 600 .78rem/1.4 "DejaVu Sans", Helvetica, Arial, sans-serif; color: #444; display: block; }
code { font-size: .82rem; overflow-wrap: anywhere; }
.again { color: #555; font-size: .88rem; }
nav ol { columns: 2; padding-left: 1.4rem; margin: .6rem 0 0; }
a { color: #12355b; }
@media screen and (max-width: 36rem) {
  nav ol { columns: 1; }
  figure { overflow-x: auto; }
  figure svg { min-width: 34rem; }
}
@page { size: A4; margin: 11mm 15mm; }
@media print {
  body { max-width: none; padding: 0; font-size: 9.5pt; line-height: 1.33; }
  section { break-inside: avoid; margin-top: .9rem; padding-top: .6rem; }
  figure { margin: .3rem 0; }
  p { margin: .3rem 0; }
  .question { margin-bottom: .4rem; }
  a { color: inherit; text-decoration: none; }
}
"""


def write_page(out: Path, reports: Sequence[Report], language: Language) -> Path:
    """Writes the page of these reports, each of them done, and their data beside it into the folder `out`, whole or not
    at all; returns the page's path. An earlier one is replaced, and no other folder (ResourceError)."""
    text = page(reports, language)
    data = json.dumps([report.as_object() for report in reports], ensure_ascii=False)
    with new_folder(out, known_by=DATA) as folder:
        (folder / PAGE).write_text(text, encoding="utf-8", newline="\n")
        (folder / DATA).write_text(data + "\n", encoding="utf-8", newline="\n")
    return out / PAGE


def page(reports: Sequence[Report], language: Language) -> str:
    """The HTML."""
    title = html.escape(TITLE.of(language))
    numbered = [(number, report, Experiment(report.experiment)) for number, report in enumerate(reports, 1)]
    links = "\n".join(
        f'<li><a href="#{report.experiment}">{html.escape(each.title.of(language))}</a></li>'
        for _, report, each in numbered
    )
    sections = "\n".join(_section(*each, language) for each in numbered)
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<header>
<h1>{title}</h1>
<p>{html.escape(LEAD.of(language))} {MADE.of(language)} {version("skaz")}.</p>
<nav aria-label="{CONTENTS.of(language)}"><ol>
{links}
</ol></nav>
</header>
{sections}
</body>
</html>
"""


def _section(number: int, report: Report, experiment: Experiment, language: Language) -> str:
    assert report.finding is not None
    title, question, method, finding = (
        html.escape(text.of(language))
        for text in (experiment.title, experiment.question, experiment.method, report.finding)
    )
    picture = svg(report.panels, language, name=report.experiment)
    return f"""<section id="{report.experiment}">
<h2><span>{number}</span>{title}</h2>
<p class="question">{question}</p>
<p><span class="label">{DONE.of(language)}</span>{method}</p>
<figure role="img" aria-label="{title}. {finding}">{picture}</figure>
<p class="finding"><span class="label">{SEEN.of(language)}</span>{finding}</p>
<p class="again">{AGAIN.of(language)}: <code>{html.escape(command_of(report, language))}</code></p>
</section>"""


def command_of(report: Report, language: Language) -> str:
    """The command that repeats the report."""
    words = ["skaz lab", report.experiment]
    defaults = {each.name: _plain(each.default) for each in Experiment(report.experiment).parameters}
    words += [
        f"--set {name}={shlex.quote(written(value))}"
        for name, value in report.settings.items()
        if _plain(value) != defaults[name]
    ]
    if language != "en":
        words.append(f"--lang {language}")
    return " ".join(words)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value
