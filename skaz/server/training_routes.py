"""/api/uploads, /api/training, /api/jobs: files come in, networks learn from them, and one can watch."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path as FilePath
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, File, Header, Path, Query, Request, UploadFile
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError
from starlette.background import BackgroundTask

from skaz.corpus.exercises import EXERCISES
from skaz.errors import CorpusError
from skaz.recipe import Size, Split, Task
from skaz.server.bodies import Body, Name
from skaz.server.errors import ApiError, documented
from skaz.server.job import Asked, Job
from skaz.server.jobs import Jobs
from skaz.server.overlap import learn_texts
from skaz.server.service import Service, TheService
from skaz.server.sse import event, stream
from skaz.server.text_faults import fault_of
from skaz.server.training_choices import choices, may_be_set, settings_for_tales
from skaz.server.understanding import understood
from skaz.server.uploads import Uploads, with_names
from skaz.tasks.fine_tuning import read_on_base

router = APIRouter(prefix="/api", tags=["train"])

_MOST_MINUTES = 7 * 24 * 60.0
_LONGEST_NAME = 200  # bytes: a file's name has at most 255, and a run's files beside the bundle have longer ones
_DEVICES = {"con", "prn", "aux", "nul", *(f"{name}{number}" for name in ("com", "lpt") for number in range(1, 10))}
Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


def _that_fits(name: str) -> str:
    if name.lower() in _DEVICES:
        raise PydanticCustomError("of_a_device", "Windows has a device of this name, and no folder; give another one")
    if len(name.encode()) > _LONGEST_NAME:
        raise PydanticCustomError("too_long", "It is too long for a file's name; give a shorter one")
    return name


class FromUpload(Body):
    """Files that were uploaded."""

    upload: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class FromTales(Body):
    """The built-in tales of a language, or of several."""

    tales: Literal["en", "ru"] | Annotated[list[Literal["en", "ru"]], Field(min_length=1, max_length=2)]


class FromExercise(Body):
    """A built-in exercise."""

    exercise: Annotated[str, Field(max_length=40)]


class JobBody(Body):
    """A training."""

    data: FromUpload | FromTales | FromExercise
    name: Annotated[
        str,
        Field(pattern=r"^\w[\w -]{0,62}\w$|^\w$", description="The bundle's; letters, digits, - and _."),
        AfterValidator(_that_fits),
    ]
    minutes: Annotated[float, Field(gt=0, le=_MOST_MINUTES)] = 10.0
    size: Size | None = None
    task: Task | None = None
    start_from: Annotated[Name | None, Field(description="The bundle whose weights and shape it begins with.")] = None
    settings: Annotated[dict[str, str | int | float | bool | None], Field(default_factory=dict, max_length=100)]


class TextsBody(Body):
    """A bundle that was trained elsewhere, and the files that it was trained on."""

    bundle: Name
    upload: Annotated[str, Field(pattern="^[0-9a-f]{16}$")]


class UnderstandBody(Body):
    """As what the files are to be read, and how stories lie in text files (null: that is found out)."""

    task: Task = "write"
    split: Split | None = None


def uploads_of(service: TheService) -> Uploads:
    """Where uploads are kept; ApiError 404 where they are not."""
    _state_folder(service)
    assert service.uploads is not None
    return service.uploads


def jobs_of(service: TheService) -> Jobs:
    """The server's jobs; ApiError 404 where it trains nothing."""
    _state_folder(service)
    assert service.jobs is not None
    return service.jobs


TheUploads = Annotated[Uploads, Depends(uploads_of)]
TheJobs = Annotated[Jobs, Depends(jobs_of)]


def _state_folder(service: Service) -> FilePath:
    folder = service.settings.state_folder
    if folder is None:
        raise ApiError(404, "no_folder", "This server trains nothing: start skaz studio, or give --folder.")
    return folder


@router.post("/uploads", status_code=201, responses=documented(507))
def upload(files: Annotated[list[UploadFile], File()], uploads: TheUploads, service: TheService) -> dict[str, Any]:
    """Takes files to train on."""
    most = service.settings.limits.upload_files
    if len(files) > most:
        raise ApiError(413, "too_many_files", f"These are too many files: {most} at most.")
    return uploads.keep([(each.filename or "", each.file) for each in files])


@router.delete("/uploads/{id}", status_code=204, responses=documented(409))
async def delete_upload(id: Id, uploads: TheUploads, jobs: TheJobs) -> None:
    """Deletes files that no training may read any more."""
    if jobs.may_read(id):
        raise ApiError(409, "upload_in_use", "A training may still read these files; they stay.")
    await run_in_threadpool(uploads.delete, id)


@router.post("/uploads/{id}/understand", responses=documented(503, 504, 507))
async def understand(
    id: Id, request: Request, uploads: TheUploads, service: TheService, body: UnderstandBody | None = None
) -> dict[str, Any]:
    """Reads the files and tells what was understood."""
    names = uploads.names(id)
    wanted = body or UnderstandBody()
    try:
        return await service.compute(request, understood, names, wanted.task, wanted.split)
    except CorpusError as error:
        raise await _unusable(error, names, wanted.task, wanted.split) from None


