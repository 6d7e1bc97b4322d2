"""The experiment `boundary` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Panel, Plane, Points, Series, finite
from skaz.lab.texts import Text, counted, joined, told

if TYPE_CHECKING:
    from skaz.lab.boundary import BoundaryData

TITLE = Text("The boundary", "Граница")
QUESTION = Text(
    "How does a network draw its boundary, and what does a layer more do to it?",
    "Как сеть проводит границу и что с ней делает ещё один слой?",
)
METHOD = Text(
    "A network learns the class of each point, pass by pass, by gradient descent (Adam) on binary cross-entropy. The "
    "colour of the plane is the share that it gives to class 1 there. Without a hidden layer it is one neuron, and its "
    "boundary is a line.",
    "Сеть проход за проходом учит класс каждой точки градиентным спуском (Adam) по бинарной перекрёстной энтропии. "
    "Цвет плоскости — доля, которую она отдаёт там классу 1. Без скрытого слоя это один нейрон, и граница его — "
    "прямая.",
)
_PASSES = (("pass", "passes"), ("проход", "прохода", "проходов"))
_POINTS = (("point", "points"), ("точка", "точки", "точек"))


def finding(data: BoundaryData) -> Text:
    """What this run showed."""
    last, total = data.passes[-1], len(data.points)
    learned = next((each.number for each in data.passes if each.wrong == 0), None)
    values: dict[str, Text | int | float] = {
        "passes": counted(last.number, *_PASSES),
        "wrong": last.wrong,
        "points": counted(total, *_POINTS),
        "loss": last.loss_nats,
    }
    if last.wrong == 0 and learned is not None:
        outcome = told(
            "It parts them: after pass {learned} none of {points} was on the wrong side, and the loss ended at "
            "{loss:.3g} nats.",
            "Сеть их разделила: после прохода {learned} на чужой стороне не было ни одной ({points} всего), "
            "а потери в конце — {loss:.3g} ната.",
            learned=learned,
            **values,
        )
    else:
        outcome = told(
            "After {passes} {wrong} of {points} are on the wrong side; the loss is {loss:.3g} nats.",
            "{passes} позади; не на своей стороне {wrong} ({points} всего), потери — {loss:.3g} ната.",
            **values,
        )
    return joined([outcome, _shape(data)])


def _shape(data: BoundaryData) -> Text:
    if not data.hidden_layers:
        return Text(
            "Without a hidden layer the boundary can only be a line.",
            "Без скрытого слоя граница может быть только прямой.",
        )
    if data.activation == "identity":
        return Text(
            "Without an activation the layers are one matrix, and the boundary can only be a line.",
            "Без активации слои — всё равно что одна матрица, и граница может быть только прямой.",
        )
    if data.activation == "sign":
        return Text(
            "The sign's gradient is zero wherever there is one, so nothing hidden learns, and the output alone does: "
            "it can only put together what was drawn by chance. With tanh the hidden layers learn too.",
            "У знака производная равна нулю везде, где она есть, поэтому скрытые слои не учатся, а учится только "
            "выход: ему остаётся складывать то, что было проведено наугад. С tanh учатся и скрытые слои.",
        )
    if data.hidden_layers[0] == 1:  # all that comes after is a function of one sum of the coordinates
        return Text(
            "The one unit of the first hidden layer lets a single direction through, so the boundary can't bend: it is "
            "a line, or several side by side.",
            "Единственный нейрон первого скрытого слоя пропускает лишь одно направление, так что изогнуться граница не "
            "может: это прямая или несколько параллельных.",
        )
    return told(
        "With {layers} and {units} the boundary may bend.",
        "{layers} и {units}: граница может изгибаться.",
        layers=counted(
            len(data.hidden_layers),
            ("hidden layer", "hidden layers"),
            ("скрытый слой", "скрытых слоя", "скрытых слоёв"),
        ),
        units=counted(
            sum(data.hidden_layers),
            ("unit in all", "units in all"),
            ("нейрон в сумме", "нейрона в сумме", "нейронов в сумме"),
        ),
    )


def panels(data: BoundaryData) -> tuple[Panel, ...]:
    """The plane as the network sees it, and its loss."""
    passes = tuple(float(each.number) for each in data.passes)
    loss = Series(Text("loss", "потери"), passes, finite(each.loss_nats for each in data.passes), 0, marked=False)
    return (
        Plane(Text("Where the boundary lies", "Где проходит граница"), _classes(data), data.span, shares=data.shares),
        Lines(
            Text("The loss falls", "Потери падают"),
            Text("pass", "проход"),
            Text("nats", "наты"),
            (loss,),
            y_range=(0.0, None),
        ),
    )


def _classes(data: BoundaryData) -> tuple[Points, ...]:
    labels = (Text("class 0", "класс 0"), Text("class 1", "класс 1"))
    return tuple(
        Points(
            label,
            tuple(x for x, _, of in data.points if of == number),
            tuple(y for _, y, of in data.points if of == number),
        )
        for number, label in enumerate(labels)
    )
