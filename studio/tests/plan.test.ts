import { describe, expect, it } from "vitest";
import { appears, joining, movedItem, phrasesOf, withLocked } from "../src/write/plan";

describe("a plan", () => {
  it("is reordered", () => {
    expect(movedItem(["a", "b", "c"], 0, 2)).toEqual(["b", "c", "a"]);
    expect(movedItem(["a", "b", "c"], 2, 0)).toEqual(["c", "a", "b"]);
    expect(movedItem(["a", "b"], 1, 9)).toEqual(["a", "b"]);
    expect(movedItem([], 0, 1)).toEqual([]);
  });

  it("is read as people separate phrases", () => {
    expect(phrasesOf(" fox; lantern -> dry ditch,,\nstork ")).toEqual(["fox", "lantern", "dry ditch", "stork"]);
  });

  it("keeps locked chips where they are when it is drawn again", () => {
    const chips = ["fox", "river", "key"].map((text) => ({ text, locked: text === "river" }));
    const drawn = withLocked(chips, ["stork", "River", "boat", "storm"]);
    expect(drawn.map((chip) => chip.text)).toEqual(["stork", "river", "boat", "storm"]);
    expect(drawn[1]?.locked).toBe(true);
    expect(withLocked([], ["a"])).toEqual([{ text: "a", locked: false }]);
  });
});

describe("names", () => {
  it("are words of their own", () => {
    expect(appears("Ann", "Ann's kite")).toBe(true);
    expect(appears("ann", "Then Ann came")).toBe(true);
    expect(appears("Ann", "Annoyed, he left")).toBe(false);
    expect(appears("", "text")).toBe(false);
    expect(appears("A. B.", "A. B. came")).toBe(true);
  });

  it("in Russian appear in any case", () => {
    for (const form of ["Оля", "Олю", "Оле", "Олей", "Оли"]) expect(appears("Оля", `Тут ${form} и пришла.`)).toBe(true);
    expect(appears("Оля", "Оляпка пела")).toBe(false);
    expect(appears("Олег", "С Олегом")).toBe(true);
  });

  it("bring their phrase to the plan once", () => {
    const notebook = [
      { name: "Olive, Ollie", phrase: "blue pencil", note: "" },
      { name: "Tom", phrase: "drum", note: "" },
      { name: "Kit", phrase: " ", note: "" },
    ];
    expect(joining(notebook, "Ollie met Kit.", []).map((entry) => entry.phrase)).toEqual(["blue pencil"]);
    expect(joining(notebook, "Ollie met Tom.", [{ text: "Drum", locked: false }]).map((entry) => entry.phrase)).toEqual(["blue pencil"]);
  });
});
