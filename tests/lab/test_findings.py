"""A finding says what happened this time: with data that show the claim, and with data that don't."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from skaz.lab.boundary import BoundaryData, Passed
from skaz.lab.context import ContextData, Curve
from skaz.lab.descent import Descent, DescentData
from skaz.lab.drawing import STYLES
from skaz.lab.findings import (
    boundary,
    context,
    descent,
    forgetting,
    initial_weights,
    length,
    linear,
    overfitting,
    perceptron,
)
from skaz.lab.forgetting import BackThroughTime, ForgettingData, Recalled
from skaz.lab.initial_weights import InitialWeightsData, Spread
from skaz.lab.length import Counted, LengthData
from skaz.lab.linear import Collapse, LinearData
from skaz.lab.overfitting import Fitted, OverfittingData
from skaz.lab.panels import Lines, Plane
from skaz.lab.perceptron import ExampleSet, HiddenPass, LinePass, PerceptronData
from skaz.lab.texts import Text


def says(finding: Text, en: str, ru: str) -> None:
    """Each sentence in its language; spaces that don't break are spaces."""
    for text, wanted in ((finding.en, en), (finding.ru, ru)):
        assert wanted in text.replace("\u202f", " ").replace("\u00a0", " ")


POINTS = ExampleSet((0.0, 1.0, 0.0, 1.0), (0.0, 1.0, 1.0, 0.0), (0, 0, 1, 1))


def perceptrons(separable: list[int], xor: list[int], hidden: list[int]) -> PerceptronData:
    return PerceptronData(
        2.0,
        POINTS,
        POINTS,
        3,
        tuple(LinePass((1.0, 1.0), 0.0, wrong) for wrong in separable),
        tuple(LinePass((1.0, 1.0), 0.0, wrong) for wrong in xor),
        tuple(HiddenPass(number, wrong, ((0.5, 0.5), (0.5, 0.5))) for number, wrong in enumerate(hidden, 1)),
    )


def test_perceptron() -> None:
    shown = perceptron.finding(perceptrons([2, 0, 0], [1, 3], [2, 1, 0]))
    says(shown, "learned after 2 passes: none of 4", "понадобилось 2 прохода: ни один из 4")
    says(shown, "between 1 and 3 of 4", "от 1 до 3 из 4")
    says(shown, "by pass 3 none of 4 is wrong", "к 3-му проходу среди 4 примеров неверных нет")
    not_shown = perceptron.finding(perceptrons([2, 1], [1, 0], [2, 1]))
    says(not_shown, "is not learned yet: after 2 passes 1 of 4", "ещё не выучен: 2 прохода позади")
    says(not_shown, "happened to lie so that a line parts them", "случайно легли так, что их делит прямая")
    says(not_shown, "did not learn it whole this time: 1 of 4", "в этот раз целиком его не выучил")
    says(perceptron.finding(perceptrons([0], [3, 3], [0])), "in 2 passes 3 of 4 examples", "неверных было 3 из 4,")


@pytest.mark.parametrize(
    ("activation", "en", "ru"),
    [
        ("sign", "the sign's gradient is zero wherever there is one", "у знака производная равна нулю везде, где она"),
        ("identity", "both layers are one matrix", "оба слоя — всё равно что одна матрица"),
    ],
)
def test_a_hidden_layer_that_can_not_learn_had_no_bad_luck(activation: str, en: str, ru: str) -> None:
    made = replace(perceptrons([0], [1, 3], [2, 1]), activation=activation)  # type: ignore[arg-type]
    says(perceptron.finding(made), en, ru)
    says(perceptron.finding(made), "not by bad luck", "не случайно")
    says(perceptron.finding(replace(made, hidden_units=1)), en, ru)
    assert "this time" not in perceptron.finding(made).en
    says(
        perceptron.finding(replace(made, hidden_passes=(HiddenPass(7, 0, ()),))),
        "learns it: by pass 7",
        "выучивает: к 7-му",
    )


