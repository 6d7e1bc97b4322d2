"""The experiment `forgetting` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Mark, Panel, Series, positive
from skaz.lab.texts import Text, counted, joined, listed, same, told

if TYPE_CHECKING:
    from skaz.lab.forgetting import ForgettingData, Teaching
    from skaz.recipe import Cell

TITLE = Text("Forgetting", "Забывание")
QUESTION = Text(
    "How far back does a recurrent network remember, and how far back does it learn?",
    "Как далеко помнит рекуррентная сеть и с какого расстояния она способна научиться?",
)
METHOD = Text(
    "A sequence is a symbol, then noise, then a question, k steps after the symbol; the network must name the symbol. "
    "Each cell is taught twice: at each distance anew, and one network from near to far; either way the updates at a "
    "distance are limited, and what is not learnt in them is not recalled. Below: how long the gradient of the loss "
    "still is so many steps back, as a part of its length at the question.",
    "Последовательность — это символ, за ним шум и через k шагов вопрос; сеть должна назвать символ. Каждую ячейку "
    "учат дважды: на каждом расстоянии заново и одну сеть от ближнего к дальнему; число обновлений на расстояние в "
    "обоих случаях ограничено, и чего сеть за них не выучила, того она не помнит. Ниже показано, какой длины остаётся "
    "градиент функции потерь за столько шагов до вопроса по сравнению с его длиной у самого вопроса.",
)
NAMES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM", "mingru": "minGRU", "minlstm": "minLSTM"}
RECALLED = 0.95  # of new sequences: it remembers
LOST = 1e-6  # of the gradient: from so little a network learns slowly, if at all
FLOOR = 1e-12  # where the picture ends
_STYLE = {name: number for number, name in enumerate(NAMES)}


def recalled(data: ForgettingData, cell: Cell, teaching: Teaching) -> tuple[int, ...]:
    """The distances at which the cell recalls, the nearest first; there may be others between them."""
    return tuple(each for each in data.distances if (data.share(cell, teaching, each) or 0.0) >= RECALLED)


def reach(data: ForgettingData, cell: Cell, teaching: Teaching) -> int:
    """The farthest distance at which the cell recalls; 0: at none."""
    return max(recalled(data, cell, teaching), default=0)


def gradient_reach(data: ForgettingData, cell: Cell, *, trained: bool) -> int | None:
    """Steps back to where the gradient is first shorter than LOST; None: it never is."""
    return next((steps for steps, norm in enumerate(_norms(data, cell, trained=trained)) if norm < LOST), None)


def _norms(data: ForgettingData, cell: Cell, *, trained: bool) -> tuple[float, ...]:
    (norms,) = (each.norms for each in data.gradients if each.cell == cell and each.trained == trained)
    return norms


def finding(data: ForgettingData) -> Text:
    """What this run showed."""
    return joined([_anew(data), _growing(data), _gradients(data)])


def _anew(data: ForgettingData) -> Text:
    return told(
        "Taught at each distance anew, in at most {updates}, the networks recall: {cells} (at least {bar:.0%} of the "
        "symbols are named there; guessing gets {chance:.1%}).",
        "Если учить на каждом расстоянии заново, не больше чем за {updates}, сети помнят так: {cells} (там верно "
        "названо не меньше {bar:.0%} символов; наугад вышло бы {chance:.1%}).",
        updates=counted(data.updates, ("update", "updates"), ("обновление", "обновления", "обновлений")),
        cells=_listing([_recalls(data, cell, "anew") for cell in data.cells]),
        bar=RECALLED,
        chance=data.chance,
    )


def _recalls(data: ForgettingData, cell: Cell, teaching: Teaching) -> Text:
    """At which distances: up to one, or at some that have others before them where it doesn't."""
    there = recalled(data, cell, teaching)
    if not there:
        return told("{cell} at no distance", "{cell} — ни на каком", cell=NAMES[cell])
    missed = [each for each in data.distances if each < there[-1] and each not in there]
    farthest = counted(there[-1], ("step", "steps"), ("шаг", "шага", "шагов"))
    if not missed:
        return told("{cell} up to {steps}", "{cell} — на {steps}", cell=NAMES[cell], steps=farthest)
    return told(
        "{cell} at {steps}, but not at {missed}",
        "{cell} — на {steps}, но не на {missed}",
        cell=NAMES[cell],
        steps=listed([*map(_number, there[:-1]), farthest]),
        missed=listed([*map(_number, missed)]),
    )


