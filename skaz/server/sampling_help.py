"""What each sampling setting means, in a sentence, and how far a slider goes."""

from __future__ import annotations

from typing import Any, NamedTuple

from skaz.decoding.settings import SamplingSettings


class Slider(NamedTuple):
    """A setting as a person moves it; names, labels and help in English and Russian."""

    name: str
    kind: str
    low: float
    high: float
    step: float
    label: tuple[str, str]
    help: tuple[str, str]
    off: bool = True


SLIDERS = (
    Slider(
        "temperature",
        "number",
        0,
        2,
        0.05,
        ("Temperature", "Температура"),
        (
            "Below 1 the story takes the likelier words, above 1 it dares more; at 0 it always takes the likeliest.",
            "Ниже 1 история берёт слова повероятнее, выше 1 рискует; при 0 всегда берётся самое вероятное.",
        ),
        off=False,
    ),
    Slider(
        "top_k",
        "integer",
        1,
        200,
        1,
        ("Top k", "Лучшие k"),
        (
            "Only the k likeliest tokens may come next.",
            "Следующим может стать только один из k самых вероятных токенов.",
        ),
    ),
    Slider(
        "top_p",
        "number",
        0.05,
        1,
        0.01,
        ("Top p", "Доля p"),
        (
            "Only the likeliest tokens that together have this probability may come next.",
            "Следующим может стать только один из самых вероятных токенов, которые вместе набирают эту вероятность.",
        ),
    ),
    Slider(
        "min_p",
        "number",
        0,
        0.5,
        0.01,
        ("Min p", "Порог min p"),
        (
            "Tokens with less than this share of the likeliest one's probability are left out.",
            "Отбрасываются токены, чья вероятность меньше этой доли от вероятности лучшего.",
        ),
    ),
    Slider(
        "typical",
        "number",
        0.05,
        1,
        0.01,
        ("Typical", "Типичность"),
        (
            "Only tokens that surprise about as much as one expects here, up to this probability together.",
            "Остаются токены, чья неожиданность здесь обычна, пока вместе не наберут эту вероятность.",
        ),
    ),
    Slider(
        "repetition_penalty",
        "number",
        1,
        2,
        0.05,
        ("Repetition penalty", "Штраф за повторы"),
        (
            "Above 1, tokens of the recent text become less likely.",
            "При значении больше 1 токены из недавнего текста становятся менее вероятными.",
        ),
    ),
    Slider(
        "repetition_window",
        "integer",
        1,
        1024,
        1,
        ("Repetition window", "Окно повторов"),
        (
            "How many tokens back the repetition penalty looks; off, it looks back to the beginning.",
            "На сколько токенов назад смотрит штраф за повторы; если выключено, до самого начала.",
        ),
    ),
    Slider(
        "no_repeat_ngram",
        "integer",
        1,
        12,
        1,
        ("No repeated run", "Без повторов подряд"),
        (
            "No run of this many tokens comes twice.",
            "Ни одна цепочка из стольких токенов не встретится дважды.",
        ),
    ),
    Slider(
        "dry",
        "number",
        0,
        4,
        0.1,
        ("Phrase penalty (DRY)", "Штраф за фразы (DRY)"),
        (
            "Penalises a phrase that is being said again, the more the longer it gets.",
            "Штрафует фразу, которая начинает повторяться, тем сильнее, чем дольше она длится.",
        ),
    ),
)


def settings_help() -> list[dict[str, Any]]:
    """The settings as /api/settings tells them; null is off."""
    usual, planned = SamplingSettings.usual(planned=False), SamplingSettings.usual(planned=True)
    return [
        {
            "name": slider.name,
            "kind": slider.kind,
            "range": [slider.low, slider.high],
            "step": slider.step,
            "default": getattr(usual, slider.name),
            "default_planned": getattr(planned, slider.name),
            "off": slider.off,
            "label": {"en": slider.label[0], "ru": slider.label[1]},
            "help": {"en": slider.help[0], "ru": slider.help[1]},
        }
        for slider in SLIDERS
    ]
