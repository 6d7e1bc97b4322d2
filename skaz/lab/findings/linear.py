"""The experiment `linear` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Mark, Panel, Series, positive
from skaz.lab.texts import Text, counted, joined, told

if TYPE_CHECKING:
    from skaz.lab.linear import Collapse, LinearData

TITLE = Text("Why activations", "Зачем нужна активация")
QUESTION = Text(
    "What are many layers without an activation good for?",
    "Много ли толку от многих слоёв без активации?",
)
METHOD = Text(
    "Networks of growing depth, with random weights. Without activations their matrices are multiplied out into one, "
    "whose answers are compared with the network's. With the same weights and ReLU the best single matrix is looked "
    "for, by least squares. On the left: how far the matrix's answers are from the network's, root mean square, in "
    "standard deviations of the outputs; squared, it is the share of their variance. On the right: the deepest "
    "network's output along a straight line through its inputs.",
    "Сети растущей глубины со случайными весами. Без активации их матрицы перемножают в одну и сравнивают её ответы с "
    "ответами сети. Для тех же весов с ReLU наименьшими квадратами ищут наилучшую одну матрицу. Слева — насколько "
    "ответы матрицы расходятся с ответами сети: среднее квадратичное, в стандартных отклонениях выходов; его квадрат — "
    "доля их дисперсии. Справа — выход самой глубокой сети вдоль прямой в пространстве входов.",
)
ROUNDINGS = 50  # so many times the float type's precision is still rounding, in each layer: it adds up
FLOOR = 1e-18  # where the picture ends
BENT = 0.01  # of the variance left by one matrix: not linear
_LAYERS = (("layer", "layers"), ("слоя", "слоёв", "слоёв"))


def finding(data: LinearData) -> Text:
    """What this run showed."""
    return joined([_collapse(data), _bent(data)])


def _collapse(data: LinearData) -> Text:
    worst_64, worst_32 = (max(getattr(each, name) for each in data.networks) for name in ("identity_64", "identity_32"))
    values = {
        "layers": counted(data.networks[-1].layers, *_LAYERS),
        "double": worst_64,
        "single": worst_32,
    }
    if worst_64 == worst_32 == 0:
        return told(
            "Without activations every network of up to {layers} is one matrix: in 64 bits and in 32 the outputs are "
            "the same to the last digit.",
            "Без активации любая сеть, до {layers}, — это одна матрица: и при 64 битах, и при 32 выходы совпадают до "
            "последнего знака.",
            **values,
        )
    if all(_is_rounding(each, data) for each in data.networks):
        return told(
            "Without activations every network of up to {layers} is one matrix: the outputs differ by at most "
            "{double:.0e} of the greatest in 64 bits and by {single:.0e} in 32, which is rounding.",
            "Без активации любая сеть, до {layers}, — это одна матрица: выходы расходятся не больше чем на "
            "{double:.0e} от наибольшего при 64 битах и на {single:.0e} при 32, а это округление.",
            **values,
        )
    return told(
        "Without activations the product of up to {layers} differs from the network by {double:.0e} in 64 bits and "
        "{single:.0e} in 32: more than rounding explains.",
        "Без активации произведение матриц, до {layers}, расходится с сетью на {double:.0e} при 64 битах и на "
        "{single:.0e} при 32: округлением этого не объяснить.",
        **values,
    )


def _is_rounding(network: Collapse, data: LinearData) -> bool:
    most = ROUNDINGS * network.layers
    return network.identity_64 <= most * data.precision_64 and network.identity_32 <= most * data.precision_32


def _bent(data: LinearData) -> Text:
    deep = [each for each in data.networks if each.layers > 1]
    if not deep:
        return Text(
            "A network of one layer has no place for an activation.", "В сети из одного слоя активации негде стоять."
        )
    if len(deep) == 1 and deep[0].relu_left > BENT:
        return told(
            "With ReLU no single matrix does: at {layers} the best one leaves {left:.0%} of the outputs' variance.",
            "С ReLU одной матрицы не хватает: в сети из {layers} даже наилучшая оставляет {left:.0%} дисперсии "
            "выходов.",
            layers=counted(deep[0].layers, *_LAYERS),
            left=deep[0].relu_left,
        )
    least = min(deep, key=lambda each: each.relu_left)
    most = max(deep, key=lambda each: each.relu_left)
    if least.relu_left > BENT and f"{least.relu_left:.0%}" == f"{most.relu_left:.0%}":
        return told(
            "With ReLU no single matrix does: at every depth the best one leaves some {left:.0%} of the outputs' "
            "variance.",
            "С ReLU одной матрицы не хватает: при любой глубине даже наилучшая оставляет около {left:.0%} дисперсии "
            "выходов.",
            left=least.relu_left,
        )
    if least.relu_left > BENT:
        return told(
            "With ReLU no single matrix does: the best one leaves from {least:.0%} to {most:.0%} of the outputs' "
            "variance (most at {layers}).",
            "С ReLU одной матрицы не хватает: даже наилучшая оставляет от {least:.0%} до {most:.0%} дисперсии выходов "
            "(больше всего в сети из {layers}).",
            least=least.relu_left,
            most=most.relu_left,
            layers=counted(most.layers, *_LAYERS),
        )
    return told(
        "With ReLU this time one matrix nearly does at {layers}: it leaves {least:.2%} of the outputs' variance.",
        "С ReLU в этот раз одной матрицы почти хватает для сети из {layers}: она оставляет {least:.2%} дисперсии "
        "выходов.",
        layers=counted(least.layers, *_LAYERS),
        least=least.relu_left,
    )


def panels(data: LinearData) -> tuple[Panel, ...]:
    """The picture: the difference to one matrix over the depth, and an output along a line."""
    depths = tuple(each.layers for each in data.networks)
    without, with_relu = Text("no activation, 64 bits", "без активации, 64 бита"), Text("ReLU", "ReLU")
    return (
        Lines(
            Text("How far from a single matrix", "Как далеко до одной матрицы"),
            Text("layers", "число слоёв"),
            Text("in standard deviations", "в станд. отклонениях"),
            (
                Series(with_relu, depths, positive([each.relu_left**0.5 for each in data.networks], FLOOR), 1),
                Series(
                    Text("no activation, 32 bits", "без активации, 32 бита"),
                    depths,
                    positive([each.apart_32 for each in data.networks], FLOOR),
                    2,
                ),
                Series(without, depths, positive([each.apart_64 for each in data.networks], FLOOR), 0),
            ),
            y_scale="log",
            y_range=(FLOOR, 10.0),
            marks=(Mark("y", data.precision_64, Text("precision of 64 bits", "точность 64 бит"), under=True),),
        ),
        Lines(
            told(
                "Along a line, {n}",
                "Вдоль прямой, {n}",
                n=counted(depths[-1], ("layer", "layers"), ("слой", "слоя", "слоёв")),
            ),
            Text("place on the line", "место на прямой"),
            Text("output, scaled", "выход в долях"),
            (
                Series(with_relu, data.along, data.relu_outputs, 1, marked=False),
                Series(without, data.along, data.identity_outputs, 0, marked=False),
            ),
        ),
    )
