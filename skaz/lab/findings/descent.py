"""The experiment `descent` in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Literal, get_args

import numpy as np

from skaz.lab.panels import QUIET_STYLE, Lines, Mark, Panel, Series
from skaz.lab.texts import Text, counted, joined, listed, times, told

if TYPE_CHECKING:
    from skaz.lab.descent import Descent, DescentData

TITLE = Text("Gradient descent", "Градиентный спуск")
QUESTION = Text(
    "How large may a step down the gradient be?",
    "Каким может быть шаг по градиенту?",
)
METHOD = Text(
    "One unit with a squared loss descends from the same place at several learning rates, each step over all "
    "examples. Of such a loss the steepest curvature λ can be computed, and with it the edge 2/λ: below it steps must "
    "lead down, above it up.",
    "Один нейрон с квадратичной функцией потерь спускается из одной и той же точки с разной скоростью обучения; "
    "каждый шаг — по всем примерам. Для такой функции можно вычислить наибольшую кривизну λ, а с нею границу 2/λ: "
    "ниже неё шаги ведут вниз, выше — вверх.",
)
ARRIVED = 0.01  # of the way from the first loss to the least is left: it has arrived
BESIDE = 1.25  # times the outermost ellipse: what the picture of the valley shows
Verdict = Literal["arrived", "too small", "no rate", "too large", "diverged", "climbing"]


def left(descent: Descent, data: DescentData) -> float:
    """The part of the way from the first loss down to the least that is left at the end; above 1: it climbed."""
    first, last = descent.losses[0], descent.losses[-1]
    if first is None or last is None:
        return math.inf
    return (last - data.least) / (first - data.least)


def arrival(descent: Descent, data: DescentData) -> int | None:
    """The pass from which on no more than ARRIVED of the way is left."""
    above = ARRIVED * ((descent.losses[0] or 0.0) - data.least) + data.least
    for number, loss in enumerate(descent.losses):
        if loss is not None and loss <= above:
            return number
    return None


def turn(descent: Descent) -> int | None:
    """The pass from which on the loss grows to the end; None: it still falls. What is steep climbs slowly just above
    the edge, and the rest of the way falls meanwhile."""
    losses = [math.inf if loss is None else loss for loss in descent.losses]
    lowest = losses.index(min(losses))
    return lowest + 1 if lowest + 1 < len(losses) else None


def verdict(descent: Descent, data: DescentData) -> Verdict:
    """What became of it; "climbing": its rate is above the edge, but the loss has not come up to the first one yet;
    "too large": below the edge, but by so little that most of what is left of the way is across the valley; "no rate":
    a larger one would not arrive either, for the valley is stretched too far for so few passes."""
    if left(descent, data) > 1:
        return "diverged"
    if descent.learning_rate > data.edge:
        return "climbing"
    if left(descent, data) <= ARRIVED:
        return "arrived"
    overshoots = descent.learning_rate > data.edge / 2  # Newton's step across the valley is 1/λ
    if overshoots and _share_across(descent, data) > 0.5:
        return "too large"
    return "too small" if _some_rate_arrives(data) else "no rate"


def _some_rate_arrives(data: DescentData) -> bool:
    arrived = any(left(each, data) <= ARRIVED for each in data.descents)
    return arrived or data.best_left <= ARRIVED


def _share_across(descent: Descent, data: DescentData) -> float:
    """The steepest direction's part of the loss that is left: λ₁c₁² of λ₁c₁² + λ₂c₂²."""
    last = np.array([descent.first_weights[-1] or 0.0, descent.second_weights[-1] or 0.0])
    curvatures, directions = np.linalg.eigh(np.array(data.curvature))
    parts = curvatures * (directions.T @ (last - data.bottom)) ** 2
    return float(parts[-1] / parts.sum())


def finding(data: DescentData) -> Text:
    """What this run showed."""
    kinds: dict[Verdict, list[Descent]] = {kind: [] for kind in get_args(Verdict)}
    for descent in data.descents:
        kinds[verdict(descent, data)].append(descent)
    sentences = [_edge(data)]
    passes = counted(data.passes, ("pass", "passes"), ("прохода", "проходов", "проходов"))
    for kind, (en, ru, tell) in _SENTENCES.items():
        if kinds[kind]:
            sentences.append(told(en, ru, passes=passes, parts=listed([tell(each, data) for each in kinds[kind]])))
        if kind == "no rate" and kinds[kind]:
            sentences.append(_stretched(data))
    if kinds["diverged"] or not kinds["climbing"]:
        sentences.append(_diverging(kinds["diverged"]))
    return joined(sentences)


