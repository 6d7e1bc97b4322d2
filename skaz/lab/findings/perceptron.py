"""The experiment `perceptron` in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from skaz.lab.panels import Boundary, Panel, Plane, Points
from skaz.lab.texts import Text, agreeing, counted, joined, told

if TYPE_CHECKING:
    from skaz.lab.perceptron import ExampleSet, PerceptronData
    from skaz.nn.activations import Activation

TITLE = Text("The perceptron", "Перцептрон")
QUESTION = Text(
    "What can one line part, and what needs a hidden layer?",
    "Что можно разделить одной прямой, а для чего нужен скрытый слой?",
)
METHOD = Text(
    "A perceptron learns by Rosenblatt's rule: where an example is wrong, it is added to the weights or taken off. "
    "First two classes that a line parts, then XOR, where opposite corners belong together; then a network with one "
    "hidden layer learns the same XOR. Pale lines are the boundary after earlier passes, the bold one after the "
    "last.",
    "Перцептрон учится по правилу Розенблатта: если пример отнесён не туда, его прибавляют к весам или вычитают из "
    "них. Сначала два класса, которые делит прямая, потом XOR, где вместе стоят противоположные углы; затем тот же "
    "XOR учит сеть с одним скрытым слоем. Бледные прямые — граница после прежних проходов, жирная — после "
    "последнего.",
)
SHOWN = 12  # boundaries in a picture
EARLIER = Text("the line after earlier passes", "прямая после прежних проходов")
ENDED = Text("the line after the last one", "прямая после последнего")
_WHY_NOT: Mapping[Activation, Text] = {
    "sign": Text(
        "the sign's gradient is zero wherever there is one, so the hidden layer stays as it was drawn and only the "
        "output learns.",
        "у знака производная равна нулю везде, где она есть, и скрытый слой остаётся таким, каким был вначале, а "
        "учится только выход.",
    ),
    "identity": Text(
        "without an activation both layers are one matrix, and the boundary can only be a line.",
        "без активации оба слоя — всё равно что одна матрица, и граница может быть только прямой.",
    ),
}
_ONE_UNIT = Text(
    "one unit draws one line, as a perceptron does.",
    "один нейрон проводит одну прямую, как и сам перцептрон.",
)
_PASSES = (("pass", "passes"), ("проход", "прохода", "проходов"))
_NEEDED = (("was needed", "were needed"), ("понадобился", "понадобилось", "понадобилось"))
_OF = (("example", "examples"), ("примера", "примеров", "примеров"))
_UNITS = (("unit", "units"), ("нейрон", "нейрона", "нейронов"))


def finding(data: PerceptronData) -> Text:
    """What this run showed."""
    return joined([_separable(data), _xor(data), _hidden(data)])


def _separable(data: PerceptronData) -> Text:
    wrong, total = [each.wrong for each in data.separable_passes], counted(len(data.separable.classes), *_OF)
    if wrong[-1] == 0:
        learned = wrong.index(0) + 1  # the pass after it finds nothing to correct
        return told(
            "The separable set is learned after {passes}: none of {total} is on the wrong side.",
            "Разделимый набор выучен, {needed} {passes}: ни один из {total} не лежит на чужой стороне.",
            needed=agreeing(learned, *_NEEDED),
            passes=counted(learned, *_PASSES),
            total=total,
        )
    return told(
        "The separable set is not learned yet: after {passes} {wrong} of {total} are on the wrong side. The narrower "
        "the gap, the longer it takes.",
        "Разделимый набор ещё не выучен: {passes} позади, а из {total} не на своей стороне {wrong}. Чем уже "
        "зазор, тем дольше учиться.",
        passes=counted(len(wrong), *_PASSES),
        wrong=wrong[-1],
        total=total,
    )


def _xor(data: PerceptronData) -> Text:
    counts, total = [each.wrong for each in data.xor_passes], len(data.xor.classes)
    if min(counts) == 0:
        return told(
            "These XOR examples happened to lie so that a line parts them: none of {total} is wrong. Take more "
            "examples.",
            "Эти примеры XOR случайно легли так, что их делит прямая: из {total} неверных нет. Возьмите больше "
            "примеров.",
            total=total,
        )
    return told(
        "XOR is not: in {passes} {wrong} of {total} examples were wrong, and the line never came to rest.",
        "XOR не выучен: за {passes} неверных было {wrong} из {total}, и прямая так и не остановилась.",
        passes=counted(len(counts), ("pass", "passes"), ("проход", "прохода", "проходов")),
        wrong=_from_to(min(counts), max(counts)),
        total=total,
    )


def _from_to(least: int, most: int) -> Text:
    if least == most:
        return told("{n}", "{n}", n=least)
    return told("between {least} and {most}", "от {least} до {most}", least=least, most=most)


def _hidden(data: PerceptronData) -> Text:
    last, total = data.hidden_passes[-1], len(data.xor.classes)
    values: dict[str, Text | int] = {"units": counted(data.hidden_units, *_UNITS), "wrong": last.wrong, "total": total}
    learned = next((each.number for each in data.hidden_passes if each.wrong == 0), None)
    if last.wrong == 0 and learned is not None:
        return told(
            "One hidden layer of {units} learns it: by pass {learned} none of {total} is wrong.",
            "Сеть с одним скрытым слоем ({units}) его выучивает: к {learned}-му проходу среди {examples} неверных нет.",
            learned=learned,
            examples=counted(total, *_OF),
            **values,
        )
    if why := _why_not(data):
        return told(
            "The hidden layer of {units} did not learn it whole, and not by bad luck: {why} After pass {number} "
            "{wrong} of {total} are wrong.",
            "Скрытый слой ({units}) целиком его не выучил, и не случайно: {why} После прохода {number} неверны {wrong} "
            "из {total}.",
            why=why,
            number=last.number,
            **values,
        )
    return told(
        "The hidden layer of {units} did not learn it whole this time: {wrong} of {total} are wrong after pass "
        "{number}.",
        "Скрытый слой ({units}) в этот раз целиком его не выучил: после прохода {number} неверны {wrong} из {total}.",
        number=last.number,
        **values,
    )


def _why_not(data: PerceptronData) -> Text | None:
    """Why this hidden layer can't learn XOR; None of one that may. GELU falls before it rises, so that one unit of it
    may answer alike on both sides of a strip."""
    if data.hidden_units == 1 and data.activation not in (*_WHY_NOT, "gelu"):
        return _ONE_UNIT
    return _WHY_NOT.get(data.activation)


def panels(data: PerceptronData) -> tuple[Panel, ...]:
    """The picture: the line that parts, the line that doesn't, the boundary of the hidden layer."""
    shares = data.hidden_passes[-1].shares if data.hidden_passes else ()
    return (
        Plane(
            Text("A separable set", "Разделимый набор"),
            _classes(data.separable),
            data.span,
            _boundaries(data, xor=False),
        ),
        Plane(Text("XOR: one line", "XOR: одна прямая"), _classes(data.xor), data.span, _boundaries(data, xor=True)),
        Plane(Text("XOR: one hidden layer", "XOR: один скрытый слой"), _classes(data.xor), data.span, shares=shares),
    )


def _boundaries(data: PerceptronData, *, xor: bool) -> tuple[Boundary, ...]:
    """The first, the last and some between, older ones paler."""
    passes = data.xor_passes if xor else data.separable_passes
    if not passes:
        return ()
    last = len(passes) - 1
    shown = sorted({round(last * part / (SHOWN - 1)) for part in range(SHOWN)})
    return tuple(
        Boundary(passes[at].weights, passes[at].bias, at / last if last else 1.0, ENDED if at == last else EARLIER)
        for at in shown
    )


def _classes(examples: ExampleSet) -> tuple[Points, ...]:
    parts = []
    for number, label in enumerate((Text("class 0", "класс 0"), Text("class 1", "класс 1"))):
        mine = [at for at, of in enumerate(examples.classes) if of == number]
        parts.append(Points(label, tuple(examples.x[at] for at in mine), tuple(examples.y[at] for at in mine)))
    return tuple(parts)