def test_one_unit_that_can_not_part_xor_had_no_bad_luck() -> None:
    alone = replace(perceptrons([0], [1, 3], [2, 1]), hidden_units=1)
    says(
        perceptron.finding(alone), "and not by bad luck: one unit draws one line", "и не случайно: один нейрон проводит"
    )
    assert "this time" not in perceptron.finding(alone).en
    bent = replace(alone, activation="gelu")  # which may leave a strip between two lines
    says(perceptron.finding(bent), "did not learn it whole this time", "в этот раз целиком его не выучил")


def test_pale_lines_and_the_last_are_named_in_the_picture() -> None:
    separable, xor, _ = perceptron.panels(perceptrons([2, 1, 0], [3], [0]))
    assert isinstance(separable, Plane)
    assert isinstance(xor, Plane)
    assert [each.label for each in separable.boundaries] == [perceptron.EARLIER, perceptron.EARLIER, perceptron.ENDED]
    assert [each.label for each in xor.boundaries] == [perceptron.ENDED]


def test_perceptron_counts_as_russian_does() -> None:
    points = ExampleSet((0.0,) * 21, (0.0,) * 21, (0, 1) * 10 + (0,))
    made = replace(perceptrons([0], [1, 3], [0]), separable=points, xor=points)
    says(
        perceptron.finding(made), "after 1 pass: none of 21 examples is", "понадобился 1 проход: ни один из 21 примера"
    )
    says(perceptron.finding(made), "by pass 1 none of 21", "к 1-му проходу среди 21 примера неверных нет")


def descents(**ends: float | None) -> DescentData:
    """Rates, as "r0_5", with the loss that each ends with; the first is 1, the least 0, the edge 1; some rate would
    arrive."""
    made = [
        Descent(float(name[1:].replace("_", ".")), (1.0, end), (0.0, 0.0), (0.0, 0.0)) for name, end in ends.items()
    ]
    return DescentData(0.0, 1.0, (1.0, 1.0), ((2.0, 0.0), (0.0, 1.0)), 0.7, 0.0, 0.0, 1, tuple(made))


def test_descent() -> None:
    shown = descent.finding(descents(r0_01=0.6, r0_5=0.001, r1_5=1e6))
    says(shown, "every rate did as it foretells", "каждая скорость повела себя, как она предсказывает")
    says(shown, "0.01 (60 % of the way is left)", "0,01 (осталось 60 % пути)")
    says(shown, "0.5 (by pass 1)", "0,5 (к проходу 1)")
    says(shown, "1.5 (the loss has grown 1·10⁶ times", "1,5 (к проходу 1 потери выросли в 1·10⁶ раз")
    not_shown = descent.finding(descents(r0_5=1.2, r1_5=0.5))
    says(not_shown, "not every rate has shown which side", "не каждая скорость показала")
    says(not_shown, "1.5 (1 pass did not show it: the loss still falls)", "1,5 (за 1 проход этого не видно")
    says(descent.finding(descents(r0_5=0.001)), "None of these rates diverges.", "Ни одна из этих скоростей не расход")


def test_a_rate_above_the_edge_diverges_if_slowly() -> None:
    falls_first = Descent(1.1, (1.0, 0.3, 0.2, 0.4, 0.6), (0.0,) * 5, (0.0,) * 5)
    found = descent.finding(replace(descents(), descents=(falls_first,)))
    says(found, "every rate did as it foretells", "каждая скорость повела себя, как она предсказывает")
    says(found, "diverging, if slowly: 1.1 (from pass 3 on the loss", "хоть и медленно: 1,1 (с прохода 3 потери")
    for wrong in ("Too small", "None of these rates diverges"):
        assert wrong not in found.en


