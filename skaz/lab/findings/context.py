"""The experiment `context` in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Panel, Series
from skaz.lab.texts import Text, counted, joined, told

if TYPE_CHECKING:
    from skaz.lab.context import ContextData, Curve

TITLE = Text("What fits into C", "Что помещается в C")
QUESTION = Text(
    "How long may a sentence be that passes through the context alone?",
    "Какой длины предложение можно передать через один только контекст?",
)
METHOD = Text(
    "Two networks, equal but for attention, learn to say random sentences again. In one all that the decoder gets is "
    "C, the encoder's last state, of the same size for every sentence; in the other it may also look back at every "
    "word. Then each repeats random sentences of growing length.",
    "Две сети, равные во всём, кроме внимания, учатся повторять случайные предложения. В одной декодировщик получает "
    "только C, последнее состояние кодировщика, одного размера для любого предложения; в другой он может ещё и "
    "оглянуться на каждое слово. Затем каждая повторяет случайные предложения растущей длины.",
)
RIGHT = 0.05  # of the words may be wrong where a sentence is said to pass
CLEAR = 0.10  # by so much of the words the two must differ to be told apart
_AT = (("word", "words"), ("слове", "словах", "словах"))
_ATTENTION = {
    "dot": Text("dot attention", "внимание, скалярное произведение"),
    "general": Text("general attention", "внимание, билинейное"),
    "additive": Text("additive attention", "внимание, аддитивное"),
    "multi-head": Text("multi-head attention", "многоголовое внимание"),
}


def passing(data: ContextData, curve: Curve) -> int:
    """The longest of the tested lengths up to which at most RIGHT of the words are wrong at every one; 0: none."""
    far = 0
    for length, wrong in zip(data.lengths, curve.wrong, strict=True):
        if wrong > RIGHT:
            break
        far = length
    return far


def finding(data: ContextData) -> Text:
    """What this run showed."""
    alone = data.curves[0]
    sentences = [_alone(data, alone)]
    if len(data.curves) > 1:
        sentences.append(_beside(data, alone, data.curves[1]))
    return joined(sentences)


def _alone(data: ContextData, curve: Curve) -> Text:
    far, longest = passing(data, curve), data.lengths[-1]
    size = counted(data.context_size, ("number", "numbers"), ("число", "числа", "чисел"))
    if far == longest:
        return told(
            "All the tested lengths fit into C ({size}): at {longest} {wrong:.1%} of them are wrong. Try longer "
            "sentences, or a smaller C.",
            "В C ({size}) поместились все проверенные длины: при {longest} неверны {wrong:.1%}. Попробуйте "
            "предложения длиннее или C поменьше.",
            size=size,
            longest=counted(longest, *_AT),
            wrong=curve.wrong[-1],
        )
    if far == 0:
        return told(
            "From C alone ({size}) this network repeats not even sentences of {shortest} reliably ({first:.1%} "
            "wrong): it has not learnt the task{updates}.",
            "Из одного C ({size}) эта сеть не повторяет надёжно и предложений из {shortest} (неверны {first:.1%}): "
            "задаче она{updates} не научилась.",
            size=size,
            shortest=counted(data.lengths[0], ("word", "words"), ("слова", "слов", "слов")),
            first=curve.wrong[0],
            updates=_after(curve.updates),
        )
    return told(
        "Sentences of up to {far} pass through C alone ({size}; at most {bar:.0%} of the words wrong); at {longest} "
        "{wrong:.0%} are wrong, though a word tells only {bits:.1f} bits.",
        "Через один C ({size}) проходят предложения до {far} (неверны не больше {bar:.0%} слов); при {longest} "
        "неверны уже {wrong:.0%}, хотя слово сообщает лишь {bits:.1f} бита.",
        far=counted(far, ("word", "words"), ("слова", "слов", "слов")),
        size=size,
        bar=RIGHT,
        longest=counted(longest, *_AT),
        wrong=curve.wrong[-1],
        bits=data.bits_per_word,
    )


def _after(updates: int | None) -> Text:
    if updates is None:
        return Text("", "")
    return told(
        " in {n}", " за {n}", n=counted(updates, ("update", "updates"), ("обновление", "обновления", "обновлений"))
    )


def _beside(data: ContextData, alone: Curve, other: Curve) -> Text:
    far, longest, gain = passing(data, other), data.lengths[-1], alone.wrong[-1] - other.wrong[-1]
    values: dict[str, Text | float] = {"longest": counted(longest, *_AT), "wrong": other.wrong[-1]}
    if gain <= -CLEAR:
        return told(
            "With attention it came out worse this time: at {longest} {wrong:.0%} are wrong with it, {alone:.0%} "
            "without.",
            "С вниманием в этот раз вышло хуже: при {longest} с ним неверны {wrong:.0%}, а без него {alone:.0%}.",
            alone=alone.wrong[-1],
            **values,
        )
    if gain < CLEAR:
        return told(
            "Attention made no clear difference this time: at {longest} {wrong:.1%} are wrong with it.",
            "Внимание в этот раз заметной разницы не дало: с ним при {longest} неверны {wrong:.1%}.",
            **values,
        )
    if far == longest:
        return told(
            "With attention, which reads every word again, all lengths pass: at {longest} {wrong:.1%} are wrong.",
            "С вниманием, которое заново читает каждое слово, проходят все длины: при {longest} неверны {wrong:.1%}.",
            **values,
        )
    return told(
        "Attention helps but has not learnt to look everywhere: with it up to {far} pass, and at {longest} "
        "{wrong:.0%} are wrong.",
        "Внимание помогает, но смотреть повсюду ещё не научилось: с ним проходят предложения до {far}, а при "
        "{longest} неверны {wrong:.0%}.",
        far=counted(far, ("word", "words"), ("слова", "слов", "слов")),
        **values,
    )


def panels(data: ContextData) -> tuple[Panel, ...]:
    """The picture: wrong words over the length."""
    series = tuple(
        Series(
            Text("the context C alone", "один контекст C")
            if curve.attention == "none"
            else _ATTENTION[curve.attention],
            data.lengths,
            curve.wrong,
            number,
        )
        for number, curve in enumerate(data.curves)
    )
    title = Text("Sentences said again", "Повторение предложений")
    words, wrong = Text("words in the sentence", "слов в предложении"), Text("words wrong", "неверных слов")
    return (Lines(title, words, wrong, series, y_range=(-0.02, None), per_cent=True),)
