"""The bundle: a trained model in a folder that a person can read. Nothing in it is ever executed.

bundle.json         format number, SHA-256 of the other files, what was measured, the corpus's fingerprint
model.safetensors   the weights; of the second network of an ensemble model.2.safetensors, and so on
tokenizer.json      the vocabulary (Hugging Face tokenizers)
source_tokenizer.json   of sources with other tokens
alignment.safetensors   which source token a target token comes from, where attention is monotonic
ngrams.safetensors  the pairs and their walks, where n-grams vote beside the network
plan_words.txt      the words of the plans of its stories, where they are read, the commonest first
recipe.toml         every setting
card.md             what it was trained on, how long, how good, in words
metrics.jsonl       the run's measurements, a JSON object a line
loss.png, loss.svg  their plot
stage.N.safetensors   the weights after update N, in half precision, where the recipe asked for stages
encoder.onnx        the network as graphs that run without PyTorch; no encoder where no source is read
step.onnx           of the second network encoder.2.onnx and step.2.onnx
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any, TypedDict

import msgspec

from skaz.errors import BundleError, RecipeError
from skaz.files import expanded, for_shell, new_folder, put_text, remove_file, sha256_of, write_together
from skaz.recipe import MOST_NETWORKS, Recipe
from skaz.recipe_reading import load_recipe, recipe_to_toml
from skaz.text.alignment import ALIGNMENT_FILE, Alignment
from skaz.text.ngrams import NGRAMS_FILE
from skaz.text.plan_words import PLAN_WORDS_FILE, PlanWords
from skaz.text.tokenizer import SOURCE_TOKENIZER_FILE, TOKENIZER_FILE, Tokenizer

FORMAT = 1
TOKENIZER, SOURCE_TOKENIZER = TOKENIZER_FILE, SOURCE_TOKENIZER_FILE
ALIGNMENT, NGRAMS, PLAN_WORDS = ALIGNMENT_FILE, NGRAMS_FILE, PLAN_WORDS_FILE
MANIFEST, WEIGHTS, RECIPE, CARD, METRICS, ENCODER, STEP = (
    "bundle.json",
    "model.safetensors",
    "recipe.toml",
    "card.md",
    "metrics.jsonl",
    "encoder.onnx",
    "step.onnx",
)
_NEEDED = (WEIGHTS, TOKENIZER, RECIPE)
_GRAPH = ".onnx"  # made from the weights: a bundle is whole without them
_DAMAGED = "{} is damaged; copy the bundle again or train it anew."
_REPLACED_S = 0.5  # that graphs which `replace_graphs` moves in are without their manifest, at most

_Count = Annotated[int, msgspec.Meta(ge=0)]


class _Corpus(TypedDict, total=False):
    names: list[str]
    languages: dict[str, float]
    stories: _Count
    characters: _Count
    tokens: _Count
    longest_target_tokens: _Count
    ascii_of_sources: str
    ascii_of_targets: str
    held_out_stories: _Count
    held_out_characters: _Count
    measured_characters: _Count
    fingerprint: str


class _Run(TypedDict, total=False):
    parameters: _Count
    networks: Annotated[int, msgspec.Meta(ge=1, le=MOST_NETWORKS)]
    steps: _Count
    epochs: float
    tokens: _Count
    seconds: float
    ended: str
    started_from: str
    stage_steps: list[_Count]
    stage_seconds: list[float]


class _Manifest(TypedDict):
    """What is read of a manifest; there may be more in it."""

    measures: dict[str, float]
    corpus: _Corpus
    run: _Run
    sha256: dict[str, str]


@dataclass(frozen=True)
class Facts:
    """What the manifest tells of a model: measures by name, the corpus, the run."""

    measures: Mapping[str, float]
    corpus: Mapping[str, Any]
    run: Mapping[str, Any]
    skaz_version: str


@dataclass(frozen=True)
class Bundle:
    """A bundle that has been checked: complete, undamaged, of a format that this skaz reads. `hashes`: the SHA-256 of
    its files as the manifest has them; graphs are checked when they are opened."""

    path: Path
    recipe: Recipe
    tokenizer: Tokenizer
    source_tokenizer: Tokenizer | None
    alignment: Alignment | None
    facts: Facts
    hashes: Mapping[str, str]
    plan_words: PlanWords

    @property
    def weights_paths(self) -> tuple[Path, ...]:
        """Of each network; more than one in an ensemble."""
        return tuple(self.path / of_network(WEIGHTS, number) for number in range(1, self.recipe.networks + 1))

    @property
    def weights_path(self) -> Path:
        """Of the first network: what looks into a bundle looks into that."""
        return self.path / WEIGHTS


def of_network(name: str, number: int) -> str:
    """What a file of the first network is called for the network of that number: step.onnx, step.2.onnx …"""
    stem, dot, ending = name.rpartition(".")
    return name if number == 1 else f"{stem}.{number}{dot}{ending}"


def write_bundle(path: Path, *, recipe: Recipe, facts: Facts, card: str, files: Mapping[str, Path]) -> None:
    """Makes the bundle at `path` in one move, replacing one that was there; `files` are copied in under
    their names. Raises ResourceError where the disk is full; then nothing is changed."""
    with new_folder(path, known_by=MANIFEST) as folder:
        for name, source in files.items():
            shutil.copyfile(source, folder / name)
        (folder / RECIPE).write_text(recipe_to_toml(recipe), encoding="utf-8")
        (folder / CARD).write_text(card, encoding="utf-8")
        _write_manifest(folder, facts)


def replace_graphs(bundle: Bundle, graphs: Mapping[str, Path]) -> None:
    """Puts graphs into a bundle under their names, and takes out those that are not among them. All files are written
    beside theirs and then moved in, the manifest last: where that is broken off, the graphs are known for damaged and
    the rest is as it was. Raises ResourceError where the disk is full."""
    manifest = json.loads((bundle.path / MANIFEST).read_text(encoding="utf-8"))
    hashes = {name: value for name, value in manifest["sha256"].items() if not name.endswith(_GRAPH)}
    hashes |= {name: sha256_of(source) for name, source in graphs.items()}
    told = _manifest_text({**manifest, "sha256": dict(sorted(hashes.items()))})
    copies = {bundle.path / name: partial(_copy, source) for name, source in graphs.items()}
    write_together({**copies, bundle.path / MANIFEST: partial(put_text, told)})
    for name in manifest["sha256"].keys() - hashes.keys():
        if Path(name).name == name:  # what a manifest names elsewhere is not the bundle's
            remove_file(bundle.path / name, missing_ok=True)


def graph_path(bundle: Bundle, name: str) -> Path:
    """A graph of the bundle, checked; BundleError where it is missing or damaged."""
    advice = f"make the graphs again: skaz export {for_shell(bundle.path)}"
    for wait_s in (0.0, _REPLACED_S):
        try:
            return checked_path(bundle, name, advice)
        except BundleError:  # or another process is replacing it, and the manifest with its hash comes last
            time.sleep(wait_s)
            bundle = replace(bundle, hashes=_manifest(bundle.path)["sha256"])
    return checked_path(bundle, name, advice)


def checked_path(bundle: Bundle, name: str, advice: str) -> Path:
    """A file of the bundle that not everybody needs, checked; BundleError with the advice where it is missing or
    damaged."""
    path = bundle.path / name
    fault = "is missing" if not path.is_file() else "is damaged" if sha256_of(path) != bundle.hashes.get(name) else ""
    if fault:
        raise BundleError(f"{path} {fault}; {advice}.")
    return path


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)


def _write_manifest(folder: Path, facts: Facts) -> None:
    manifest = {
        "format": FORMAT,
        "skaz": facts.skaz_version,
        "measures": dict(facts.measures),
        "corpus": dict(facts.corpus),
        "run": dict(facts.run),
        "sha256": {file.name: sha256_of(file) for file in sorted(folder.iterdir())},
    }
    (folder / MANIFEST).write_text(_manifest_text(manifest), encoding="utf-8")


def _manifest_text(manifest: Mapping[str, Any]) -> str:
    return json.dumps(manifest, indent=2, ensure_ascii=False) + "\n"


def is_bundle(path: Path) -> bool:
    """Whether there is a bundle, whole or not, at `path`."""
    return (path / MANIFEST).exists()


def open_bundle(path: str | Path) -> Bundle:
    """The bundle in a folder, checked. Raises BundleError that says all that is wrong with it at once."""
    path = expanded(path)
    manifest = _manifest(path)
    faults = []
    hashes: Mapping[str, str] = manifest["sha256"]
    others = {of_network(WEIGHTS, number) for number in range(2, manifest["run"].get("networks", 1) + 1)}
    needed = {*_NEEDED, *others, *({SOURCE_TOKENIZER, ALIGNMENT, PLAN_WORDS} & hashes.keys())}
    for name in sorted(needed):
        if not (path / name).is_file():
            faults.append(f"{name} is missing")
        elif sha256_of(path / name) != hashes.get(name):
            faults.append(f"{name} is damaged")
    if faults:
        raise BundleError(f"The bundle {path} can't be used: {', '.join(faults)}; copy it again or train it anew.")
    recipe = _recipe(path, manifest.get("skaz", "unknown"))
    if len(others) != recipe.networks - 1:
        raise BundleError(_DAMAGED.format(path / MANIFEST))
    return Bundle(
        path=path,
        recipe=recipe,
        tokenizer=Tokenizer.load(path / TOKENIZER),
        source_tokenizer=Tokenizer.load(path / SOURCE_TOKENIZER) if SOURCE_TOKENIZER in needed else None,
        alignment=Alignment.load(path / ALIGNMENT) if ALIGNMENT in needed else None,
        facts=Facts(
            measures=manifest["measures"],
            corpus=manifest["corpus"],
            run=manifest["run"],
            skaz_version=manifest.get("skaz", "unknown"),
        ),
        hashes=hashes,
        plan_words=PlanWords.load(path / PLAN_WORDS) if PLAN_WORDS in needed else PlanWords(),
    )


def _recipe(path: Path, made_by: str) -> Recipe:
    """The bundle's; of a bundle that another skaz made BundleError for settings that this one doesn't know."""
    try:
        return load_recipe(path / RECIPE)
    except RecipeError as error:
        if made_by == version("skaz"):
            raise
        raise BundleError(
            f"The bundle {path} was made by skaz {made_by}, and this is {version('skaz')}, which can't read its recipe "
            f"({error}); use that version, or a newer one."
        ) from None


def _manifest(path: Path) -> dict[str, Any]:
    if not path.exists():
        raise BundleError(f"There is no bundle {path}; check the path, or make one with skaz train.")
    if not is_bundle(path):
        hint = " it is a file;" if path.is_file() else ""
        raise BundleError(f"{path} is not a bundle:{hint} {MANIFEST} is missing; name a folder that skaz train made.")
    try:
        manifest = json.loads((path / MANIFEST).read_text(encoding="utf-8"))
        found = manifest["format"]
    except OSError as error:
        raise BundleError(f"{path / MANIFEST} can't be read: {error.strerror}; copy the bundle again.") from None
    except (ValueError, KeyError, TypeError):
        raise BundleError(_DAMAGED.format(path / MANIFEST)) from None
    if type(found) is not int or found < 1:
        raise BundleError(_DAMAGED.format(path / MANIFEST))
    if found > FORMAT:
        raise BundleError(
            f"The bundle {path} is of format {found}, made by skaz {manifest.get('skaz', '?')}; this skaz reads up "
            f"to {FORMAT}: install a newer skaz."
        )
    try:
        read = msgspec.convert(manifest, _Manifest)
    except msgspec.ValidationError:
        raise BundleError(_DAMAGED.format(path / MANIFEST)) from None
    if len(read["run"].get("stage_steps", ())) != len(read["run"].get("stage_seconds", ())):
        raise BundleError(_DAMAGED.format(path / MANIFEST))
    return manifest  # type: ignore[no-any-return]