def test_a_rate_just_below_the_edge_is_not_too_small() -> None:
    crossing = Descent(0.99, (1.0, 0.5), (0.0, 1.9), (0.0, 0.9))  # steep is the first weight; the bottom is 1, 1
    creeping = Descent(0.6, (1.0, 0.5), (0.0, 1.01), (0.0, 0.3))
    found = descent.finding(replace(descents(), descents=(crossing, creeping)))
    says(found, "jumps across the valley: 0.99 (50 % of", "перескакивает через овраг: 0,99 (осталось 50 %")
    says(found, "Too small for 1 pass: 0.6 (50 % of", "Слишком мала для 1 прохода: 0,6 (осталось 50 %")


@pytest.mark.parametrize(
    ("equal_left", "en", "ru"),
    [
        (0.001, "or standardised features: were these of equal spread", "или стандартизация признаков: при одинаковом"),
        (0.3, "More passes would help.", "Помогли бы ещё проходы."),
    ],
)
def test_a_valley_too_stretched_for_the_passes_asks_for_no_larger_rate(equal_left: float, en: str, ru: str) -> None:
    data = replace(descents(r0_1=0.6, r0_4=0.05), curvature=((2.0, 0.0), (0.0, 0.02)), best_left=0.042)
    found = descent.finding(replace(data, equal_left=equal_left))
    says(
        found,
        "No rate is enough for 1 pass: 0.1 (60 % of the way is left) and 0.4 (5.0 %",
        "Для 1 прохода не хватит ник",
    )
    says(found, "Even the best, 0.7, would leave 4.2 %", "Даже при лучшей, 0,7, осталось бы 4,2 %")
    says(found, "100 times as much across", "больше, чем вдоль дна, в 100 раз")
    says(found, en, ru)
    assert "Too small" not in found.en


def test_a_way_that_diverges_is_drawn_until_it_leaves_the_picture() -> None:
    flying = Descent(1.5, (1.0, 2.0, 4.0, None), (0.0, 2.0, -9.0, None), (0.0, 0.5, 1.5, None))
    _, valley = descent.panels(replace(descents(), descents=(flying,)))
    assert isinstance(valley, Lines)
    assert valley.series[-1].x == (0.0, 2.0, -9.0)
    (low, high), (under, over) = np.array([valley.x_range, valley.y_range])
    assert -9 < low < 0 < 2 < high
    ellipses = np.array([(each.x, each.y) for each in valley.series[:-1]])
    assert (ellipses[:, 0] > low).all()
    assert (ellipses[:, 0] < high).all()
    assert (ellipses[:, 1] > under).all()
    assert (ellipses[:, 1] < over).all()


@pytest.mark.parametrize(("end", "ru"), [(4.37, "4,37 раза"), (12.4, "12,4 раза"), (4.0, "4 раза"), (437.0, "437 раз")])
def test_times_are_counted_as_russian_does(end: float, ru: str) -> None:
    says(descent.finding(descents(r1_5=end)), f"has grown {end:g} times", f"потери выросли в {ru})")


def test_a_loss_beyond_all_numbers_has_diverged() -> None:
    data = descents(r3_0=None)
    assert descent.verdict(data.descents[0], data) == "diverged"
    says(descent.finding(data), "grown ∞ times", "в ∞ раз")


def collapses(difference: float, left: float) -> LinearData:
    networks = (Collapse(1, 0.0, 0.0, 0.0, 0.0, 0.0), Collapse(4, difference, 1e-7, difference, 1e-7, left))
    return LinearData(2.2e-16, 1.2e-7, networks, (0.0, 1.0), (0.0, 1.0), (0.0, 1.0))


