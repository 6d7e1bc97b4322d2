"""/api/inside: what happens in a network as it reads, and how it learnt. The work is done in threads, so that stories
that are being streamed do not wait for it."""

from __future__ import annotations

from fastapi import APIRouter, Request

from skaz.decoding.settings import SamplingSettings
from skaz.engine.stages import stages_of
from skaz.inside.beam_tree import beam_tree
from skaz.inside.comparing import Side, compare
from skaz.inside.nearest import nearest
from skaz.inside.reading import read
from skaz.inside.stages import translate_at_stage, write_at_stage
from skaz.inside.subject import Told
from skaz.inside.units import firing, places_of, units_that_go_with
from skaz.server import inside_answers as answers
from skaz.server import inside_bodies as bodies
from skaz.server.errors import documented
from skaz.server.inside_shelf import Shelf
from skaz.server.service import TheService
from skaz.tasks.writing import Wish

router = APIRouter(prefix="/api/inside", tags=["look inside"], responses=documented(409, 501, 503, 504))


@router.post("/read")
async def read_text(body: bodies.ReadBody, request: Request, service: TheService) -> answers.ReadAnswer:
    """A text token by token: what was expected, states, gates and attention."""

    def work() -> answers.ReadAnswer:
        return answers.read_answer(read(service.inside.subject(body.bundle), body.text, body.told))

    return await service.compute(request, work)


@router.post("/look-back")
async def look_back(body: bodies.LookBackBody, request: Request, service: TheService) -> answers.LookBackAnswer:
    """What a word looked back at: the norm of its score's gradient at each earlier token (Madsen 2019)."""

    def work() -> answers.LookBackAnswer:
        lens = service.inside.lens(body.bundle)
        return answers.look_back_answer(lens.look_back(body.text, body.first, body.end, body.told))

    return await service.compute(request, work)


@router.post("/compare")
async def compare_networks(body: bodies.CompareBody, request: Request, service: TheService) -> answers.CompareAnswer:
    """The same text through several networks. A network that reads no plan reads the text without it."""
    told = Told(plan=tuple(body.plan), title=body.title or None, source=body.source)
    return await service.compute(request, _compared, service.inside, body, told)


@router.post("/beam")
async def beam(body: bodies.BeamBody, request: Request, service: TheService) -> answers.BeamAnswer:
    """A beam search as a tree, beside samples."""

    def work() -> answers.BeamAnswer:
        tree = beam_tree(
            service.inside.subject(body.bundle),
            body.told,
            opening=body.opening,
            beams=body.beams,
            steps=body.steps,
            samples=body.samples,
            seed=body.seed,
            temperature=body.temperature,
        )
        return answers.beam_answer(tree)

    return await service.compute(request, work)


@router.post("/unit")
async def unit(body: bodies.UnitBody, request: Request, service: TheService) -> answers.UnitAnswer:
    """What a unit fires on. The first request for a bundle reads its texts, which takes some seconds."""

    def work() -> answers.UnitAnswer:
        return answers.unit_answer(firing(service.inside.scan(body.bundle), body.part, body.unit, body.count))

    return await service.compute(request, work)


@router.post("/units")
async def units(body: bodies.UnitsBody, request: Request, service: TheService) -> answers.UnitsAnswer:
    """The units that go with a property of places, such as "inside quotes"."""
    return await service.compute(request, _units, service.inside, body)


@router.post("/nearest")
async def nearest_sentences(body: bodies.NearestBody, request: Request, service: TheService) -> answers.NearestAnswer:
    """The training sentences nearest to a text by the encoder's state."""

    def work() -> answers.NearestAnswer:
        subject = service.inside.subject(body.bundle)
        found = nearest(subject, service.inside.sentences(body.bundle), body.text, body.count)
        return answers.NearestAnswer(sentences=[answers.SentenceAnswer(text=n.text, cosine=n.cosine) for n in found])

    return await service.compute(request, work)


@router.post("/stages")
async def stages(body: bodies.OfBundle, request: Request, service: TheService) -> answers.StagesAnswer:
    """The stages of training that were kept, the finished network last."""

    def work() -> answers.StagesAnswer:
        kept = stages_of(service.inside.subject(body.bundle).bundle)
        return answers.StagesAnswer(stages=[answers.StageAnswer(step=s.step, seconds=s.seconds) for s in kept])

    return await service.compute(request, work)


@router.post("/stages/write")
async def write_stage(body: bodies.StageBody, request: Request, service: TheService) -> answers.StageTextAnswer:
    """What a stage writes from a seed; of pairs, the target that it finds for the source."""
    return await service.compute(request, _written, service.inside, body)


def _compared(shelf: Shelf, body: bodies.CompareBody, told: Told) -> answers.CompareAnswer:
    sides: list[Side] = []
    for name in body.bundles:
        subject = shelf.subject(name)
        reads = not subject.writes or subject.bundle.recipe.model.encoder.layers > 0
        sides += compare([subject], body.text, told if reads else Told())
    return answers.CompareAnswer(sides=[answers.side_answer(side) for side in sides])


def _units(shelf: Shelf, body: bodies.UnitsBody) -> answers.UnitsAnswer:
    scan = shelf.scan(body.bundle)
    places = list(places_of(scan))
    found = units_that_go_with(scan, body.part, places[0] if body.place is None else body.place, body.count)
    units = [answers.UnitCorrelation(unit=number, correlation=value) for number, value in found]
    return answers.UnitsAnswer(places=places, units=units)


def _written(shelf: Shelf, body: bodies.StageBody) -> answers.StageTextAnswer:
    subject, engine = shelf.subject(body.bundle), shelf.stage(body.bundle, body.stage)
    if subject.writes:
        stated = {} if body.temperature is None else {"temperature": body.temperature}
        wish = Wish(
            plan=body.told.plan,
            title=body.told.title,
            opening=body.opening or None,
            length=body.length,
            sampling=SamplingSettings.usual(planned=any(map(str.strip, body.told.plan)), **stated),
        )
        found = write_at_stage(subject.bundle, body.stage, wish, body.seed, engine)
    else:
        found = translate_at_stage(subject.bundle, body.stage, body.source or "", engine)
    return answers.StageTextAnswer(step=found.stage.step, seconds=found.stage.seconds, text=found.text)
