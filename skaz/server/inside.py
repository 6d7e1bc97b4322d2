"""The routes of "Look inside". Their work is done in threads, so that stories being streamed do not wait for it."""

from __future__ import annotations

from fastapi import APIRouter

from skaz.decoding.settings import SamplingSettings
from skaz.engine.stages import stages_of
from skaz.inside.beam_tree import beam_tree
from skaz.inside.comparing import compare
from skaz.inside.nearest import nearest
from skaz.inside.reading import read
from skaz.inside.stages import translate_at_stage, write_at_stage
from skaz.inside.subject import Told
from skaz.inside.units import firing, places_of, units_that_go_with
from skaz.server import inside_bodies as bodies
from skaz.server.inside_shelf import Place, Shelf, Texts
from skaz.tasks.writing import Wish


def inside_router(place_of: Place, texts_at: Texts) -> APIRouter:
    """The routes under /api/inside, over the bundles that `place_of` finds by name; `texts_at` gives the texts that a
    bundle was trained on, where they are kept."""
    router = APIRouter(prefix="/api/inside", tags=["look inside"])
    shelf = Shelf(place_of, texts_at)
    _add_readings(router, shelf)
    _add_corpus_views(router, shelf)
    _add_stages(router, shelf)
    return router


def _add_readings(router: APIRouter, shelf: Shelf) -> None:
    """What is seen while one text is read, or searched for."""

    @router.post("/read")
    def read_text(body: bodies.ReadBody) -> bodies.ReadAnswer:
        """A text token by token: what was expected, states, gates and attention."""
        return bodies.read_answer(read(shelf.subject(body.bundle), body.text, body.told))

    @router.post("/look-back")
    def look_back(body: bodies.LookBackBody) -> bodies.LookBackAnswer:
        """What a word looked back at: the norm of its score's gradient at each earlier token (Madsen 2019)."""
        lens = shelf.lens(body.bundle)
        return bodies.look_back_answer(lens.look_back(body.text, body.first, body.end, body.told))

    @router.post("/compare")
    def compare_networks(body: bodies.CompareBody) -> bodies.CompareAnswer:
        """The same text through several networks. A network that reads no plan reads the text without it."""
        told = Told(plan=tuple(body.plan), title=body.title or None, source=body.source)
        sides = []
        for name in body.bundles:
            subject = shelf.subject(name)
            reads = not subject.writes or subject.bundle.recipe.model.encoder.layers > 0
            sides += compare([subject], body.text, told if reads else Told())
        return bodies.CompareAnswer(sides=[bodies.side_answer(side) for side in sides])

    @router.post("/beam")
    def beam(body: bodies.BeamBody) -> bodies.BeamAnswer:
        """A beam search as a tree, beside samples."""
        tree = beam_tree(
            shelf.subject(body.bundle),
            body.told,
            opening=body.opening,
            beams=body.beams,
            steps=body.steps,
            samples=body.samples,
            seed=body.seed,
            temperature=body.temperature,
        )
        return bodies.beam_answer(tree)


def _add_corpus_views(router: APIRouter, shelf: Shelf) -> None:
    """What is seen across the texts that the network learnt from."""

    @router.post("/unit")
    def unit(body: bodies.UnitBody) -> bodies.UnitAnswer:
        """What a unit fires on. The first request for a bundle reads its texts, which takes some seconds."""
        return bodies.unit_answer(firing(shelf.scan(body.bundle), body.part, body.unit, body.count))

    @router.post("/units")
    def units(body: bodies.UnitsBody) -> bodies.UnitsAnswer:
        """The units that go with a property of places, such as "inside quotes"."""
        scan = shelf.scan(body.bundle)
        place = body.place if body.place is not None else next(iter(places_of(scan)))
        found = units_that_go_with(scan, body.part, place, body.count)
        return bodies.UnitsAnswer(
            places=list(places_of(scan)),
            units=[bodies.UnitCorrelation(unit=number, correlation=value) for number, value in found],
        )

    @router.post("/nearest")
    def nearest_sentences(body: bodies.NearestBody) -> bodies.NearestAnswer:
        """The training sentences nearest to a text by the encoder's state."""
        subject = shelf.subject(body.bundle)
        found = nearest(subject, shelf.sentences(body.bundle), body.text, body.count)
        return bodies.NearestAnswer(
            sentences=[bodies.SentenceAnswer(text=each.text, cosine=each.cosine) for each in found]
        )


def _add_stages(router: APIRouter, shelf: Shelf) -> None:
    """How the network learnt."""

    @router.post("/stages")
    def stages(body: bodies.OfBundle) -> bodies.StagesAnswer:
        """The stages that were kept, the finished network last."""
        kept = stages_of(shelf.subject(body.bundle).bundle)
        return bodies.StagesAnswer(stages=[bodies.StageAnswer(step=each.step, seconds=each.seconds) for each in kept])

    @router.post("/stages/write")
    def write_stage(body: bodies.StageBody) -> bodies.StageTextAnswer:
        """What a stage writes from a seed."""
        subject = shelf.subject(body.bundle)
        engine = shelf.stage(body.bundle, body.stage)
        if subject.writes:
            stated = {} if body.temperature is None else {"temperature": body.temperature}
            wish = Wish(
                plan=body.told.plan,
                title=body.told.title,
                opening=body.opening or None,
                length=body.length,
                sampling=SamplingSettings.usual(planned=bool(body.plan), **stated),
            )
            found = write_at_stage(subject.bundle, body.stage, wish, body.seed, engine)
        else:
            found = translate_at_stage(subject.bundle, body.stage, body.source or "", engine)
        return bodies.StageTextAnswer(step=found.stage.step, seconds=found.stage.seconds, text=found.text)