def _number(value: int) -> Text:
    return told("{value}", "{value}", value=value)


def _growing(data: ForgettingData) -> Text:
    gained = [cell for cell in data.cells if reach(data, cell, "growing") > reach(data, cell, "anew")]
    if not gained:
        return Text(
            "Taught from near to far, no cell reached farther than that.",
            "При обучении от ближнего к дальнему ни одна ячейка не достала дальше.",
        )
    farther = told(
        "Taught from near to far, in no more at each distance, cells of the same size reach farther: {parts}; so it "
        "was not room that they lacked.",
        "При обучении от ближнего к дальнему, с тем же пределом на каждое расстояние, ячейки того же размера достают "
        "дальше: {parts}; значит, не хватало им не места.",
        parts=_listing([_recalls(data, cell, "growing") for cell in gained]),
    )
    others = [same(NAMES[cell]) for cell in data.cells if cell not in gained]
    if not others:
        return farther
    return joined([farther, told("No farther: {names}.", "Не дальше прежнего: {names}.", names=listed(others))])


def _listing(parts: list[Text]) -> Text:
    return Text("; ".join(part.en for part in parts), "; ".join(part.ru for part in parts))


def _gradients(data: ForgettingData) -> Text:
    parts = []
    for cell in data.cells:
        before, after = (_steps(data, cell, trained=trained) for trained in (False, True))
        parts.append(
            told(
                "{cell}: {before} before training, {after} after it",
                "{cell}: {before} до обучения, {after} после",
                cell=NAMES[cell],
                before=before,
                after=after,
            )
        )
    return told(
        "Steps back until less than a millionth of the gradient is left: {parts}.",
        "Через сколько шагов назад от градиента остаётся меньше миллионной доли: {parts}.",
        parts=_listing(parts),
    )


def _steps(data: ForgettingData, cell: Cell, *, trained: bool) -> Text:
    steps = gradient_reach(data, cell, trained=trained)
    if steps is None:  # not even at the farthest state that was looked at, which the symbol itself made
        return told("more than {n}", "больше {n}", n=len(_norms(data, cell, trained=trained)) - 1)
    return told("{n}", "{n}", n=steps)


def panels(data: ForgettingData) -> tuple[Panel, ...]:
    """The picture: recall taught either way, the gradient before and after training."""
    return (
        _recall_panel(data, "anew", Text("Taught at each distance anew", "Обучение на каждом расстоянии заново")),
        _recall_panel(data, "growing", Text("Taught from near to far", "Обучение от ближнего к дальнему")),
        _gradient_panel(data, Text("The gradient before training", "Градиент до обучения"), trained=False),
        _gradient_panel(data, Text("The gradient after it", "Градиент после обучения"), trained=True),
    )


def _recall_panel(data: ForgettingData, teaching: Teaching, title: Text) -> Lines:
    series = []
    for cell in data.cells:
        shares = tuple(data.share(cell, teaching, distance) for distance in data.distances)
        series.append(Series(same(NAMES[cell]), data.distances, shares, _STYLE[cell]))
    return Lines(
        title,
        Text("steps from symbol to question", "шагов от символа до вопроса"),
        Text("symbols named", "верно названо"),
        tuple(series),
        x_scale="log",
        y_range=(0.0, 1.05),
        per_cent=True,
        marks=(Mark("y", data.chance, Text("guessing", "наугад"), at="beginning"),),
    )


def _gradient_panel(data: ForgettingData, title: Text, *, trained: bool) -> Lines:
    series = tuple(
        Series(
            same(NAMES[each.cell]),
            tuple(range(len(each.norms))),
            positive(each.norms, FLOOR),
            _STYLE[each.cell],
            marked=False,
        )
        for each in data.gradients
        if each.trained == trained
    )
    return Lines(
        title,
        Text("steps back from the question", "шагов назад от вопроса"),
        Text("part of the gradient", "доля градиента"),
        series,
        y_scale="log",
        y_range=(FLOOR, None),
        marks=(Mark("y", LOST, Text("a millionth", "миллионная доля")),),
    )
