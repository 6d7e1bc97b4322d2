"""The experiment `initial-weights` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Numbers, Panel, Series, positive
from skaz.lab.texts import Text, counted, joined, listed, told

if TYPE_CHECKING:
    from skaz.lab.initial_weights import Bend, InitialWeightsData, Spread
    from skaz.recipe import Initialiser

TITLE = Text("Initial weights", "Начальные веса")
QUESTION = Text(
    "Which first weights let a signal through many layers, and the gradient back?",
    "При каких начальных весах сигнал проходит сквозь много слоёв, а градиент — обратно?",
)
METHOD = Text(
    "A deep network before any training: random numbers of unit variance go in, gradients of unit variance come back "
    "from the end. Under each way to draw the first weights: how far each layer's outputs differ from example to "
    "example (standard deviation of a unit, root mean square over the units), and how large the gradient there is "
    "(root mean square).",
    "Глубокая сеть до всякого обучения: на вход идут случайные числа единичной дисперсии, с конца возвращаются "
    "градиенты единичной дисперсии. При каждом способе выбрать начальные веса показано, насколько выходы слоя "
    "различаются от примера к примеру (стандартное отклонение нейрона, среднее квадратичное по нейронам) и какой "
    "величины там градиент (среднее квадратичное).",
)
NAMES: dict[Initialiser, Text] = {
    "zeros": Text("zeros", "нули"),
    "uniform": Text("uniform", "равномерная"),
    "normal": Text("normal", "нормальная"),
    "xavier": Text("Xavier", "Ксавье"),
    "he": Text("He", "Хе"),
    "orthogonal": Text("orthogonal", "ортогональная"),
}
ACTIVATIONS: dict[Bend, str] = {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid", "gelu": "GELU"}
LEAST, MOST = 0.01, 100.0  # a signal and a gradient within these have come through
FLOOR = 1e-12  # where the picture ends
_LAYERS = (("layer", "layers"), ("слой", "слоя", "слоёв"))
_STYLE = {name: number for number, name in enumerate(NAMES)}


def comes_through(spread: Spread) -> bool:
    """Whether the differences of the last layer's outputs and the first layer's gradient both kept their size."""
    ends = (spread.outputs[-1], spread.gradients[0])
    return all(end is not None and LEAST <= end <= MOST for end in ends)


def finding(data: InitialWeightsData) -> Text:
    """What this run showed."""
    return joined([_of_activation(data, activation) for activation in _activations(data)])


def _activations(data: InitialWeightsData) -> list[Bend]:
    return list(dict.fromkeys(spread.activation for spread in data.spreads))


def _of_activation(data: InitialWeightsData, activation: Bend) -> Text:
    spreads = [spread for spread in data.spreads if spread.activation == activation]
    through = [spread for spread in spreads if comes_through(spread)]
    lost = [spread for spread in spreads if not comes_through(spread)]
    values: dict[str, str | Text] = {"activation": ACTIVATIONS[activation], "layers": counted(data.layers, *_LAYERS)}
    if not through:
        return told(
            "Through {layers} of {activation} signal and gradient do not both come from any of these: {parts}.",
            "Сквозь {layers} с {activation} ни одна из этих инициализаций не проводит и сигнал, и градиент: {parts}.",
            parts=listed([_sizes(spread) for spread in lost]),
            **values,
        )
    sentences = [
        told(
            "Through {layers} of {activation} both come, signal and gradient, from {parts}.",
            "Сквозь {layers} с {activation} и сигнал, и градиент проходят при такой инициализации: {parts}.",
            parts=listed([_sizes(spread) for spread in through]),
            **values,
        )
    ]
    if lost:
        sentences.append(
            told(
                "Not from {parts}.",
                "Не проходят при такой: {parts}.",
                parts=listed([_sizes(spread) for spread in lost]),
            )
        )
    return joined(sentences)


def _sizes(spread: Spread) -> Text:
    return told(
        "{name} ({output} out, {gradient} back)",
        "{name} (туда {output}; обратно {gradient})",
        name=NAMES[spread.initialiser],
        output=_size(spread.outputs[-1]),
        gradient=_size(spread.gradients[0]),
    )


def _size(value: float | None) -> Text:
    if value is None:
        return Text("∞", "∞")
    return (
        told("{n:.0e}", "{n:.0e}", n=value)
        if 0 < value < 0.001 or value >= 1000
        else told("{n:.2g}", "{n:.2g}", n=value)
    )


def panels(data: InitialWeightsData) -> tuple[Panel, ...]:
    """The picture: outputs and gradients by layer, a row an activation."""
    found: list[Panel] = []
    for activation in _activations(data):
        spreads = [spread for spread in data.spreads if spread.activation == activation]
        name = ACTIVATIONS[activation]
        found.append(
            _panel(
                spreads,
                told("{name}: spread of the outputs", "{name}: разброс выходов", name=name),
                Text("standard deviation", "стандартное отклонение"),
                [spread.outputs for spread in spreads],
            )
        )
        found.append(
            _panel(
                spreads,
                told("{name}: size of the gradient", "{name}: величина градиента", name=name),
                Text("root mean square", "среднее квадратичное"),
                [spread.gradients for spread in spreads],
            )
        )
    return tuple(found)


def _label(spread: Spread, size: Numbers) -> Text:
    """The initialiser's name; one that gives zeros has no curve on a logarithmic axis, so its name says it."""
    name = NAMES[spread.initialiser]
    return told("{name}: 0 throughout", "{name}: всюду 0", name=name) if not any(size) else name


def _panel(spreads: list[Spread], title: Text, measure: Text, sizes: list[Numbers]) -> Lines:
    series = tuple(
        Series(
            _label(spread, size),
            tuple(range(1, len(size) + 1)),
            positive(size, FLOOR),
            _STYLE[spread.initialiser],
            marked=False,
        )
        for spread, size in zip(spreads, sizes, strict=True)
    )
    return Lines(
        title,
        Text("layer", "слой"),
        measure,
        series,
        y_scale="log",
        y_range=(FLOOR, None),
    )
