// Asking the server: JSON and streams, one kind of error, and whether the server is there at all.
import { signal } from "@preact/signals";
import { eventsOf } from "./events";
import type { About } from "./types";

/** What the server says was wrong. `status` 0: there was no answer. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly about: About | null = null,
  ) {
    super(message);
  }
}

/** Whether the last request found the server. */
export const connected = signal(true);

const RETRY_MS = [500, 1000, 2000, 4000];
let waiting = false;

export type Method = "GET" | "POST" | "PUT" | "DELETE";

export interface Asked {
  body?: unknown;
  signal?: AbortSignal;
  headers?: Record<string, string>;
}

/** Asks, and gives the answer's JSON; undefined for an empty one. */
export async function ask<T>(method: Method, path: string, asked: Asked = {}): Promise<T> {
  const response = await answer(method, path, asked);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** Asks, and gives the events of the answer as [name, what it says, its id]. */
export async function* stream<T>(
  method: Method,
  path: string,
  asked: Asked = {},
): AsyncGenerator<{ event: string; data: T; id: string | null }> {
  const response = await answer(method, path, { ...asked, headers: { ...asked.headers, Accept: "text/event-stream" } });
  if (!response.body) return;
  try {
    for await (const { event, data, id } of eventsOf(response.body)) yield { event, data: JSON.parse(data) as T, id };
  } catch (error) {
    throw lost(error);
  }
}

async function answer(method: Method, path: string, { body, signal, headers = {} }: Asked): Promise<Response> {
  const given: RequestInit = { method, headers };
  if (signal) given.signal = signal;
  if (body instanceof FormData) given.body = body;
  else if (body !== undefined) {
    given.body = JSON.stringify(body);
    given.headers = { ...headers, "Content-Type": "application/json" };
  }
  let response: Response;
  try {
    response = await fetch(path, given);
  } catch (error) {
    throw lost(error);
  }
  connected.value = true;
  if (!response.ok) throw await refusal(response);
  return response;
}

async function refusal(response: Response): Promise<ApiError> {
  try {
    const { error } = (await response.json()) as { error: { message: string; code?: string | null; type?: string; about?: About } };
    return new ApiError(response.status, error.code ?? error.type ?? "", error.message, error.about);
  } catch {
    return new ApiError(response.status, "", `${response.status} ${response.statusText}`);
  }
}

/** A broken connection as an ApiError; an abort, which is our own doing, as it is. */
function lost(error: unknown): unknown {
  if (error instanceof ApiError || wasAborted(error) || error instanceof SyntaxError) return error;
  connected.value = false;
  void lookForServer();
  return new ApiError(0, "unreachable", String(error));
}

export function wasAborted(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

async function lookForServer(): Promise<void> {
  if (waiting) return;
  waiting = true;
  for (let tries = 0; !connected.value; tries++) {
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS[Math.min(tries, RETRY_MS.length - 1)]));
    connected.value = await fetch("/healthz").then((response) => response.ok, () => false);
  }
  waiting = false;
}