def test_linear() -> None:
    shown = linear.finding(collapses(1e-15, 0.3))
    says(shown, "of up to 4 layers is one matrix", "до 4 слоёв, — это одна матрица")
    says(
        shown, "at 4 layers the best one leaves 30 % of the outputs'", "в сети из 4 слоёв даже наилучшая оставляет 30 %"
    )
    alike = replace(
        collapses(0.0, 0.3), networks=(Collapse(2, 0.0, 0.0, 0.0, 0.0, 0.302), Collapse(4, 1e-15, 1e-7, 0.0, 0.0, 0.3))
    )
    says(linear.finding(alike), "at every depth the best one leaves some 30 %", "при любой глубине даже наилучшая")
    both = replace(
        collapses(0.0, 0.3), networks=(Collapse(2, 0.0, 0.0, 0.0, 0.0, 0.2), Collapse(4, 1e-15, 1e-7, 0.0, 0.0, 0.3))
    )
    says(linear.finding(both), "from 20 % to 30 % of the outputs' variance", "от 20 % до 30 % дисперсии выходов")
    not_shown = linear.finding(collapses(1e-3, 1e-5))
    says(not_shown, "more than rounding explains", "округлением этого не объяснить")
    says(not_shown, "one matrix nearly does at 4 layers", "одной матрицы почти хватает для сети из 4 слоёв")


def test_both_activations_are_drawn_by_one_measure() -> None:
    drawn, _ = linear.panels(collapses(2e-16, 0.25))
    assert isinstance(drawn, Lines)
    assert {each.label.en: each.y[-1] for each in drawn.series} == {
        "ReLU": 0.5,  # the root of a share of variance
        "no activation, 32 bits": 1e-7,
        "no activation, 64 bits": 2e-16,
    }


def test_rounding_adds_up_with_depth() -> None:
    deep = replace(collapses(1e-15, 0.3), networks=(Collapse(100, 4e-14, 2e-5, 0.0, 0.0, 0.3),))
    says(linear.finding(deep), "which is rounding", "а это округление")
    flat = replace(deep, networks=(Collapse(1, 4e-14, 1e-7, 0.0, 0.0, 0.0), Collapse(3, 0.0, 0.0, 0.0, 0.0, 0.3)))
    says(linear.finding(flat), "more than rounding explains", "округлением этого не объяснить")


def fitted(
    remedy: str,
    held_out: tuple[float, ...],
    kept: float = 0.8,
    *,
    layers: int = 2,
    training: tuple[float, ...] = (0.5, 0.1, 0.01),
) -> Fitted:
    return Fitted(8, layers, remedy, training, held_out, kept, 0.2, ((0.5, 0.5), (0.5, 0.5)))  # type: ignore[arg-type]


def test_overfitting() -> None:
    remedied = (fitted("dropout", (0.5, 0.4, 0.5), 0.5), fitted("decay", (0.5, 0.6, 0.9), 0.9))

    def found(wider: Fitted, *deeper: Fitted) -> Text:
        return overfitting.finding(OverfittingData(2.0, (0.0, 1.0), (0.0, 1.0), (0, 1), (wider,), deeper, remedied))

    turned, level = fitted("none", (0.5, 0.4, 0.8)), fitted("none", (0.5, 0.4, 0.4))
    shallow, deep = fitted("none", (0.5, 0.4, 0.4), layers=1), fitted("none", (0.5, 0.3, 0.9), layers=5)
    shown = found(turned, shallow, deep)
    says(shown, "With more units (2 layers) a network learns by heart", "С ростом вширь (слоёв: 2) сеть заучивает")
    says(shown, "turns and grows 2.0 times", "вырастают в 2,0 раза")
    says(shown, "With more layers (8 units in each) a network learns by heart", "С ростом вглубь (нейронов в слое: 8)")
    says(shown, "grows 3.0 times", "вырастают в 3,0 раза")
    says(shown, "5 layers 0.01 / 0.3 (pass 2) / 0.9", "5 слоёв — 0,01 / 0,3 (проход 2) / 0,9")
    says(shown, "It helps: dropout (0.5, 20 % wrong).", "Помогает: dropout (0,5, неверны 20 %).")
    says(shown, "No help this time: weight decay", "В этот раз не помогает: затухание весов")
    not_shown = found(level, deep, shallow)
    says(not_shown, "(2 layers) not even the largest network overfits", "не переобучается даже самая большая сеть")
    says(not_shown, "(8 units in each) not even the largest network overfits", "(нейронов в слое: 8) в этот раз не")


