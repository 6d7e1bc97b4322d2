"""Texts that tokenisers learn from in tests, and texts that are hard to cut and to put together again."""

from __future__ import annotations

TEXTS = [
    "Жила-была лиса. Лиса увидела фонарь, и фонарь увидел лису. «Кто там?» — спросила лиса.\n" * 3,
    "Once upon a time a fox met a fox. The fox had 12 lanterns, hadn't she? The fox's lantern shone.\n" * 3,
    "Ёжик 🦔 и 👩‍👩‍👧 e\u0301té naïve café 中文故事 <pad> <0x0A>",
]
HARD = [
    "",
    "\0",
    "\n",
    "fox, lantern, river",
    "лиса, фонарь; река -> огород",
    "\r\n\r\n a  b   c \t\r",
    "  leading and trailing  ",
    "<pad><start><end><plan><next><none> <0x0A>",
    "e\u0301 й и\u0306 👩‍👩‍👧‍👦🏳️‍🌈 \u200b\ufeff\u2028\x85\x1c",
    "\ufeffbom in front",
    "don't 'quoted' rock'n'roll l’homme 3.14159 №5 l'e\u0301 'ss''s",
    "кошка's-мышка… «Ах!» — сказала она?!?!?!?!?!?!?!?!?!?!",
    "a" * 300 + "я" * 200,
    "a" * 3000,
    "\u3000ideographic\u00a0spaces\u2009here\x1c\x1d\x85x",
    "ไทย हिन्दी العربية עברית ქართული 한국어",
]
