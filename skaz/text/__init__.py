"""Characters to token ids and back, and the key words of a story."""

from skaz.text.plan import DocumentFrequency, extract_plan, parse_plan
from skaz.text.sentences import opening_end, split_sentences
from skaz.text.streaming import TextStream
from skaz.text.tokenizer import SPECIALS, Tokenizer

__all__ = [
    "SPECIALS",
    "DocumentFrequency",
    "TextStream",
    "Tokenizer",
    "extract_plan",
    "opening_end",
    "parse_plan",
    "split_sentences",
]
