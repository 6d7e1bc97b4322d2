import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { FakeServer, FakeStore } from "./server";

// Each test opens the pages anew: what they hold in memory is gone, what the store holds is not.
let server: FakeServer;
let store: FakeStore;
let close: () => void = () => undefined;

beforeEach(() => {
  vi.useFakeTimers();
  server = new FakeServer();
  store = new FakeStore();
  vi.stubGlobal("localStorage", store);
  vi.stubGlobal("history", { pushState: () => undefined, replaceState: () => undefined });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("removeEventListener", () => undefined);
  vi.stubGlobal("document", { ...new EventTarget(), addEventListener: () => undefined, removeEventListener: () => undefined, documentElement: {} });
});

afterEach(() => {
  close();
  close = () => undefined;
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

/** The pages as they begin, with what a person does on them. */
async function begin() {
  close();
  vi.resetModules();
  const [saving, opening, { kept }, { change, story, text, typed }, { place, go }, { bundles }, { connected }] = await Promise.all([
    import("../src/write/saving"),
    import("../src/write/opening"),
    import("../src/write/sheet"),
    import("../src/write/store"),
    import("../src/shell/router"),
    import("../src/api/facts"),
    import("../src/api/client"),
  ]);
  const can = { plan: true, title: true, opening: true, look_inside: true };
  bundles.value = [
    { name: "teller", hash: "", task: "write", size: 0, language: "ru", cell: "", attention: "", trained: null, vocabulary_size: 0, stories: 0, can },
  ];
  const stopSaving = saving.saveAsOneGoes();
  const follow = (): void => void opening.openAt(place.peek());
  const stopPlace = place.subscribe(follow);
  const stopConnected = connected.subscribe(follow);
  close = () => {
    stopSaving();
    stopPlace();
    stopConnected();
    vi.clearAllTimers();
  };
  const at = (id: string): void => go("write", [id]);
  const addNew = (): void => go("write", [], { new: "1" });
  await settle();
  return { ...saving, ...opening, kept, change, story, text, type: typed, place, go, at, addNew };
}

/** Until nothing is left to be done without the server or the clock. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

async function pass(ms = 5000): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
}

function keep(id: string, text: string): void {
  const nodes = { 0: { id: 0, parent: null, at: 0, removed: 0, text: "", origin: "prompt", time: "" }, 1: { id: 1, parent: 0, at: 0, removed: 0, text, origin: "prompt", time: "" } };
  server.documents.set(id, { revision: 1, document: { version: 1, title: id, text, tree: { nodes, current: 1, next: 2 }, plan: [], notebook: [] } });
}

const OTHER = "aaaaaaaaaaaaaaaa";
const THIRD = "bbbbbbbbbbbbbbbb";

describe("a story that is being saved", () => {
  it("is saved under its own name when another is opened before the answer comes", async () => {
    keep(OTHER, "Other.");
    const page = await begin();
    page.addNew();
    await settle();
    server.isSlow = true;
    page.type("Mine.");
    await pass(700);
    page.at(OTHER);
    await settle();
    server.let("POST");
    await settle();
    server.let("GET", OTHER);
    await pass();
    expect(page.text.peek()).toBe("Other.");
    expect(page.place.peek().rest).toEqual([OTHER]);
    page.type("Other. More.");
    await pass(700);
    server.let("PUT", OTHER);
    await settle();
    expect(server.textOf(OTHER)).toBe("Other. More.");
    expect(server.textOf("0000000000000001")).toBe("Mine.");
  });

  it("is saved again, when one leaves it, with what came while it was saved", async () => {
    keep(OTHER, "Other.");
    keep(THIRD, "Third.");
    const page = await begin();
    page.at(OTHER);
    await settle();
    server.isSlow = true;
    page.type("Other. A");
    await pass(700);
    page.type("Other. A b");
    page.at(THIRD);
    await settle();
    server.let("GET", THIRD);
    server.let("PUT", OTHER);
    await settle();
    server.let("PUT", OTHER);
    await settle();
    expect(server.textOf(OTHER)).toBe("Other. A b");
    expect(page.text.peek()).toBe("Third.");
  });

  it("tells the language of its model", async () => {
    const page = await begin();
    page.type("Жил-был кот.");
    await pass();
    expect([...server.documents.values()][0]?.document["language"]).toBe("ru");
    expect(page.saving.peek()).toBe("saved");
  });

  it("leaves the person in the room where they are", async () => {
    const page = await begin();
    server.isSlow = true;
    page.type("Mine.");
    await pass(700);
    page.go("train");
    server.let("POST");
    await settle();
    expect(page.place.peek().room).toBe("train");
    expect(page.kept.peek()).not.toBeNull();
    page.go("write");
    await settle();
    expect(page.text.peek()).toBe("Mine.");
    expect(page.place.peek().rest).toEqual(["0000000000000001"]);
  });
});

describe("opening stories", () => {
  it("shows the one that was asked for last, whichever answer comes first", async () => {
    keep(OTHER, "Other.");
    keep(THIRD, "Third.");
    const page = await begin();
    page.addNew();
    await settle();
    server.isSlow = true;
    page.at(OTHER);
    page.at(THIRD);
    server.let("GET", THIRD);
    await settle();
    server.let("GET", OTHER);
    await settle();
    expect(page.text.peek()).toBe("Third.");
    expect(page.kept.peek()?.id).toBe(THIRD);
  });

  it("waits for the server, and shows what was open until then", async () => {
    keep(OTHER, "Other.");
    const page = await begin();
    page.addNew();
    await settle();
    page.type("Mine.");
    await pass();
    server.isAway = true;
    page.at(OTHER);
    await settle();
    expect(page.text.peek()).toBe("Mine.");
    expect(page.isOpen.peek()).toBe(true);
    server.isAway = false;
    await pass();
    expect(page.text.peek()).toBe("Other.");
  });
});

describe("while the server is away", () => {
  it("what is begun stays on the page when it is back", async () => {
    const page = await begin();
    page.addNew();
    await settle();
    server.isAway = true;
    page.type("Mine.");
    await pass();
    server.isAway = false;
    await pass(10_000);
    expect(page.text.peek()).toBe("Mine.");
    expect(server.textOf(page.place.peek().rest[0] ?? "")).toBe("Mine.");
  });

  it("a new story is a new one, and the one before is found in the list", async () => {
    const page = await begin();
    page.addNew();
    await settle();
    server.isAway = true;
    page.type("First.");
    await pass();
    page.addNew();
    await settle();
    expect(page.text.peek()).toBe("");
    page.type("Second.");
    await pass();
    server.isAway = false;
    await pass(10_000);
    const [first] = page.onlyHere.peek();
    page.go("write", [], { backup: first?.name ?? "" });
    await pass();
    expect([...server.documents.values()].map(({ document }) => document["text"])).toEqual(["Second.", "First."]);
    expect(page.onlyHere.peek()).toEqual([]);
  });

  it("what was begun is on the page that is opened next", async () => {
    const page = await begin();
    server.isAway = true;
    page.type("Mine.");
    await pass();
    server.isAway = false;
    const next = await begin();
    expect(next.text.peek()).toBe("Mine.");
    await pass();
    expect(server.textOf(next.kept.peek()?.id ?? "")).toBe("Mine.");
  });
});

describe("what another window did", () => {
  it("leaves a changed story here as it is, and it can be a copy after the page was opened anew", async () => {
    keep(OTHER, "Other.");
    const page = await begin();
    page.at(OTHER);
    await settle();
    keep(OTHER, "Theirs.");
    server.documents.set(OTHER, { revision: 2, document: server.documents.get(OTHER)?.document ?? {} });
    page.type("Mine.");
    await pass();
    expect(page.saving.peek()).toBe("conflict");
    page.type("Mine. More.");
    await pass();
    const next = await begin();
    next.at(OTHER);
    await settle();
    expect(next.text.peek()).toBe("Mine. More.");
    expect(next.saving.peek()).toBe("conflict");
    await next.keepAsCopy();
    expect(server.textOf(OTHER)).toBe("Theirs.");
    expect(server.textOf(next.kept.peek()?.id ?? "")).toBe("Mine. More.");
    expect(store.length).toBe(2); // the last story and model; no copy is left behind
  });

  it("leaves the other's state to be taken", async () => {
    keep(OTHER, "Other.");
    const page = await begin();
    page.at(OTHER);
    await settle();
    server.documents.set(OTHER, { revision: 2, document: server.documents.get(OTHER)?.document ?? {} });
    page.type("Mine.");
    await pass();
    server.isAway = true;
    await expect(page.takeOther()).rejects.toThrow();
    expect(page.text.peek()).toBe("Mine.");
    server.isAway = false;
    await page.takeOther();
    expect(page.text.peek()).toBe("Other.");
    expect(page.saving.peek()).toBe("saved");
  });

  it("leaves a deleted story here, and it can be a copy, now or after the page was opened anew", async () => {
    keep(OTHER, "Other.");
    const page = await begin();
    page.at(OTHER);
    await settle();
    server.documents.delete(OTHER);
    page.type("Mine.");
    await pass();
    expect(page.saving.peek()).toBe("gone");
    const next = await begin();
    next.at(OTHER);
    await settle();
    expect([next.saving.peek(), next.text.peek()]).toEqual(["gone", "Mine."]);
    await next.keepAsCopy();
    expect(server.textOf(next.kept.peek()?.id ?? "")).toBe("Mine.");
  });

  it("takes nothing of this window's when it saves", async () => {
    keep(OTHER, "Other.");
    store.setItem("skaz.story.theirs", JSON.stringify({ kept: { id: OTHER, revision: 0 }, time: "", story: server.documents.get(OTHER)?.document }));
    keep(THIRD, "Third.");
    const page = await begin();
    page.at(THIRD);
    await settle();
    page.type("Third. More.");
    await pass();
    expect(store.getItem("skaz.story.theirs")).not.toBeNull();
  });
});

describe("a story that can be kept nowhere", () => {
  it("is told of, stays open, and is saved once that can be", async () => {
    keep(OTHER, "Other.");
    const page = await begin();
    page.addNew();
    await settle();
    server.isAway = true;
    store.room = 0;
    page.type("Mine.");
    await pass();
    expect(page.atRisk.peek()).toBe(true);
    page.addNew();
    await settle();
    expect([page.text.peek(), page.isOpen.peek()]).toEqual(["Mine.", true]);
    server.isAway = false;
    await pass(10_000);
    expect(page.atRisk.peek()).toBe(false);
    expect(server.textOf(page.kept.peek()?.id ?? "")).toBe("Mine.");
  });
});

it("copies that an earlier version kept are still found", async () => {
  keep(OTHER, "Other.");
  const mine = { ...server.documents.get(OTHER)?.document, title: "mine" };
  store.setItem(`skaz.story.${OTHER}`, JSON.stringify({ revision: 1, story: mine }));
  const page = await begin();
  page.at(OTHER);
  await pass();
  expect(server.documents.get(OTHER)?.document["title"]).toBe("mine");
});

it("a deleted story is gone here too", async () => {
  keep(OTHER, "Other.");
  const page = await begin();
  page.at(OTHER);
  await settle();
  page.type("Other. More.");
  await page.remove(OTHER);
  await pass();
  expect(server.documents.size).toBe(0);
  expect([page.text.peek(), page.saving.peek()]).toEqual(["", "saved"]);
});
