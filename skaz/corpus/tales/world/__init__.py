"""The tale world: small consistent worlds, told in many ways in two languages, and checked.

Someone loses something somewhere, someone else helps, and it is found: `invent` makes up a world, `tell`
tells it, `check` says whether a story, whoever wrote it, keeps to its plan.
"""

from skaz.corpus.tales.world.check import Check, check
from skaz.corpus.tales.world.telling import Language, Tale, plan_of, tales, tell
from skaz.corpus.tales.world.world import World, invent

__all__ = ["Check", "Language", "Tale", "World", "check", "invent", "plan_of", "tales", "tell"]