@pytest.mark.parametrize("kept", [0.6934, 0.6926, 0.698, 0.6949])
def test_remedies_that_read_the_same_are_not_told_to_differ(kept: float) -> None:
    remedied = (fitted("dropout", (0.7, 0.7), kept), fitted("early stopping", (0.7, 0.7), 0.693))
    data = OverfittingData(
        2.0, (), (), (), (fitted("none", (0.7, 0.7), 0.693),), (fitted("none", (0.7, 0.7)),), remedied
    )
    found = overfitting.finding(data)
    says(found, "hardly anything this time: dropout (0.", "почти ничего не меняет: dropout (0,")
    assert "helps" not in found.en
    assert "No help" not in found.en


def test_curves_of_five_widths_and_of_all_else_look_different() -> None:
    wider = tuple(replace(fitted("none", (0.5, 0.4, 0.8)), units=units) for units in (1, 2, 4, 8, 16))
    remedied = tuple(fitted(remedy, (0.5, 0.4, 0.5)) for remedy in ("dropout", "decay", "early stopping"))
    found = overfitting.panels(OverfittingData(2.0, (0.0, 1.0), (0.0, 1.0), (0, 1), wider, wider[:2], remedied))
    looks = {
        (series.label.en, series.style % len(STYLES))
        for panel in found
        if isinstance(panel, Lines)
        for series in panel.series
    }
    assert len(looks) == len({style for _, style in looks}) == 5 + 3 + 2


def test_where_early_stopping_ends_is_marked() -> None:
    stopped = replace(fitted("early stopping", (0.5, 0.4)), training=(0.5, 0.1))
    found = overfitting.panels(
        OverfittingData(2.0, (0.0,), (0.0,), (0,), (fitted("none", (0.5, 0.4, 0.8)),), (), (stopped,))
    )
    (marked,) = [panel for panel in found if isinstance(panel, Lines) and panel.marks]
    assert [(mark.axis, mark.value, mark.label.en) for mark in marked.marks] == [("x", 2, "early stopping")]


def test_a_network_that_gets_worse_on_all_examples_has_not_learnt_them_by_heart() -> None:
    assert overfitting.by_heart(fitted("none", (0.5, 0.4, 0.8)))
    assert not overfitting.by_heart(fitted("none", (0.5, 0.4, 0.8), training=(0.5, 0.1, 0.3)))


def test_initial_weights() -> None:
    def found(last_output: float, first_gradient: float) -> Text:
        spread = Spread("he", "relu", (1.0, last_output), (first_gradient, 1.0))
        return initial_weights.finding(InitialWeightsData(2, (spread,)))

    says(found(0.5, 2.0), "both come, signal and gradient, from He (0.5 out, 2 back)", "Хе (туда 0,5; обратно 2)")
    says(found(0.5, 2.0), "Through 2 layers of ReLU", "Сквозь 2 слоя с ReLU")
    faded = found(1e-9, 2.0)
    says(
        faded,
        "ReLU signal and gradient do not both come from any of these: He (1·10⁻⁹ out, 2 back).",
        "ни одна из этих инициализаций не проводит и сигнал, и градиент: Хе (туда 1·10⁻⁹; обратно 2).",
    )
    mixed = (Spread("he", "relu", (1.0, 0.5), (2.0, 1.0)), Spread("zeros", "relu", (1.0, 0.0), (2.0, 1.0)))
    says(initial_weights.finding(InitialWeightsData(2, mixed)), "Not from zeros (0 out", "Не проходят при такой: нули")


def test_a_curve_that_is_0_throughout_is_named_where_it_is_missing() -> None:
    spread = Spread("zeros", "gelu", (1.0, 0.5), (0.0, 0.0))
    outputs, gradients = initial_weights.panels(InitialWeightsData(2, (spread,)))
    assert [each.series[0].label.en for each in (outputs, gradients)] == ["zeros", "zeros: 0 throughout"]  # type: ignore[union-attr]


