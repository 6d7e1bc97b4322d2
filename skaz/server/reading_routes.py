"""/api/score, /api/plan, /api/overlap; /api/translate, /api/transduce, /api/attend."""

from __future__ import annotations

import secrets
from typing import Any

from fastapi import APIRouter, Request

from skaz.decoding.beam import BeamSettings
from skaz.recipe import Task
from skaz.server.bodies import AttendBody, OverlapBody, PlanBody, ScoreBody, SearchBody
from skaz.server.errors import ApiError, documented
from skaz.server.overlap import index_of, plans_of
from skaz.server.planning import drawn_plan
from skaz.server.scoring import scored
from skaz.server.service import Service, TheService
from skaz.tasks.aligning import alignment_in_writing
from skaz.tasks.translating import Translation, Translator
from skaz.tasks.writing import Wish
from skaz.text.shared_runs import SharedRun, shared_runs

router = APIRouter(prefix="/api")


@router.post("/score", tags=["write"], responses=documented(409, 503, 504))
async def score(body: ScoreBody, request: Request, service: TheService) -> dict[str, Any]:
    """How surprised the bundle is by each token of a text, and its bits per character."""
    opened = await service.open_teller(body.bundle)
    assert opened.storyteller is not None
    return await service.compute(request, scored, opened.storyteller, body.text, Wish(plan=body.plan, title=body.title))


@router.post("/plan", tags=["write"], responses=documented(409, 503, 504))
async def plan(body: PlanBody, request: Request, service: TheService) -> dict[str, Any]:
    """A plan drawn by the bundle; the locked phrases stay at their positions."""
    opened = await service.open_teller(body.bundle)
    kept = {locked.position: locked.text for locked in body.keep}
    seed = secrets.randbelow(2**31) if body.seed is None else body.seed

    def work() -> list[str]:
        assert opened.storyteller is not None
        known = plans_of(opened, service.settings.state_folder)
        return drawn_plan(opened.storyteller, known, body.count, kept, seed)

    return {"plan": await service.compute(request, work), "seed": seed}


@router.post("/overlap", tags=["write"], responses=documented(409, 503, 504))
async def overlap(body: OverlapBody, request: Request, service: TheService) -> dict[str, Any]:
    """The longest runs of words that stand in the training texts too, and what those are called; offsets in
    characters."""
    opened = await service.open(body.bundle)

    def work() -> list[SharedRun]:
        return shared_runs(index_of(opened, service.settings.state_folder), body.text, body.least_words)

    runs = await service.compute(request, work)
    return {"runs": [run._asdict() for run in runs], "texts": opened.bundle.facts.corpus.get("names", [])}


@router.post("/translate", tags=["pairs"], responses=documented(409, 503, 504))
async def translate(body: SearchBody, request: Request, service: TheService) -> dict[str, Any]:
    """Translates a source, or several; up to `n_best` targets each, the best first."""
    return await _searched(request, service, body, "translate")


@router.post("/transduce", tags=["pairs"], responses=documented(409, 503, 504))
async def transduce(body: SearchBody, request: Request, service: TheService) -> dict[str, Any]:
    """Turns a string, or several, into strings; up to `n_best` targets each, the best first."""
    return await _searched(request, service, body, "transduce")


@router.post("/attend", tags=["pairs"], responses=documented(409, 503, 504))
async def attend(body: AttendBody, request: Request, service: TheService) -> dict[str, Any]:
    """What the bundle looks at in the source while it writes the target."""
    translator = await _translator(service, body.bundle, None)
    attended = await service.compute(request, translator.attend, body.source, body.target)
    return {
        "source_tokens": list(attended.source),
        "target_tokens": list(attended.target),
        "attention": attended.weights_TS.tolist(),
    }


async def _translator(service: Service, name: str, task: Task | None) -> Translator:
    opened = await service.open(name)
    if opened.translator is None:
        raise ApiError(400, "wrong_task", "This bundle writes stories and was not trained on pairs.")
    trained = opened.bundle.recipe.task
    if task is not None and trained != task:
        raise ApiError(400, "wrong_task", f"This bundle was trained to {trained}: use /api/{trained}.")
    return opened.translator


async def _searched(request: Request, service: Service, body: SearchBody, task: Task) -> dict[str, Any]:
    if body.n_best > body.beam:
        raise ApiError(400, "request_unusable", f"{body.beam} beams give {body.beam} targets, not {body.n_best}.")
    translator = await _translator(service, body.bundle, task)
    texts = [body.text] if isinstance(body.text, str) else body.text
    return {"results": await service.compute(request, _search, translator, texts, body)}


def _search(translator: Translator, texts: list[str], body: SearchBody) -> list[list[dict[str, Any]]]:
    found = translator.search(texts, BeamSettings(body.beam))
    return [
        [_as_json(translator, text, one, aligns=body.alignments) for one in each[: body.n_best]]
        for text, each in zip(texts, found, strict=True)
    ]


def _as_json(translator: Translator, source: str, one: Translation, *, aligns: bool) -> dict[str, Any]:
    target: dict[str, Any] = {
        "text": one.text,
        "score": one.score,
        "log_probability": one.log_probability,
        "ended": one.ended,
        "tokens": [{"text": text, "log_probability": log_probability} for text, log_probability in one.tokens],
    }
    if aligns:
        target["alignment"] = alignment_in_writing(translator, source, one)
    return target