def _stretched(data: DescentData) -> Text:
    """Why no rate is enough, and what would help."""
    flat, steep = np.linalg.eigvalsh(np.array(data.curvature)).tolist()
    why = told(
        "Even the best, {rate:.3g}, would leave {rest}: the loss is curved {times} as much across the valley "
        "as along its floor, and what is just small enough across creeps along.",
        "Даже при лучшей, {rate:.3g}, осталось бы {rest}: поперёк оврага кривизна больше, чем вдоль дна, в "
        "{times}, и скорость, с которой ещё можно шагать поперёк, вдоль дна мала.",
        rate=data.best_rate,
        rest=_per_cent(data.best_left),
        times=times(steep / max(flat, 1e-12)),
    )
    if data.equal_left > ARRIVED:
        return joined([why, Text("More passes would help.", "Помогли бы ещё проходы.")])
    help_ = Text(
        "More passes would help, or standardised features: were these of equal spread, so many passes would do.",
        "Помогли бы ещё проходы или стандартизация признаков: при одинаковом разбросе этих проходов хватило бы.",
    )
    return joined([why, help_])


def _edge(data: DescentData) -> Text:
    if all(_is_as_computed(each, data) for each in data.descents):
        return told(
            "The edge computed from the data is a rate of {edge:.3g}, and every rate did as it foretells.",
            "Граница, вычисленная по данным, — скорость {edge:.3g}, и каждая скорость повела себя, как она "
            "предсказывает.",
            edge=data.edge,
        )
    return told(
        "The edge computed from the data is a rate of {edge:.3g}, but in {passes} not every rate has shown which side "
        "it is on.",
        "Граница, вычисленная по данным, — скорость {edge:.3g}, но за {passes} не каждая скорость показала, по какую "
        "она сторону.",
        edge=data.edge,
        passes=counted(data.passes, ("pass", "passes"), ("проход", "прохода", "проходов")),
    )


def _is_as_computed(descent: Descent, data: DescentData) -> bool:
    """Whether its loss has shown on which side of the edge the rate is."""
    match verdict(descent, data):
        case "diverged":
            return descent.learning_rate > data.edge
        case "climbing":
            return turn(descent) is not None
        case _:
            return True


def _unfinished(descent: Descent, data: DescentData) -> Text:
    return told(
        "{rate:.4g} ({left} of the way is left)",
        "{rate:.4g} (осталось {left} пути)",
        rate=descent.learning_rate,
        left=_per_cent(left(descent, data)),
    )


def _per_cent(part: float) -> Text:
    return told("{part:.0%}", "{part:.0%}", part=part) if part >= 0.1 else told("{part:.1%}", "{part:.1%}", part=part)


def _right(descent: Descent, data: DescentData) -> Text:
    return told(
        "{rate:.4g} (by pass {number})",
        "{rate:.4g} (к проходу {number})",
        rate=descent.learning_rate,
        number=arrival(descent, data) or 0,
    )


def _climbing(descent: Descent, data: DescentData) -> Text:
    turned = turn(descent)
    if turned is None:
        return told(
            "{rate:.4g} ({passes} did not show it: the loss still falls)",
            "{rate:.4g} (за {passes} этого не видно: потери ещё падают)",
            rate=descent.learning_rate,
            passes=counted(data.passes, ("pass", "passes"), ("проход", "прохода", "проходов")),
        )
    return told(
        "{rate:.4g} (from pass {turned} on the loss grows again)",
        "{rate:.4g} (с прохода {turned} потери снова растут)",
        rate=descent.learning_rate,
        turned=turned,
    )


def _diverging(descents: list[Descent]) -> Text:
    if not descents:
        return Text("None of these rates diverges.", "Ни одна из этих скоростей не расходится.")
    parts = [
        told(
            "{rate:.4g} (the loss has grown {times} by pass {number})",
            "{rate:.4g} (к проходу {number} потери выросли в {times})",
            rate=each.learning_rate,
            times=times((each.losses[-1] or math.inf) / (each.losses[0] or 1.0)),
            number=len(each.losses) - 1,
        )
        for each in descents
    ]
    return told("Diverging: {parts}.", "Расходится: {parts}.", parts=listed(parts))


