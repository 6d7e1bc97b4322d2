"""The experiment `length` in words."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from skaz.lab.panels import Lines, Panel, Series
from skaz.lab.texts import Text, counted, joined, same, times, told

if TYPE_CHECKING:
    from skaz.lab.length import LengthData

TITLE = Text("Parameters and length", "Параметры и длина")
QUESTION = Text(
    "Does a longer sentence need a larger network?",
    "Нужна ли для предложения подлиннее сеть побольше?",
)
METHOD = Text(
    "A seq2seq network and a plain one, with the same words and as many units, each built and run for sentences of "
    "growing length. The plain one has one hidden layer and a number for every word at every place, going in and "
    "coming out.",
    "Сеть seq2seq и обычная сеть, с теми же словами и с тем же числом нейронов; каждую строят и запускают для "
    "предложений растущей длины. У обычной один скрытый слой и по числу на каждое слово на каждом месте, на входе и "
    "на выходе.",
)
_PARAMETERS = (("parameter", "parameters"), ("параметр", "параметра", "параметров"))
_LONG = (("word", "words"), ("слово", "слова", "слов"))
_WORDS = (("word", "words"), ("слова", "слов", "слов"))


def finding(data: LengthData) -> Text:
    """What this run showed."""
    first, last = data.counts[0], data.counts[-1]
    flat = data.same_network and all(each.seq2seq == first.seq2seq for each in data.counts)
    sentences = []
    if flat:
        sentences.append(
            told(
                "The seq2seq network has {n} whatever the length: one and the same read and wrote sentences of {first} "
                "and of {last}.",
                "У сети seq2seq {n} при любой длине: одна и та же прочла и написала предложения длиной и в {first}, и "
                "в {last}.",
                n=counted(first.seq2seq, *_PARAMETERS),
                first=counted(first.length, *_LONG),
                last=counted(last.length, *_LONG),
            )
        )
    else:
        sentences.append(
            told(
                "The seq2seq network's parameters were not the same at every length: from {first:,} to {last:,}.",
                "Число параметров сети seq2seq оказалось при разной длине разным: от {first:,} до {last:,}.",
                first=first.seq2seq,
                last=last.seq2seq,
            )
        )
    return joined([*sentences, _growth(data), _crossing(data)])


def _more_a_word(data: LengthData) -> float:
    """Parameters that a word more costs the plain network; 0 where a single length was counted."""
    first, last = data.counts[0], data.counts[-1]
    return (last.plain - first.plain) / max(last.length - first.length, 1)


def _growth(data: LengthData) -> Text:
    more, last = _more_a_word(data), data.counts[-1]
    if more <= 0:
        return told("The plain one did not grow: {n:,}.", "Обычная не выросла: {n:,}.", n=last.plain)
    return told(
        "The plain one grows with every word by {more:,.0f}, to {n:,} at {length}: {beside}.",
        "Обычная растёт с каждым словом на {more:,.0f} и доходит до {n:,} при длине {length}: {beside}.",
        more=more,
        n=last.plain,
        length=counted(last.length, *_LONG),
        beside=_beside(last.plain / last.seq2seq),
    )


def _beside(ratio: float) -> Text:
    if ratio < 1.05:
        spec = ".0%" if ratio >= 0.1 else ".2%"
        return told("{ratio:" + spec + "} of the other's", "это {ratio:" + spec + "} от другой", ratio=ratio)
    number = times(ratio, ",.0f" if ratio >= 10 else ".2g")
    return told("{number} as many as the other", "в {number} больше", number=number)


def crossing(data: LengthData) -> int | None:
    """The length from which on the plain network is the larger, by its growth from word to word, so that it need not
    be one of those counted; None: up to the longest of them it is not."""
    more, last = _more_a_word(data), data.counts[-1]
    ahead = last.plain - last.seq2seq
    if ahead <= 0:
        return None
    return last.length - (math.ceil(ahead / more) - 1 if more > 0 else 0)


def _crossing(data: LengthData) -> Text:
    length = crossing(data)
    if length is None:
        return Text("Up to this length it is still the smaller one.", "До этой длины она всё же остаётся меньшей.")
    return told(
        "From {words} on it is the larger, and a sentence longer than it was built for it can't take at all.",
        "Начиная с {words} она больше, а предложение длиннее, чем предусмотрено, не примет вовсе.",
        words=counted(length, *_WORDS),
    )


def panels(data: LengthData) -> tuple[Panel, ...]:
    """The picture: the two counts over the length."""
    lengths = tuple(each.length for each in data.counts)
    return (
        Lines(
            Text("Numbers that training sets", "Числа, которые подбирает обучение"),
            Text("words in the sentence", "слов в предложении"),
            Text("parameters, millions", "параметров, млн"),
            (
                Series(same("seq2seq"), lengths, tuple(each.seq2seq / 1e6 for each in data.counts), 0),
                Series(
                    Text("a plain network over the padded sentence", "обычная сеть по дополненному предложению"),
                    lengths,
                    tuple(each.plain / 1e6 for each in data.counts),
                    1,
                ),
            ),
            y_range=(0.0, None),
        ),
    )
