"""What skaz chooses by itself: a recipe that fits the corpus, the machine and the budget."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from skaz.corpus.shards import Shards
from skaz.nn.seq2seq import Seq2Seq, SourceTokens
from skaz.recipe import PARALLEL_CELLS, Recipe
from skaz.recipe_checks import without_monotonic
from skaz.recipe_reading import flat_settings, sized, with_settings
from skaz.text.alignment import Alignment
from skaz.training.budget import budget_of
from skaz.training.sizing import Speed, choose_size, measure_speed, tokens_of_budget

MEASURE_S = 3.0
LONG_TEXT_TOKENS = 8_000
FEW_TOKENS = 1_000
# Pairs that are read so few times can't be learnt by heart; then this part of the dropout is enough.
FEW_PASSES, DROPOUT_OF_FEW = 3.0, 0.33
# Passes over stories times the network's numbers for each of their tokens. Weights between states that were dropped
# brought nothing at 7 and 10, and most with a rate of 0.3 at 24 and 37, of 0.5 at 68 (docs/architecture.md).
LIGHT_BURDEN, HEAVY_BURDEN = 20.0, 50.0
# After 2.2 passes of one network over a text two were 1 % behind it, after 7.5 they were 2 % ahead
# (docs/benchmarks.md).
PASSES_FOR_TWO = 5.0
LEAST_S_FOR_TWO = 60.0  # a process takes some seconds to begin
SPEED_WITH_HALF = 0.6  # of the cores: 24 and 28 thousand tokens a second of characters, where both had 43
SLOWEST_TOKENS_PER_S = 1_000.0  # pairs that even so are read often enough need no measuring
# Of the targets' information: sounds from letters have 0.66 to 0.85 of it, dates and numbers in words 0.2 to 0.27.
FOLLOWS = 0.5

# Of the usual rate, for what has learnt already: of 1, 0.5 and 0.25 the best was 0.25 with 100,000 characters, 0.5 with
# 65,000, and 1, hardly before 0.5, with 400,000 (docs/benchmarks.md).
RATE_TO_FINE_TUNE = 0.35

# One long text: most of what is read is a piece from the middle, which no plan foretells. What is left is a
# language model, which goes on from an opening and reads nothing else.
WITHOUT_SOURCES: Mapping[str, Any] = {
    "model.encoder.layers": 0,
    "model.attention": "none",
    "model.copy": False,
    "sources.plan": 0,
    "sources.title": 0,
    "sources.opening": 0,
}
# Characters: few tokens that say little each need few numbers each, and the output layer costs next to nothing.
FOR_FEW_TOKENS: Mapping[str, Any] = {
    "model.embedding_size": 64,
    "model.tied_embeddings": False,
    "model.initialiser": "uniform",
    "training.learning_rate": 8e-3,
    # an update is done so soon that Muon's part of it would be a third, and it does not save that many
    "training.optimiser": "adamw",
    # at the end it changes little; before, while the rate is high, what is measured and kept is far better
    "training.average_decay": 0.99,
}

# So long a window leaves a batch few rows, and an LSTM then waits at every step: at equal time cells that train in
# parallel over time are ahead (benchmarks/parallel_cells.py; with a quarter of the window they are behind).
LONG_WINDOW = 4096
LONG_WINDOW_ON_GPU = 1024
FOR_LONG_WINDOWS: Mapping[str, Any] = {
    "model.decoder.cell": "minlstm",
    "model.decoder.layers": 2,
    "model.residual": True,
    "model.layer_norm": True,
}

# Strings in order, whose attention has nothing to learn: what is left learns best in many small steps, and from few
# pairs with letters that are often missing. What a network forgets of rare surroundings, n-grams have by heart.
FOR_STRINGS_IN_ORDER: Mapping[str, Any] = {
    "model.attention": "monotonic",
    "model.ngram_weight": 0.2,
    "model.embedding_dropout": 0.35,
    "training.optimiser": "adamw",
    "training.learning_rate": 3e-3,
    "training.batch_tokens": 512,
}


@dataclass(frozen=True)
class Situation:
    """What a choice depends on. `left_s`: seconds left of a budget in minutes; `alignment`: of strings, which target
    tokens come from which source tokens, where that can be learnt."""

    train: Shards
    vocabulary_size: int
    device: torch.device
    left_s: float
    source_tokens: SourceTokens | None = None
    alignment: Alignment | None = None


def choose_recipe(recipe: Recipe, stated: frozenset[str], now: Situation, say: Callable[[str], None]) -> Recipe:
    """The recipe with every automatic choice made; what the person `stated` stays as it is."""
    chosen = _chosen(recipe, stated, now, say)
    if chosen.training.start_from is None or "training.learning_rate" in stated:
        return chosen
    rate = float(f"{RATE_TO_FINE_TUNE * chosen.training.learning_rate:.3g}")
    say(f"learning rate {rate:g}: what has learnt already is to forget little of it")
    return with_settings(chosen, {"training.learning_rate": rate})


def _chosen(recipe: Recipe, stated: frozenset[str], now: Situation, say: Callable[[str], None]) -> Recipe:
    if recipe.task != "write":
        recipe = sized(recipe, "small", stated) if recipe.size == "auto" else recipe
        return _choose_dropout(_choose_attention(recipe, stated, now, say), stated, now, say)
    recipe = _choose_sources(recipe, stated, now, say)
    long_window = LONG_WINDOW if now.device.type == "cpu" else LONG_WINDOW_ON_GPU
    # between the states of a cell that trains in parallel there are no weights to drop
    if recipe.training.window >= long_window and "model.decoder.cell" not in stated and not recipe.model.weight_dropout:
        why = f"a window of {recipe.training.window} is long, and an LSTM would wait at every step"
        recipe = _tell_unless_stated(recipe, stated, FOR_LONG_WINDOWS, why, say)
    fixed = stated
    if now.vocabulary_size <= FEW_TOKENS:
        why = f"of only {now.vocabulary_size} tokens, as of characters, each says little"
        recipe = _tell_unless_stated(recipe, stated, FOR_FEW_TOKENS, why, say)
        fixed = stated | frozenset(FOR_FEW_TOKENS)
    speed = None
    if recipe.size == "auto":
        recipe, speed = _choose_size(recipe, fixed, now, say)
    recipe, speed = _choose_networks(recipe, stated, now, speed, say)
    return _choose_dropout_of_stories(recipe, stated, now, speed, say)


def _unless_stated(recipe: Recipe, stated: frozenset[str], settings: Mapping[str, Any]) -> Recipe:
    return with_settings(recipe, {name: value for name, value in settings.items() if name not in stated})


def _tell_unless_stated(
    recipe: Recipe, stated: frozenset[str], settings: Mapping[str, Any], why: str, say: Callable[[str], None]
) -> Recipe:
    """`_unless_stated`, and tells which settings that changes, and why."""
    before, chosen = flat_settings(recipe), _unless_stated(recipe, stated, settings)
    now = flat_settings(chosen)
    told = [f"{_in_words(name)} {_shown(now[name])}" for name in settings if now[name] != before[name]]
    if told:
        say(f"{', '.join(told)}: {why}")
    return chosen


def _in_words(name: str) -> str:
    """A setting's name without its group: "decoder cell" of model.decoder.cell."""
    return name.partition(".")[2].replace(".", " ").replace("_", " ")


