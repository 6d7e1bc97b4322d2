"""/api/documents: the studio's documents and their export."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query
from fastapi.responses import Response
from pydantic import ConfigDict, Field

from skaz.server.bodies import Body, Format
from skaz.server.documents import Documents
from skaz.server.errors import ApiError, documented
from skaz.server.exports import exported
from skaz.server.service import TheService

router = APIRouter(prefix="/api/documents", tags=["documents"])

Id = Annotated[str, Path(pattern="^[0-9a-f]{16}$")]


class Document(Body):
    """A document: the server reads `title`, `text` and `language`; the rest is the studio's own."""

    model_config = ConfigDict(extra="allow")

    title: Annotated[str, Field(max_length=1000)] = ""
    text: Annotated[str, Field(max_length=4_000_000)] = ""
    language: Annotated[str | None, Field(max_length=35)] = None


class NewDocument(Body):
    """A document to be kept."""

    document: Document


class ChangedDocument(Body):
    """A new state of a document, and the revision that it was made from."""

    revision: Annotated[int, Field(ge=1)]
    document: Document


def documents_of(service: TheService) -> Documents:
    """The documents of this server; ApiError 404 where it keeps none."""
    if service.documents is None:
        raise ApiError(404, "no_folder", "This server keeps no documents: start skaz studio, or give --folder.")
    return service.documents


TheDocuments = Annotated[Documents, Depends(documents_of)]


@router.get("", responses=documented())
def list_documents(documents: TheDocuments) -> dict[str, Any]:
    """The documents, the last changed first."""
    return {"documents": documents.list()}


@router.post("", status_code=201, responses=documented(507))
def create_document(body: NewDocument, documents: TheDocuments) -> dict[str, Any]:
    """Keeps a new document."""
    return documents.create(body.document.model_dump())


@router.get("/{id}", responses=documented())
def read_document(id: Id, documents: TheDocuments) -> dict[str, Any]:
    """A document."""
    return documents.read(id)


@router.put("/{id}", responses=documented(409, 507))
def replace_document(id: Id, body: ChangedDocument, documents: TheDocuments) -> dict[str, Any]:
    """Puts a new state in place of the one that it was made from."""
    return documents.replace(id, body.revision, body.document.model_dump())


@router.delete("/{id}", status_code=204, responses=documented())
def delete_document(id: Id, documents: TheDocuments) -> Response:
    """Takes a document away."""
    documents.delete(id)
    return Response(status_code=204)


@router.get(
    "/{id}/export",
    responses={
        200: {"content": {kind: {} for kind in ("text/plain", "text/markdown", "application/epub+zip")}},
        **documented(501),
    },
)
def export_document(id: Id, documents: TheDocuments, format: Annotated[Format, Query()] = "txt") -> Response:
    """A document as a file; json holds the whole tree."""
    return exported(documents, id, format)