def recalls(anew: list[float], growing: list[float], norms: tuple[float, ...]) -> ForgettingData:
    distances = (5, 10, 20)
    recalled = [
        Recalled("lstm", teaching, distance, share, 9)
        for teaching, shares in (("anew", anew), ("growing", growing))
        for distance, share in zip(distances, shares, strict=True)
    ]  # type: ignore[arg-type]
    gradients = tuple(BackThroughTime("lstm", trained, norms) for trained in (False, True))
    return ForgettingData(("lstm",), distances, 21, 0.125, tuple(recalled), gradients)


def test_forgetting() -> None:
    shown = forgetting.finding(recalls([1.0, 0.97, 0.5], [1.0, 1.0, 1.0], (1.0, 1e-3, 1e-7)))
    says(shown, "LSTM up to 10 steps", "LSTM — на 10 шагов")
    says(shown, "anew, in at most 21 updates, the networks", "заново, не больше чем за 21 обновление, сети")
    says(shown, "reach farther: LSTM up to 20 steps", "достают дальше: LSTM — на 20 шагов")
    says(shown, "LSTM: 2 before training, 2 after it", "LSTM: 2 до обучения, 2 после")
    not_shown = forgetting.finding(recalls([0.2, 0.5, 0.2], [0.2, 0.2, 0.2], (1.0, 0.9, 0.8)))
    says(not_shown, "LSTM at no distance", "LSTM — ни на каком")
    says(not_shown, "no cell reached farther", "ни одна ячейка не достала дальше")
    # of three states, the farthest is two steps back
    says(not_shown, "LSTM: more than 2 before training", "LSTM: больше 2 до обучения")


def test_what_is_recalled_far_and_not_near_is_told() -> None:
    norms = (1.0, 1e-3, 1e-7)
    late = forgetting.finding(recalls([0.2, 0.3, 0.2], [0.8, 0.996, 1.0], norms))
    says(
        late,
        "recall: LSTM at no distance (at least 95 %",
        "помнят так: LSTM — ни на каком (там верно названо не меньше",
    )
    says(late, "LSTM at 10 and 20 steps, but not at 5;", "LSTM — на 10 и 20 шагов, но не на 5;")
    assert "no cell reached farther" not in late.en
    as_far = forgetting.finding(recalls([0.2, 1.0, 0.3], [1.0, 1.0, 0.5], norms))
    says(as_far, "LSTM at 10 steps, but not at 5", "LSTM — на 10 шагов, но не на 5")
    says(as_far, "no cell reached farther than that", "ни одна ячейка не достала дальше")


@pytest.mark.parametrize(
    ("alone", "other", "en", "ru"),
    [
        ((0.0, 0.01, 0.6), (0.0, 0.0, 0.01), "up to 2 words pass through C alone", "проходят предложения до 2 слов"),
        ((0.0, 0.01, 0.6), (0.0, 0.0, 0.01), "all lengths pass: at 9 words 1.0 %", "проходят все длины: при 9 словах"),
        ((0.0, 0.01, 0.6), (0.0, 0.2, 0.3), "has not learnt to look everywhere", "смотреть повсюду ещё не научилось"),
        ((0.0, 0.01, 0.6), (0.0, 0.0, 0.59), "no clear difference this time", "заметной разницы не дало"),
        ((0.0, 0.01, 0.02), (0.0, 0.3, 0.9), "worse this time: at 9 words 90 %", "вышло хуже: при 9 словах с ним"),
        ((0.0, 0.01, 0.02), (0.0, 0.0, 0.0), "All the tested lengths fit into C", "поместились все проверенные длины"),
        (
            (0.3, 0.5, 0.6),
            (0.0, 0.0, 0.0),
            "it has not learnt the task in 7 updates",
            "задаче она за 7 обновлений не научилась",
        ),
    ],
)
def test_context(alone: tuple[float, ...], other: tuple[float, ...], en: str, ru: str) -> None:
    curves = (Curve("none", 7, alone), Curve("general", 7, other))
    says(context.finding(ContextData(20, 64, 4.32, (1, 2, 9), curves)), en, ru)