def _shown(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _choose_sources(recipe: Recipe, stated: frozenset[str], now: Situation, say: Callable[[str], None]) -> Recipe:
    """What stories are read after: nothing before long texts, unless the person stated a part of what reads, and no
    plans or titles where there are none."""
    settings = flat_settings(recipe)
    wanted = any(name in stated and settings[name] not in (0, "none") for name in WITHOUT_SOURCES)
    if not wanted and now.train.n_tokens / max(len(now.train), 1) > LONG_TEXT_TOKENS:
        without = _unless_stated(recipe, stated, WITHOUT_SOURCES)
        if without != recipe:
            say("encoder none: of long texts most of what is read is a piece from the middle, which no plan foretells")
        return without
    if not recipe.model.encoder.layers:
        return recipe
    if recipe.sources.plan and not now.train.has_plans:
        say("sources.plan 0: no story of the corpus has a plan")
        recipe = with_settings(recipe, {"sources.plan": 0})
    if not now.train.has_titles:
        recipe = _unless_stated(recipe, stated, {"sources.title": 0})  # silently: most texts have none
    return _choose_copying(recipe, stated, say)


def _choose_copying(recipe: Recipe, stated: frozenset[str], say: Callable[[str], None]) -> Recipe:
    """What a plan or a title names comes in the story: to copy it is learnt far sooner than to write it anew."""
    names = recipe.sources.plan or recipe.sources.title
    if "model.copy" in stated or recipe.model.copy or not (recipe.model.has_memory and names):
        return recipe
    say("copy true: the words of plans and titles may be copied into the stories")
    return with_settings(recipe, {"model.copy": True})


def _choose_attention(recipe: Recipe, stated: frozenset[str], now: Situation, say: Callable[[str], None]) -> Recipe:
    """Monotonic attention for strings that follow their sources in order, as sounds follow letters: what the others
    have to learn, and learn badly from few pairs, it has by construction."""
    if now.alignment is None:
        return recipe
    if not recipe.model.is_monotonic:  # else it was asked for
        if now.alignment.explained < FOLLOWS:
            return recipe
        if "model.attention" in stated or without_monotonic(recipe):
            say(_otherwise(recipe, stated, now.alignment.explained))
            return recipe
        say(
            f"attention monotonic: in order along the source, each token by itself, {now.alignment.explained:.0%} of a "
            "target is explained"
        )
        recipe = with_settings(recipe, {"model.attention": "monotonic"})
    why = "what is left to learn of strings in order is learnt best so"
    return _tell_unless_stated(recipe, stated, FOR_STRINGS_IN_ORDER, why, say)


def _otherwise(recipe: Recipe, stated: frozenset[str], explained: float) -> str:
    """What is not set where a person wants other attention for strings in order than monotonic."""
    settings = flat_settings(recipe)
    alone = {"model.attention", "model.ngram_weight"}  # which no other attention can have
    others = {name: value for name, value in FOR_STRINGS_IN_ORDER.items() if name not in stated | alone}
    unset = ", ".join(f"{name}={_shown(value)}" for name, value in others.items() if settings[name] != value)
    what = f"; what goes with it is not set: {unset}" if unset else ""
    return f"attention {recipe.model.attention}: monotonic would explain {explained:.0%} of a target{what}"


def _choose_dropout(recipe: Recipe, stated: frozenset[str], now: Situation, say: Callable[[str], None]) -> Recipe:
    """Less dropout for pairs that are read only a few times."""
    if {"model.dropout", "model.embedding_dropout"} <= stated:
        return recipe
    passes = _passes(recipe, now)
    if passes >= FEW_PASSES:
        return recipe
    before = {"model.dropout": recipe.model.dropout, "model.embedding_dropout": recipe.model.embedding_dropout}
    fewer = _unless_stated(recipe, stated, {name: round(DROPOUT_OF_FEW * rate, 3) for name, rate in before.items()})
    if fewer.model.dropout != recipe.model.dropout:
        say(f"dropout {fewer.model.dropout:g}: about {_few(passes)} passes over the pairs teach none of them by heart")
    return fewer


def _passes(recipe: Recipe, now: Situation) -> float:
    """About how often the budget lets the pairs be read."""
    corpus_tokens = now.train.n_tokens
    if recipe.model.is_monotonic:  # its steps along a source are tokens as well
        corpus_tokens += int(now.train.source_lengths.sum())
    passes = _tokens(recipe, SLOWEST_TOKENS_PER_S, now, corpus_tokens) / corpus_tokens
    if passes >= FEW_PASSES or budget_of(recipe.training).unit != "minutes":
        return passes
    return _tokens(recipe, _speed(recipe, now).tokens_per_s, now, corpus_tokens) / corpus_tokens


def _choose_size(
    recipe: Recipe, fixed: frozenset[str], now: Situation, say: Callable[[str], None]
) -> tuple[Recipe, Speed | None]:
    """The recipe at the size that fits, and how fast it trains; None where only that of the small one is known."""
    speed = _speed(sized(recipe, "small", fixed), now)
    corpus_tokens = now.train.n_tokens
    choice = choose_size(speed, _tokens(recipe, speed.tokens_per_s, now, corpus_tokens), corpus_tokens)
    say(f"size {choice.size}: {choice.reason}")
    return sized(recipe, choice.size, fixed), speed if choice.size == "small" else None


def _choose_networks(
    recipe: Recipe, stated: frozenset[str], now: Situation, speed: Speed | None, say: Callable[[str], None]
) -> tuple[Recipe, Speed | None]:
    """Two networks with half of the cores each, where one with all of them would read the stories often; and how fast
    the recipe trains, where that is known."""
    in_minutes = budget_of(recipe.training).unit == "minutes"
    is_stated = bool({"networks", "training.threads"} & stated)
    if is_stated or not in_minutes or now.left_s < LEAST_S_FOR_TWO:
        return recipe, speed
    if now.device.type != "cpu" or torch.get_num_threads() < 2:
        return recipe, speed
    speed = speed or _speed(recipe, now)
    passes = _passes_over_stories(recipe, speed, now)
    if passes < PASSES_FOR_TWO:
        return recipe, speed
    say(
        f"networks 2: one alone would go over the stories about {_few(passes)} times; two with half of the cores each "
        "learn more together"
    )
    each = replace(speed, tokens_per_s=SPEED_WITH_HALF * speed.tokens_per_s)
    return with_settings(recipe, {"networks": 2}), each


def _choose_dropout_of_stories(
    recipe: Recipe, stated: frozenset[str], now: Situation, speed: Speed | None, say: Callable[[str], None]
) -> Recipe:
    """More dropout for stories that are read more often; of weights between states where they could be learnt by heart
    all the same."""
    if {"model.dropout", "model.weight_dropout"} <= stated:
        return recipe
    passes = _passes_over_stories(recipe, speed, now)
    numbers = Seq2Seq(recipe.model, now.vocabulary_size, torch.Generator(), now.source_tokens).n_parameters()
    burden = passes * numbers / max(now.train.n_tokens, 1)
    dropped = {"model.dropout": dropout_for(passes, burden)}
    if recipe.model.decoder.cell not in PARALLEL_CELLS:
        dropped["model.weight_dropout"] = weight_dropout_for(burden)
    chosen = _unless_stated(recipe, stated, dropped)
    if chosen.model.weight_dropout != recipe.model.weight_dropout:
        say(
            f"dropout {chosen.model.dropout:g}, of weights between states {chosen.model.weight_dropout:g}: about "
            f"{_few(passes)} passes{' of each network' if recipe.networks > 1 else ''} over so little text would teach "
            "it by heart"
        )
    return chosen


def _passes_over_stories(recipe: Recipe, speed: Speed | None, now: Situation) -> float:
    """About how often the budget lets the stories be read, at this speed, which is measured where it counts and is not
    known."""
    in_minutes = budget_of(recipe.training).unit == "minutes"
    tokens_per_s = (speed or _speed(recipe, now)).tokens_per_s if in_minutes else 0.0
    corpus_tokens = max(now.train.n_tokens, 1)
    return _tokens(recipe, tokens_per_s, now, corpus_tokens) / corpus_tokens


def _tokens(recipe: Recipe, tokens_per_s: float, now: Situation, corpus_tokens: int) -> float:
    """The tokens of the budget, less the seconds for measuring a speed."""
    return tokens_of_budget(
        budget_of(recipe.training),
        tokens_per_s=tokens_per_s,
        left_s=max(now.left_s - _measure_s(recipe), 0.0),
        corpus_tokens=corpus_tokens,
        step_tokens=recipe.training.batch_tokens,
    )


def _speed(recipe: Recipe, now: Situation) -> Speed:
    """How fast this machine trains the recipe, measured on the corpus."""
    seconds = _measure_s(recipe)
    return measure_speed(recipe, now.train, now.vocabulary_size, now.source_tokens, device=now.device, seconds=seconds)


def _measure_s(recipe: Recipe) -> float:
    return min(MEASURE_S, (budget_of(recipe.training).seconds or 60.0) / 20)


def _few(number: float) -> str:
    """An estimate, as roughly as it is known."""
    return f"{number:.1f}" if number < 10 else f"{number:,.0f}"


def dropout_for(passes: float, burden: float) -> float:
    """Dropout of units for so many passes over the corpus: what is read once can't be learnt by heart. `burden`: the
    passes times the network's numbers for each token of the corpus."""
    if passes < 5:
        return 0.0 if passes < 2 else 0.1 if passes < 3 else 0.2
    return 0.3 if burden < HEAVY_BURDEN else 0.5


def weight_dropout_for(burden: float) -> float:
    """Dropout of the weights between states."""
    return 0.0 if burden < LIGHT_BURDEN else 0.3 if burden < HEAVY_BURDEN else 0.5
