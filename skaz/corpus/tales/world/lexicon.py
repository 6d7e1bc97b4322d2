"""The words of the tale world: every kind, name, place and thing, keyed by its English phrase.

The classes are disjoint: a noun that can be a hero is never a helper, a thing that can be lost is never
where another is hidden. So a checker that meets a noun knows which part it plays.
"""

from dataclasses import dataclass
from typing import Literal

Gender = Literal["m", "f", "n"]
Size = Literal["small", "middle", "large"]


@dataclass(frozen=True)
class Kind:
    """What a hero or a helper is. The gender serves both languages: he or she, он или она."""

    key: str
    gender: Gender


@dataclass(frozen=True)
class Thing:
    """What is lost. Size and lightness say how it can get lost and where it can be hidden."""

    key: str
    size: Size
    light: bool
    adjectives: tuple[str, ...]


@dataclass(frozen=True)
class Place:
    """Where the story happens: "by the mill pond"."""

    key: str
    preposition: str


@dataclass(frozen=True)
class Hiding:
    """Where the thing is found: "in the hollow oak". A narrow one holds small things only."""

    key: str
    preposition: str
    narrow: bool = False


def _kinds(masculine: str, feminine: str) -> dict[str, Kind]:
    found = {key: Kind(key, "m") for key in masculine.split()}
    found.update({key: Kind(key, "f") for key in feminine.split()})
    return found


HERO_KINDS = _kinds(
    "hedgehog hare mole badger beaver sparrow kitten piglet lamb boy hamster fawn raccoon bear wolf chipmunk",
    "fox mouse squirrel otter duck frog goat turtle girl titmouse weasel marten lynx swallow",
)

HELPERS = _kinds(
    "raven stork crane tomcat donkey goose rooster ram miller ferryman shepherd blacksmith baker fisherman "
    "beekeeper gardener postman watchman forester carpenter cobbler potter",
    "heron owl toad cow mare hen weaver washerwoman milkmaid seamstress",
)

HELPER_ADJECTIVES = ("old", "sleepy", "grumpy", "fat", "kind", "tall", "wise")


def _words(written: str) -> tuple[str, ...]:
    return tuple(written.split())


NAMES: dict[Gender, tuple[str, ...]] = {
    "f": _words(
        "Tansy Willa Poppy Hazel Mabel Dotty Clover Juniper Nell Olive Pippa Rosie Tilly Maisie Hettie Bess "
        "Cora Daisy Elsie Flora Greta Ivy Lottie Marigold Minnie Nora Peggy Sadie Tess Winnie Zelda Martha"
    ),
    "m": _words(
        "Alfie Archie Barnaby Basil Benno Bertie Bruno Caspar Chester Digby Dexter Edgar Felix Fergus Freddie Gilbert "
        "Gus Hugo Jasper Linus Milo Monty Nico Ollie Oscar Otto Percy Rufus Rollo Toby Wilbur Simon"
    ),
}


def _thing(key: str, size: Size, adjectives: str, *, light: bool = False) -> Thing:
    return Thing(key, size, light, tuple(adjectives.split()))


THINGS = {
    thing.key: thing
    for thing in (
        _thing("lantern", "large", "blue red green copper tin"),
        _thing("pinwheel", "middle", "red yellow striped paper", light=True),
        _thing("umbrella", "large", "red yellow striped black", light=True),
        _thing("drum", "large", "red little tin wooden"),
        _thing("fiddle", "large", "brown little wooden"),
        _thing("jug", "large", "clay blue white copper"),
        _thing("accordion", "large", "red little black"),
        _thing("basket", "large", "little yellow white"),
        _thing("mirror", "middle", "round little silver"),
        _thing("scarf", "middle", "red blue striped woollen green", light=True),
        _thing("hat", "middle", "straw green black yellow", light=True),
        _thing("shawl", "middle", "woollen white blue silk", light=True),
        _thing("flag", "middle", "red blue yellow paper", light=True),
        _thing("map", "middle", "paper yellow little", light=True),
        _thing("cup", "middle", "white blue clay tin"),
        _thing("ball", "middle", "red blue striped leather"),
        _thing("book", "middle", "green little blue leather"),
        _thing("doll", "middle", "little straw wooden"),
        _thing("flute", "middle", "wooden silver little"),
        _thing("ship", "middle", "little wooden white paper"),
        _thing("apron", "middle", "white striped blue", light=True),
        _thing("belt", "middle", "leather red woollen"),
        _thing("candle", "middle", "white yellow red"),
        _thing("horseshoe", "middle", "copper silver little"),
        _thing("mitten", "small", "red woollen striped white", light=True),
        _thing("glove", "small", "leather green white", light=True),
        _thing("ribbon", "small", "silk red blue yellow", light=True),
        _thing("feather", "small", "white blue black red", light=True),
        _thing("pencil", "small", "red blue little"),
        _thing("key", "small", "copper silver little black"),
        _thing("bell", "small", "copper silver little"),
        _thing("whistle", "small", "tin wooden red"),
        _thing("button", "small", "silver red blue wooden"),
        _thing("ring", "small", "silver copper glass"),
        _thing("spoon", "small", "silver wooden tin"),
        _thing("comb", "small", "wooden silver red"),
        _thing("compass", "small", "copper little round"),
        _thing("coin", "small", "silver copper round"),
        _thing("thimble", "small", "silver copper tin"),
        _thing("medal", "small", "silver copper tin"),
        _thing("bead", "small", "glass blue red yellow"),
        _thing("brush", "small", "little wooden red"),
    )
}