@router.post("/texts", responses=documented(409, 503, 504, 507))
async def texts(body: TextsBody, request: Request, uploads: TheUploads, service: TheService) -> dict[str, int]:
    """Learns what the texts were that a bundle was trained on elsewhere; tells how many stories and characters."""
    paths, names = uploads.paths(body.upload), uploads.names(body.upload)
    opened = await service.open(body.bundle)
    try:
        return await service.compute(request, learn_texts, opened, paths, _state_folder(service))
    except CorpusError as error:
        raise await _unusable(error, names, opened.bundle.recipe.task, None) from None


@router.get("/training", responses=documented())
async def training() -> dict[str, Any]:
    """What can be trained: sizes, built-in tales and exercises."""
    return choices()


@router.post("/jobs", status_code=201, responses=documented(409, 501, 507))
async def create_job(body: JobBody, jobs: TheJobs, uploads: TheUploads, service: TheService) -> dict[str, str]:
    """Puts a training in line; one runs at a time."""
    asked = await run_in_threadpool(_asked, body, uploads, service)
    return {"job": jobs.create(asked).name}


@router.get("/jobs", responses=documented())
async def list_jobs(jobs: TheJobs) -> dict[str, Any]:
    """The trainings, the last begun first."""
    return {"jobs": [job.as_json() for job in jobs.all()]}


@router.get("/jobs/{id}", responses=documented())
async def read_job(id: Id, jobs: TheJobs) -> dict[str, Any]:
    """How a training stands."""
    return jobs.get(id).as_json()


@router.post("/jobs/{id}/pause", responses=documented(409))
async def pause_job(id: Id, jobs: TheJobs) -> dict[str, Any]:
    """Has it save and rest; what it has learnt is a bundle already."""
    return jobs.halt(id, "paused").as_json()


@router.post("/jobs/{id}/stop", responses=documented(409))
async def stop_job(id: Id, jobs: TheJobs) -> dict[str, Any]:
    """Has it save and end; what it has learnt is the bundle."""
    return jobs.halt(id, "stopped").as_json()


@router.post("/jobs/{id}/resume", responses=documented(409))
async def resume_job(id: Id, jobs: TheJobs) -> dict[str, Any]:
    """Goes on with a training that was paused or stopped, or whose process ended."""
    return jobs.resume(id).as_json()


@router.get("/jobs/{id}/events", responses={200: {"content": {"text/event-stream": {}}}, **documented()})
async def job_events(
    id: Id,
    jobs: TheJobs,
    service: TheService,
    after: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    last_event_id: Annotated[int | None, Header(ge=0, le=2**53)] = None,
) -> Response:
    """What happens, from the beginning or after an event's number, until the training is over or rests."""
    return stream(_events(jobs, jobs.get(id), service, last_event_id if after is None else after))


async def _events(jobs: Jobs, job: Job, service: Service, after: int | None) -> AsyncIterator[bytes]:
    yield b": listening\n\n"
    async for number, name, data in jobs.watch(job, after or 0, service.stopping):
        yield event(name, data, number)


@router.get(
    "/jobs/{id}/bundle",
    response_class=FileResponse,
    responses={200: {"content": {"application/zip": {}}}, **documented(409)},
)
async def job_bundle(id: Id, jobs: TheJobs) -> Response:
    """The bundle as a zip file."""
    path = jobs.bundle(jobs.get(id))
    packed = await run_in_threadpool(_zipped, path)
    return FileResponse(
        packed, media_type="application/zip", filename=f"{path.name}.zip", background=BackgroundTask(packed.unlink)
    )


async def _unusable(error: CorpusError, names: dict[str, str], task: Task, split: Split | None) -> ApiError:
    about = await run_in_threadpool(fault_of, names, task, split)
    return ApiError(400, "texts_unusable", with_names(str(error), names), about=about)


def _zipped(folder: FilePath) -> FilePath:
    with tempfile.NamedTemporaryFile(prefix="skaz.", suffix=".zip", delete=False) as file:
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for path in sorted(folder.iterdir()):
                if path.is_file():
                    packed.write(path, f"{folder.name}/{path.name}")
        return FilePath(file.name)


def _asked(body: JobBody, uploads: Uploads, service: Service) -> Asked:
    closed = sorted(name for name in body.settings if not may_be_set(name))
    if closed:
        raise ApiError(400, "setting_unusable", f"{closed[0][:80]} can't be set here.")
    settings: dict[str, Any] = dict(body.settings)
    names: dict[str, str] = {}
    task, size = body.task, body.size
    match body.data:
        case FromUpload(upload=upload):
            names = uploads.names(upload)
            paths = list(names)
        case FromTales(tales=tales):
            languages = {tales} if isinstance(tales, str) else set(tales)
            paths = ["tales:all" if len(languages) > 1 else f"tales:{languages.pop()}"]
            suited = settings_for_tales(body.minutes, size) if body.start_from is None else {}
            settings, task = {**suited, **settings}, "write"
            size = "small" if suited else size
        case FromExercise(exercise=exercise):
            if exercise not in EXERCISES:
                raise ApiError(400, "no_exercise", f"There is no such exercise; there are {', '.join(EXERCISES)}.")
            paths, task = [exercise], "transduce"
    if body.start_from is not None:
        settings["training.start_from"] = str(service.library.path(body.start_from))
    stated: dict[str, Any] = {"training.minutes": body.minutes, **settings}
    if task is not None:
        stated["task"] = task
    recipe, _ = read_on_base(size=size, overrides=stated)  # what is wrong with a setting is told now
    task = recipe.task
    return Asked(body.name, paths, task, size, body.minutes, settings, names)
