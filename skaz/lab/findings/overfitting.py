"""The experiment `overfitting` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Panel, Plane, Points, Series
from skaz.lab.texts import Text, counted, joined, listed, told

if TYPE_CHECKING:
    from skaz.lab.overfitting import Fitted, OverfittingData

TITLE = Text("Overfitting", "Переобучение")
QUESTION = Text(
    "When does a network learn its examples by heart, and what helps?",
    "Когда сеть заучивает примеры наизусть и что от этого помогает?",
)
METHOD = Text(
    "Networks of growing size learn two blurred moons from a few examples; in every pass the loss is also measured on "
    "a thousand examples that they never learn from. Then the largest learns again with a remedy: dropout, weight "
    "decay, early stopping.",
    "Сети растущего размера по немногим примерам учатся различать две размытые луны; на каждом проходе потери "
    "измеряют ещё и на тысяче примеров, по которым они не учатся. Затем самая большая учится снова со средством: с "
    "отключением нейронов (dropout), с затуханием весов (weight decay), с ранней остановкой (early stopping).",
)
TURNED = 1.1  # times the least held-out loss: it has turned
_NAMES = {
    "dropout": Text("dropout", "dropout"),
    "decay": Text("weight decay", "затухание весов"),
    "early stopping": Text("early stopping", "ранняя остановка"),
}
_UNITS = (("unit", "units"), ("нейрон", "нейрона", "нейронов"))


def turned(network: Fitted) -> bool:
    """Whether the held-out loss rose again while it went on learning."""
    return network.held_out[-1] > TURNED * min(network.held_out)


def finding(data: OverfittingData) -> Text:
    """What this run showed."""
    plain = [each for each in data.networks if each.remedy == "none"]
    sentences = [_sizes(plain)]
    remedies = [each for each in data.networks if each.remedy != "none"]
    if remedies:
        sentences.append(_remedies(plain[-1], remedies))
    return joined(sentences)


def _sizes(plain: list[Fitted]) -> Text:
    parts = [
        told(
            "{units} {training:.2g} / {least:.2g} (pass {best}) / {last:.2g}",
            "{units} — {training:.2g} / {least:.2g} (проход {best}) / {last:.2g}",
            units=counted(each.units, *_UNITS),
            training=each.training[-1],
            least=min(each.held_out),
            best=each.best_pass,
            last=each.held_out[-1],
        )
        for each in plain
    ]
    listing = told(
        "loss in training / least held out / last held out, by units of a layer: {parts}",
        "потери при обучении / наименьшие на отложенных / последние на них, по нейронам в слое: {parts}",
        parts=Text("; ".join(part.en for part in parts), "; ".join(part.ru for part in parts)),
    )
    if turned(plain[-1]):
        return told(
            "The largest network learns by heart: its training loss falls on, its held-out loss turns and grows "
            "{times:.1f} times ({parts}).",
            "Самая большая сеть заучивает наизусть: потери при обучении всё падают, а на отложенных разворачиваются и "
            "вырастают в {times:.1f} раза ({parts}).",
            times=plain[-1].held_out[-1] / min(plain[-1].held_out),
            parts=listing,
        )
    return told(
        "This time not even the largest network overfits: its held-out loss does not turn ({parts}).",
        "В этот раз не переобучается даже самая большая сеть: потери на отложенных не разворачиваются ({parts}).",
        parts=listing,
    )


def _remedies(without: Fitted, remedies: list[Fitted]) -> Text:
    helped = [each for each in remedies if each.kept < without.kept]
    failed = [each for each in remedies if each.kept >= without.kept]
    start = told(
        "Without a remedy it ends with a held-out loss of {loss:.2g} and {wrong:.0%} wrong.",
        "Без средств она кончает с потерями {loss:.2g} на отложенных примерах, неверны {wrong:.0%}.",
        loss=without.kept,
        wrong=without.wrong,
    )
    sentences = [start]
    for networks, en, ru in (
        (helped, "It helps: {parts}.", "Помогает: {parts}."),
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
    """The picture: losses by size and by remedy, then boundaries of the smallest, the largest, the best remedied."""
    plain = [each for each in data.networks if each.remedy == "none"]
    remedied = [each for each in data.networks if each.remedy != "none"]
    best = min(remedied, key=lambda each: each.kept, default=None)
    planes = [
        (plain[0], None),
        *([(plain[-1], None)] if len(plain) > 1 else []),
        *([(best, _NAMES[best.remedy])] if best else []),
    ]
    return (
        _losses(Text("Training", "При обучении"), [(each, each.training) for each in plain]),
        _losses(Text("Held out", "На отложенных примерах"), [(each, each.held_out) for each in plain]),
        *((_remedy_losses(plain, remedied),) if remedied else ()),
        *(_plane(data, network, name) for network, name in planes),
    )


def _losses(title: Text, curves: list[tuple[Fitted, tuple[float, ...]]]) -> Lines:
    series = tuple(
        Series(counted(network.units, *_UNITS), _passes(curve), curve, number, marked=False)
        for number, (network, curve) in enumerate(curves)
    )
    return Lines(title, Text("passes", "проходов"), Text("loss", "потери"), series, y_scale="log")


def _remedy_losses(plain: list[Fitted], remedied: list[Fitted]) -> Lines:
    units = counted(plain[-1].units, *_UNITS)
    series = tuple(
        Series(label, _passes(each.held_out), each.held_out, style, marked=False)
        for style, (each, label) in enumerate(
            [(plain[-1], units), *((each, _NAMES[each.remedy]) for each in remedied)], len(plain) - 1
        )
    )
    title = told("Held out: {units}, with remedies", "На отложенных примерах: {units} и средства", units=units)
    return Lines(title, Text("passes", "проходов"), Text("loss", "потери"), series, y_scale="log")


def _passes(curve: tuple[float, ...]) -> tuple[float, ...]:
    return tuple(range(1, len(curve) + 1))


def _plane(data: OverfittingData, network: Fitted, remedy: Text | None) -> Plane:
    points = []
    for number, label in enumerate((Text("class 0", "класс 0"), Text("class 1", "класс 1"))):
        mine = [at for at, of in enumerate(data.classes) if of == number]
        points.append(Points(label, tuple(data.x[at] for at in mine), tuple(data.y[at] for at in mine)))
    return Plane(remedy or counted(network.units, *_UNITS), tuple(points), data.span, shares=network.shares)