PLACES = {
    place.key: place
    for place in (
        Place("mill pond", "by"),
        Place("birch grove", "in"),
        Place("apple orchard", "in"),
        Place("fishing village", "in"),
        Place("stone bridge", "by"),
        Place("river bend", "at"),
        Place("ferry landing", "at"),
        Place("market square", "on"),
        Place("green valley", "in"),
        Place("white lighthouse", "by"),
        Place("pine wood", "in"),
        Place("clover meadow", "in"),
        Place("forest lake", "by"),
        Place("sunny hillside", "on"),
        Place("windy hill", "on"),
        Place("quiet street", "on"),
        Place("town park", "in"),
        Place("sandy shore", "on"),
        Place("reedy island", "on"),
        Place("railway station", "at"),
        Place("village school", "near"),
        Place("old mill", "by"),
        Place("deep ravine", "by"),
        Place("mountain spring", "by"),
        Place("oak forest", "in"),
        Place("sunflower field", "by"),
        Place("distant village", "in"),
        Place("monastery garden", "in"),
        Place("raspberry glade", "in"),
        Place("crooked lane", "on"),
        Place("old harbour", "in"),
        Place("cranberry marsh", "by"),
    )
}

HIDINGS = {
    hiding.key: hiding
    for hiding in (
        Hiding("hollow oak", "in"),
        Hiding("haystack", "in"),
        Hiding("upturned boat", "under"),
        Hiding("empty barrel", "in"),
        Hiding("bramble bush", "in"),
        Hiding("log pile", "behind"),
        Hiding("broken cart", "under"),
        Hiding("garden wheelbarrow", "in"),
        Hiding("tall nettles", "in"),
        Hiding("rotten stump", "behind"),
        Hiding("dry ditch", "in"),
        Hiding("garden bench", "under"),
        Hiding("mossy rock", "behind"),
        Hiding("fallen birch", "under"),
        Hiding("open shed", "in"),
        Hiding("currant bush", "under"),
        Hiding("stone wall", "behind"),
        Hiding("fern thicket", "in"),
        Hiding("wooden porch", "under"),
        Hiding("cabbage bed", "in"),
        Hiding("empty beehive", "behind"),
        Hiding("low roof", "on"),
        Hiding("young fir", "under"),
        Hiding("wicker fence", "behind"),
        Hiding("old boot", "in", narrow=True),
        Hiding("flower pot", "in", narrow=True),
        Hiding("watering can", "in", narrow=True),
        Hiding("leaky bucket", "in", narrow=True),
        Hiding("empty nest", "in", narrow=True),
        Hiding("clay pipe", "in", narrow=True),
        Hiding("wooden trough", "in", narrow=True),
        Hiding("cracked pumpkin", "in", narrow=True),
    )
}

TRAITS = ("hurry", "count", "hum", "shy", "tidy", "dreamy", "brave", "curious", "stubborn", "sleepy")
REASONS = ("keepsake", "fair", "borrowed", "birthday", "made", "promise", "prize", "luck", "farewell")
# The thing is wanted today, so it is on its way and was not put away by a cousin or by the hero.
TODAY_REASONS = frozenset({"fair", "borrowed", "promise"})
AT_HOME_LOSSES = frozenset({"cousin", "hidden"})
# Nobody makes these at home, and nobody wraps up a key for a birthday.
NEVER_MADE = frozenset({"feather", "coin", "medal", "compass", "key", "map", "horseshoe", "bead", "mirror"})
NEVER_GIVEN = frozenset({"key", "medal"})
LOSSES = ("wind", "pocket", "magpie", "puppy", "forgotten", "cart", "cousin", "hidden")
WEATHERS = ("rain", "fog", "heat", "dusk", "mud", "autumn")
SEARCHES = ("twice", "beetle", "call", "wrong", "pockets", "grasshopper", "steps", "cry", "stranger", "moth")
PRICES = (
    "song", "bread", "story", "water", "dance", "silence", "promise", "free", "joke", "thorn",
    "riddle_river", "riddle_echo", "riddle_shadow", "riddle_tomorrow",
)  # fmt: skip
# The reasons for which the thing stays with the hero: only then may the ending use it again.
KEEPING_REASONS = frozenset({"keepsake", "fair", "made", "prize", "luck", "farewell"})
# The hero has had the thing for long: only then may the story say what it was good for every day.
OWNING_REASONS = frozenset({"keepsake", "prize", "luck", "farewell"})
KEEPING_ENDINGS = ("pillow", "string", "polish", "shelf", "goodnight", "nobody_touch", "looked", "hold")
FREE_ENDINGS = (
    "moon", "soup", "friend", "laugh", "home", "puddle", "asleep", "next_day", "window", "door",
    "supper", "letter_home", "stars", "sneeze", "whisper", "hungry", "secret", "long_way", "visit", "morning",
)  # fmt: skip
ENDINGS = KEEPING_ENDINGS + FREE_ENDINGS
# A birthday present is given the next day: what follows must not be the same evening.
# These endings are told where the thing is found, before the reason comes back.
SPOT_ENDINGS = frozenset({"whisper", "sneeze", "laugh", "puddle", "long_way"})
TIMELESS_ENDINGS = ("friend", "letter_home", "secret", "visit", *sorted(SPOT_ENDINGS))
# No puddles and no cold nose after three weeks of heat.
WET_ENDINGS = frozenset({"puddle", "sneeze"})
