import { describe, expect, it } from "vitest";
import { refusedRu } from "../src/words/refused_ru";

describe("what the server refuses, in Russian", () => {
  it("is said in full where no name belongs to it, else with the server's own sentence, and never hidden", () => {
    expect(refusedRu("name_taken", "There is something named a already.")).toBe("такое имя уже занято, выберите другое.");
    expect(refusedRu("texts_unusable", "a.txt is empty: give a file.")).toBe("тексты не прочесть (a.txt is empty: give a file).");
    expect(refusedRu("never_seen", "It rains.")).toBe("It rains.");
  });
});
