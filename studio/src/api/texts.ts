// Files that the person hands to the server.
import { signal } from "@preact/signals";
import { ask } from "./client";

/** Counts how often the training texts of a model were given: what was unknown may be known now. */
export const textsGiven = signal(0);

/** Sends files; gives the name by which the server knows them. */
export async function upload(files: readonly File[], signal?: AbortSignal): Promise<string> {
  const body = new FormData();
  for (const file of files) body.append("files", file, file.name);
  return (await ask<{ upload: string }>("POST", "/api/uploads", signal ? { body, signal } : { body })).upload;
}

/** Lets go of files; those that a training may still read the server keeps. What fails here the server tidies later. */
export async function discard(upload: string): Promise<void> {
  await ask("DELETE", `/api/uploads/${upload}`).catch(() => undefined);
}
