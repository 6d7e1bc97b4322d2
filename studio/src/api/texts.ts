// Files that the person hands to the server.
import { signal } from "@preact/signals";
import { ask } from "./client";
import type { LeftOut } from "./types";

/** Counts how often the training texts of a model were given: what was unknown may be known now. */
export const textsGiven = signal(0);

/** What the server kept of files, under a name of its own. */
export interface Upload {
  upload: string;
  files: { name: string; bytes: number }[];
  left_out: LeftOut[];
}

/** Sends files. */
export function upload(files: readonly File[], signal?: AbortSignal): Promise<Upload> {
  const body = new FormData();
  for (const file of files) body.append("files", file, file.name);
  return ask<Upload>("POST", "/api/uploads", signal ? { body, signal } : { body });
}

/** Lets go of files; those that a training may still read the server keeps. What fails here the server tidies later. */
export async function discard(upload: string): Promise<void> {
  await ask("DELETE", `/api/uploads/${upload}`).catch(() => undefined);
}