# in the order in which they are told
_SENTENCES: Mapping[Verdict, tuple[str, str, Callable[[Descent, DescentData], Text]]] = {
    "too small": ("Too small for {passes}: {parts}.", "Слишком мала для {passes}: {parts}.", _unfinished),
    "no rate": (
        "No rate is enough for {passes}: {parts}.",
        "Для {passes} не хватит никакой скорости: {parts}.",
        _unfinished,
    ),
    "arrived": ("Right (99 % of the way down): {parts}.", "В самый раз (пройдено 99 % пути вниз): {parts}.", _right),
    "too large": (
        "Below the edge, but too large for {passes}, since each step jumps across the valley: {parts}.",
        "Ниже границы, но велика для {passes}, потому что каждый шаг перескакивает через овраг: {parts}.",
        _unfinished,
    ),
    "climbing": (
        "Above the edge and so diverging, if slowly: {parts}.",
        "Выше границы, а значит, тоже расходится, хоть и медленно: {parts}.",
        _climbing,
    ),
}


def panels(data: DescentData) -> tuple[Panel, ...]:
    """The picture: the loss over passes, and the weights on their way through the valley."""
    losses, ways, frame = [], [], _frame(data)
    for number, descent in enumerate(data.descents):
        label = told("rate {rate:.4g}", "скорость {rate:.4g}", rate=descent.learning_rate)
        losses.append(Series(label, tuple(range(len(descent.losses))), descent.losses, number, marked=False))
        ways.append(_way(label, descent, frame, number))
    first = max((descent.losses[0] or 1.0) for descent in data.descents)
    top = None if all(verdict(each, data) != "diverged" for each in data.descents) else 100 * first
    return (
        Lines(
            Text("Loss over passes", "Потери по проходам"),
            Text("pass", "проход"),
            Text("mean squared error", "средний квадрат ошибки"),
            tuple(losses),
            y_scale="log",
            y_range=(None, top),
            marks=(Mark("y", data.least, Text("the bottom", "дно"), under=True),),
        ),
        Lines(
            Text("The weights on their way down", "Путь весов вниз"),
            Text("first weight", "первый вес"),
            Text("second weight", "второй вес"),
            (*_contours(data), *ways),
            x_range=frame[0],
            y_range=frame[1],
        ),
    )


Span = tuple[float, float]


def _way(label: Text, descent: Descent, frame: tuple[Span, Span], style: int) -> Series:
    """The weights' way, up to the first place beyond the frame: what diverges does not come back."""
    places: list[tuple[float, float]] = []
    for place in zip(descent.first_weights, descent.second_weights, strict=True):
        if place[0] is None or place[1] is None:
            break
        places.append((place[0], place[1]))
        if any(not low <= at <= high for at, (low, high) in zip(places[-1], frame, strict=True)):
            break
    return Series(label, tuple(x for x, _ in places), tuple(y for _, y in places), style)


def _frame(data: DescentData) -> tuple[Span, Span]:
    """From where to where the valley is shown: around the outermost ellipse, whose half extents are r √(H⁻¹)ᵢᵢ."""
    (a, b), (_, d) = data.curvature
    determinant = max(a * d - b * b, 1e-12)
    x, y = (BESIDE * _outermost(data) * math.sqrt(other / determinant) for other in (d, a))
    return (data.bottom[0] - x, data.bottom[0] + x), (data.bottom[1] - y, data.bottom[1] + y)


def _outermost(data: DescentData) -> float:
    (a, b), (_, d) = data.curvature
    x, y = data.bottom
    return math.sqrt(max(a * x * x + 2 * b * x * y + d * y * y, 0.0))


def _contours(data: DescentData) -> tuple[Series, ...]:
    """Ellipses of equal loss around the bottom, the outermost through the place where all began, weights of zero:
    w = bottom + r (u₁ cos t / √λ₁ + u₂ sin t / √λ₂), where r² is the quadratic form of the way down."""
    (a, b), (_, d) = data.curvature
    x, y = data.bottom
    mean, half = (a + d) / 2, math.hypot((a - d) / 2, b)
    angle = 0.5 * math.atan2(2 * b, a - d)
    steep, flat = math.sqrt(mean + half), math.sqrt(max(mean - half, 1e-12))
    outermost = _outermost(data)
    found = []
    for part in (0.25, 0.5, 0.75, 1.0):
        turns = [2 * math.pi * step / 72 for step in range(73)]
        ways = [(part * outermost * math.cos(turn) / steep, part * outermost * math.sin(turn) / flat) for turn in turns]
        xs = tuple(x + along * math.cos(angle) - across * math.sin(angle) for along, across in ways)
        ys = tuple(y + along * math.sin(angle) + across * math.cos(angle) for along, across in ways)
        found.append(Series(Text("equal loss", "равные потери"), xs, ys, QUIET_STYLE, marked=False))
    return tuple(found)
