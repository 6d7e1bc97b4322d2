import { describe, expect, it } from "vitest";
import { apply, beginningOf, countWords, difference, endOf, fromCodePoints, piecesOf, wordAt } from "../src/write/splice";
import { randomOf, texts } from "./random";

describe("a difference", () => {
  it("is the smallest splice", () => {
    expect(difference("the old fox", "the red fox")).toEqual({ at: 4, removed: 2, text: "re" });
    expect(difference("fox", "foxes")).toEqual({ at: 3, removed: 0, text: "es" });
    expect(difference("aa", "aaa")).toEqual({ at: 2, removed: 0, text: "a" });
    expect(difference("fox", "fox")).toBeNull();
  });

  it("never cuts a character in two", () => {
    expect(difference("a🦊b", "a🦁b")).toEqual({ at: 1, removed: 2, text: "🦁" });
  });

  it("makes the one text of the other, whatever they are", () => {
    const random = randomOf(3);
    for (let round = 0; round < 500; round++) {
      const [before, after] = [texts(random), texts(random)];
      const found = difference(before, after);
      expect(found ? apply(before, found) : before).toBe(after);
    }
  });
});

it("offsets in code points become offsets of JavaScript", () => {
  expect(fromCodePoints("a🦊b🦊c", [0, 1, 2, 3, 5, 9])).toEqual([0, 1, 3, 4, 7, 7]);
});

describe("a long text", () => {
  it("has an end that begins with a word", () => {
    expect(endOf("one two three", 9)).toBe("three");
    expect(endOf("one two", 7)).toBe("one two");
    expect(endOf("🦊🦊", 3)).toBe("🦊");
  });

  it("is cut between lines, or else between words, and never in a character", () => {
    expect(piecesOf("one\ntwo three", 9).map(({ text }) => text)).toEqual(["one\n", "two three"]);
    expect(piecesOf("one two three", 9)).toEqual([
      { start: 0, text: "one two " },
      { start: 8, text: "three" },
    ]);
    expect(piecesOf("🦊🦊", 3).map(({ text }) => text)).toEqual(["🦊", "🦊"]);
  });

  it("is all in its pieces", () => {
    const random = randomOf(5);
    for (let round = 0; round < 500; round++) {
      const whole = texts(random);
      const pieces = piecesOf(whole, 4);
      expect(pieces.map(({ text }) => text).join("")).toBe(whole);
      for (const { start, text } of pieces) expect(whole.slice(start).startsWith(text) && text.length <= 4).toBe(true);
    }
  });
});

describe("words", () => {
  it("are found by a place in or at them", () => {
    const text = "Жила-была лиса.\nShe hadn't slept";
    expect(wordAt(text, 0)).toEqual([0, 9]);
    expect(wordAt(text, 9)).toEqual([0, 9]);
    expect(wordAt(text, 12)).toEqual([10, 14]);
    expect(wordAt(text, 22)).toEqual([20, 26]);
    expect(wordAt("a . b", 2)).toBeNull();
    expect(wordAt("", 0)).toBeNull();
  });

  it("are counted", () => {
    // tests/server/test_documents.py has the same
    expect(countWords("«Кто там?» — спросила лиса 3 раза.")).toBe(6);
    expect(countWords("*** Жил-был кот – вот и всё… ***")).toBe(5);
    expect(countWords(" \n ")).toBe(0);
  });
});

it("a story without a title is known by its first words, as in the server's list", () => {
  expect(beginningOf(" Жил-был\nволк. ")).toBe("Жил-был волк.");
  expect(beginningOf(`Жил-был волк, и ${"жил ".repeat(20)}`)).toBe("Жил-был волк, и жил жил жил жил жил…");
  expect(beginningOf("а".repeat(50))).toBe(`${"а".repeat(40)}…`);
  expect(beginningOf("")).toBe("");
});
