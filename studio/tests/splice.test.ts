import { describe, expect, it } from "vitest";
import { apply, countWords, difference, fromCodePoints, wordAt } from "../src/write/splice";
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
    expect(countWords("«Кто там?» — спросила лиса 3 раза.")).toBe(6);
    expect(countWords(" \n ")).toBe(0);
  });
});