@pytest.mark.parametrize(("longest", "ru"), [(21, "при 21 слове"), (31, "при 31 слове"), (11, "при 11 словах")])
def test_context_counts_words_as_russian_does(longest: int, ru: str) -> None:
    def found(alone: float, other: float) -> Text:
        curves = (Curve("none", 7, (0.0, alone)), Curve("general", 7, (0.0, other)))
        return context.finding(ContextData(20, 64, 4.32, (1, longest), curves))

    for alone, other in ((0.6, 0.01), (0.6, 0.3), (0.6, 0.6), (0.6, 0.9), (0.01, 0.01)):
        assert found(alone, other).ru.replace("\u00a0", " ").count(f"{ru} ") == 2


def test_length() -> None:
    def found(seq2seq: tuple[int, int], plain: tuple[int, int]) -> Text:
        pairs = zip((1, 11), seq2seq, plain, strict=True)
        return length.finding(LengthData(9, 4, tuple(Counted(*each) for each in pairs), same_network=True))

    shown = found((500, 500), (100, 10_100))
    says(shown, "has 500 parameters whatever the length", "500 параметров при любой длине")
    says(shown, "grows with every word by 1,000, to 10,100 at 11 words: 20 times", "на 1 000 и доходит до 10 100")
    says(shown, "From 2 words on it is the larger", "Начиная с 2 слов она больше")
    says(found((642, 642), (22, 40)), "642 parameters whatever", "642 параметра при любой длине")
    says(found((642, 642), (22, 40)), "to 40 at 11 words: 6.23 % of the other's", "это 6,23 % от другой")
    says(found((100, 100), (22, 150)), "1.5 times as many as the other", "в 1,5 раза больше")
    not_shown = found((500, 600), (100, 90))
    says(not_shown, "were not the same at every length", "оказалось при разной длине разным")
    says(not_shown, "The plain one did not grow", "Обычная не выросла")
    says(not_shown, "still the smaller one", "остаётся меньшей")


@pytest.mark.parametrize(("equal", "ru"), [(2999, "с 3 слов"), (3000, "с 4 слов"), (99, "с 1 слова")])
def test_the_crossing_is_between_the_lengths_that_were_counted(equal: int, ru: str) -> None:
    counts = tuple(Counted(length, equal, 1000 * length) for length in (1, 5, 500))
    found = length.finding(LengthData(9, 4, counts, same_network=True))
    says(found, "on it is the larger", f"Начиная {ru} она больше")


def test_boundary() -> None:
    points = ((-1.0, 0.0, 0), (1.0, 0.0, 1))
    learned = BoundaryData(2.2, points, (4,), (Passed(1, 0.7, 1), Passed(2, 0.1, 0)))
    says(boundary.finding(learned), "after pass 2 none of 2 points", "после прохода 2")
    says(boundary.finding(learned), "With 1 hidden layer and 4 units in all", "1 скрытый слой и 4 нейрона в сумме")
    flat = replace(learned, activation="identity")
    says(boundary.finding(flat), "the layers are one matrix, and the boundary can only be", "граница может быть только")
    signs = replace(learned, hidden_layers=(2,), activation="sign")
    says(
        boundary.finding(signs), "nothing hidden learns, and the output alone does", "скрытые слои не учатся, а учится"
    )
    thin = replace(learned, hidden_layers=(1, 4))
    says(boundary.finding(thin), "the boundary can't bend: it is a line, or", "изогнуться граница не может: это прямая")
    line = BoundaryData(2.2, points, (), (Passed(1, 0.7, 1),))
    says(boundary.finding(line), "After 1 pass 1 of 2 points", "1 проход позади")
    says(boundary.finding(line), "can only be a line", "только прямой")
