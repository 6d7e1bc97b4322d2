// A server of documents that answers when the test lets it, and a browser's store.
import { vi } from "vitest";

interface Waiting {
  method: string;
  path: string;
  answer: () => void;
}

interface Stored {
  revision: number;
  document: Record<string, unknown>;
}

export class FakeServer {
  readonly documents = new Map<string, Stored>();
  readonly waiting: Waiting[] = [];
  /** Whether answers wait for `let`. */
  isSlow = false;
  isAway = false;
  private ids = 0;

  constructor() {
    vi.stubGlobal("fetch", (path: string, asked: { method?: string; body?: string } = {}) => this.fetch(path, asked));
  }

  /** Lets the oldest request with this method be answered. */
  let(method: string, path = ""): void {
    const at = this.waiting.findIndex((each) => each.method === method && each.path.endsWith(path));
    if (at < 0) throw new Error(`no ${method} ${path} waits`);
    this.waiting.splice(at, 1)[0]?.answer();
  }

  textOf(id: string): unknown {
    return this.documents.get(id)?.document["text"];
  }

  private fetch(path: string, { method = "GET", body }: { method?: string; body?: string }): Promise<Response> {
    if (this.isAway) return Promise.reject(new TypeError("no server"));
    const given = body ? (JSON.parse(body) as { revision?: number; document: Record<string, unknown> }) : null;
    const response = (): Response => this.respond(method, path, given);
    const isList = path === "/api/documents" && method === "GET"; // which no test waits for
    if (!this.isSlow || isList) return Promise.resolve(response());
    return new Promise((resolve) => this.waiting.push({ method, path, answer: () => resolve(response()) }));
  }

  private respond(method: string, path: string, given: { revision?: number; document: Record<string, unknown> } | null): Response {
    if (path === "/healthz") return json(200, {});
    const id = path.split("/")[3];
    if (!id && method === "GET") return json(200, { documents: [...this.documents].map(([name, stored]) => rowOf(name, stored)) });
    if (!id && given) {
      const name = String(++this.ids).padStart(16, "0");
      this.documents.set(name, { revision: 1, document: given.document });
      return json(201, { id: name, revision: 1 });
    }
    const stored = id ? this.documents.get(id) : undefined;
    if (!id || !stored) return refused(404, "no_document", "There is no such document.");
    if (method === "DELETE") this.documents.delete(id);
    if (method === "PUT" && given) {
      if (given.revision !== stored.revision) return refused(409, "conflict", "The document was changed elsewhere.");
      this.documents.set(id, { revision: stored.revision + 1, document: given.document });
      return json(200, { revision: stored.revision + 1 });
    }
    return method === "DELETE" ? new Response(null, { status: 204 }) : json(200, { id, ...stored });
  }
}

function rowOf(id: string, { revision, document }: Stored): object {
  return { id, title: document["title"], words: 0, changed: id, revision };
}

function json(status: number, content: object): Response {
  return new Response(JSON.stringify(content), { status });
}

function refused(status: number, code: string, message: string): Response {
  return json(status, { error: { code, message } });
}

/** localStorage, with room for so many characters. */
export class FakeStore {
  private readonly kept = new Map<string, string>();
  room = Infinity;

  get length(): number {
    return this.kept.size;
  }

  key(place: number): string | null {
    return [...this.kept.keys()][place] ?? null;
  }

  getItem(name: string): string | null {
    return this.kept.get(name) ?? null;
  }

  setItem(name: string, value: string): void {
    if (value.length > this.room) throw new Error("full");
    this.kept.set(name, value);
  }

  removeItem(name: string): void {
    this.kept.delete(name);
  }
}
