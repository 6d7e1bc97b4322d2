"""The experiment `overfitting` in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Mark, Panel, Plane, Points, Scale, Series
from skaz.lab.texts import Text, counted, joined, listed, told

if TYPE_CHECKING:
    from skaz.lab.overfitting import Fitted, OverfittingData

TITLE = Text("Overfitting", "Переобучение")
QUESTION = Text(
    "When does a network learn its examples by heart, and what helps?",
    "Когда сеть заучивает примеры наизусть и что от этого помогает?",
)
METHOD = Text(
    "Networks of ever more units, then of ever more layers, learn two blurred moons from a few examples; in every pass "
    "the loss is also measured on a thousand examples that they never learn from. Then the widest learns again with a "
    "remedy: dropout, weight decay, early stopping. The remedies are judged on a thousand examples more, as early "
    "stopping has chosen its pass by the first thousand.",
    "Сети, в которых всё больше нейронов, а затем — всё больше слоёв, по немногим примерам учатся различать две "
    "размытые луны; на каждом проходе потери измеряют ещё и на тысяче примеров, по которым сети не учатся. Затем самая "
    "широкая учится снова со средством: с dropout, с затуханием весов, с ранней остановкой. О средствах судят по "
    "другой тысяче примеров: по первой ранняя остановка выбирала свой проход.",
)
PASS, LOSS = Text("pass", "проход"), Text("loss, nats", "потери, наты")
TURNED = 1.1  # times the least held-out loss: it has turned
ALIKE = 0.01  # of a loss: so near another it is told to be the same
LOSSES = Text(
    "loss in training / least held out / last held out",
    "потери при обучении / наименьшие на отложенных / последние на них",
)
SAME_LOSSES = Text("the same losses", "те же потери")
_NAMES = {
    "dropout": Text("dropout", "dropout"),
    "decay": Text("weight decay", "затухание весов"),
    "early stopping": Text("early stopping", "ранняя остановка"),
}
_UNITS = (("unit", "units"), ("нейрон", "нейрона", "нейронов"))
_LAYERS = (("layer", "layers"), ("слой", "слоя", "слоёв"))


def by_heart(network: Fitted) -> bool:
    """Whether the held-out loss rose again while the training loss went on falling."""
    fell_on = network.training[-1] < network.training[network.best_pass - 1]
    return fell_on and network.held_out[-1] > TURNED * min(network.held_out)


def finding(data: OverfittingData) -> Text:
    """What this run showed."""
    more_units = told(
        "With more units ({layers})",
        "С ростом вширь (слоёв: {n})",
        layers=_layers(data.wider[0]),
        n=data.wider[0].layers,
    )
    more_layers = told(
        "With more layers ({units} in each)",
        "С ростом вглубь (нейронов в слое: {n})",
        units=_units(data.deeper[0]),
        n=data.deeper[0].units,
    )
    return joined(
        [
            _grown(more_units, data.wider, [_units(each) for each in data.wider], LOSSES),
            _grown(more_layers, data.deeper, [_layers(each) for each in data.deeper], SAME_LOSSES),
            _remedies(data.wider[-1], data.remedied),
        ]
    )


def _units(network: Fitted) -> Text:
    return counted(network.units, *_UNITS)


def _layers(network: Fitted) -> Text:
    return counted(network.layers, *_LAYERS)


def _grown(growing: Text, networks: Sequence[Fitted], sizes: list[Text], losses: Text) -> Text:
    """What became of the largest of `networks`, and the `losses` of all by their `sizes`."""
    parts = [
        told(
            "{size} {training:.2g} / {least:.2g} (pass {best}) / {last:.2g}",
            "{size} — {training:.2g} / {least:.2g} (проход {best}) / {last:.2g}",
            size=size,
            training=each.training[-1],
            least=min(each.held_out),
            best=each.best_pass,
            last=each.held_out[-1],
        )
        for size, each in zip(sizes, networks, strict=True)
    ]
    listing = Text("; ".join(part.en for part in parts), "; ".join(part.ru for part in parts))
    largest = networks[-1]
    if by_heart(largest):
        return told(
            "{growing} a network learns by heart: its training loss falls on, its held-out loss turns and grows "
            "{times:.1f} times ({losses}: {listing}).",
            "{growing} сеть заучивает наизусть: потери при обучении всё падают, а на отложенных разворачиваются и "
            "вырастают в {times:.1f} раза ({losses}: {listing}).",
            growing=growing,
            times=largest.held_out[-1] / min(largest.held_out),
            losses=losses,
            listing=listing,
        )
    return told(
        "{growing} not even the largest network overfits this time ({losses}: {listing}).",
        "{growing} в этот раз не переобучается даже самая большая сеть ({losses}: {listing}).",
        growing=growing,
        losses=losses,
        listing=listing,
    )


def _is_alike(kept: float, other: float) -> bool:
    """Whether two losses are near, or read the same."""
    return abs(kept - other) <= ALIKE * other or f"{kept:.2g}" == f"{other:.2g}"


def _remedies(without: Fitted, remedies: Sequence[Fitted]) -> Text:
    alike = [each for each in remedies if _is_alike(each.kept, without.kept)]
    helped = [each for each in remedies if each not in alike and each.kept < without.kept]
    failed = [each for each in remedies if each not in alike and each.kept > without.kept]
    start = told(
        "On examples that chose nothing the widest ends without a remedy with a loss of {loss:.2g} and {wrong:.0%} "
        "wrong.",
        "На примерах, по которым ничего не выбирали, у самой широкой сети без этих мер потери в конце — {loss:.2g}, "
        "неверны {wrong:.0%}.",
        loss=without.kept,
        wrong=without.wrong,
    )
    sentences = [start]
    for networks, en, ru in (
        (helped, "It helps: {parts}.", "Помогает: {parts}."),
        (alike, "It changes hardly anything this time: {parts}.", "В этот раз почти ничего не меняет: {parts}."),
        (failed, "No help this time: {parts}.", "В этот раз не помогает: {parts}."),
    ):
        if networks:
            sentences.append(told(en, ru, parts=listed([_remedy(each) for each in networks])))
    return joined(sentences)


def _remedy(network: Fitted) -> Text:
    return told(
        "{name} ({loss:.2g}, {wrong:.0%} wrong)",
        "{name} ({loss:.2g}, неверны {wrong:.0%})",
        name=_NAMES[network.remedy],
        loss=network.kept,
        wrong=network.wrong,
    )


def panels(data: OverfittingData) -> tuple[Panel, ...]:
    """The picture: what networks end with, by width and by depth; losses by size and by remedy, pass by pass; then
    boundaries of the narrowest, the widest, the best remedied."""
    wider, deeper, remedied = data.wider, data.deeper, data.remedied
    style = len(wider) + len(_NAMES)  # the first that no width and no remedy has
    ends = [
        _ends(
            told("Wider: {layers}", "Вширь: {layers}", layers=_layers(wider[0])),
            Text("units of a layer", "число нейронов в слое"),
            "log",
            [(each.units, each) for each in wider],
            style,
        )
    ]
    if deeper:
        ends.append(
            _ends(
                told("Deeper: {units} a layer", "Вглубь: {units} в слое", units=_units(deeper[0])),
                Text("layers", "число слоёв"),
                "linear",
                [(each.layers, each) for each in deeper],
                style,
            )
        )
    passes = [
        _losses(Text("Training", "При обучении"), [(each, each.training) for each in wider]),
        _losses(Text("Held out", "На отложенных примерах"), [(each, each.held_out) for each in wider]),
    ]
    planes = [_plane(data, wider[0], _units(wider[0]))]
    if len(wider) > 1:
        planes.append(_plane(data, wider[-1], _units(wider[-1])))
    if remedied:
        passes.append(_remedy_losses(wider, remedied))
        best = min(remedied, key=lambda each: each.kept)
        planes.append(_plane(data, best, _NAMES[best.remedy]))
    return (*ends, *passes, *planes)


def _ends(title: Text, x_label: Text, x_scale: Scale, sized: list[tuple[int, Fitted]], style: int) -> Lines:
    """The losses after the last pass, over the size, in this style and the next."""
    sizes = tuple(size for size, _ in sized)
    training = tuple(each.training[-1] for _, each in sized)
    held_out = tuple(each.held_out[-1] for _, each in sized)
    series = (
        Series(Text("training, at the end", "обучение, в конце"), sizes, training, style),
        Series(Text("held out, at the end", "отложенные, в конце"), sizes, held_out, style + 1),
    )
    return Lines(title, x_label, LOSS, series, x_scale, y_scale="log")


def _losses(title: Text, curves: list[tuple[Fitted, tuple[float, ...]]]) -> Lines:
    series = tuple(
        Series(_units(network), _passes(curve), curve, number, marked=False)
        for number, (network, curve) in enumerate(curves)
    )
    return Lines(title, PASS, LOSS, series, y_scale="log")


def _remedy_losses(wider: Sequence[Fitted], remedied: Sequence[Fitted]) -> Lines:
    units = _units(wider[-1])
    series = tuple(
        Series(label, _passes(each.held_out), each.held_out, style, marked=False)
        for style, (each, label) in enumerate(
            [(wider[-1], units), *((each, _NAMES[each.remedy]) for each in remedied)], len(wider) - 1
        )
    )
    # early stopping learns as the network without a remedy does, so that its curve is seen where it ends
    marks = tuple(
        Mark("x", len(each.held_out), _NAMES[each.remedy])
        for each in remedied
        if each.remedy == "early stopping" and len(each.held_out) < len(wider[-1].held_out)
    )
    title = told("Held out: {units}, with remedies", "На отложенных примерах: {units} и средства", units=units)
    return Lines(title, PASS, LOSS, series, y_scale="log", marks=marks)


def _passes(curve: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(range(1, len(curve) + 1))


def _plane(data: OverfittingData, network: Fitted, title: Text) -> Plane:
    points = []
    for number, label in enumerate((Text("class 0", "класс 0"), Text("class 1", "класс 1"))):
        mine = [at for at, of in enumerate(data.classes) if of == number]
        points.append(Points(label, tuple(data.x[at] for at in mine), tuple(data.y[at] for at in mine)))
    return Plane(title, tuple(points), data.span, shares=network.shares)
