import { describe, expect, it } from "vitest";
import type { About } from "../src/api/types";
import { refusedRu } from "../src/words/refused_ru";

describe("what the server refuses, in Russian", () => {
  it("is said in full where no name belongs to it, else with the server's own sentence, and never hidden", () => {
    expect(refusedRu("name_taken", "There is something named a already.", null)).toBe("такое имя уже занято, выберите другое.");
    expect(refusedRu("texts_unusable", "a.txt is empty: give a file.", null)).toBe("тексты не прочесть (a.txt is empty: give a file).");
    expect(refusedRu("never_seen", "It rains.", null)).toBe("It rains.");
  });

  it("of texts is said in full where the server tells what belongs to it", () => {
    const said = (about: About): string => refusedRu("texts_unusable", "It rains.", about);
    expect(said({ reason: "no_column", file: "таблица.csv", columns: ["рассказ", "год"] })).toMatch(/^в таблице «таблица.csv» нет столбца text, а есть «рассказ», «год»\./);
    expect(said({ reason: "one_story", characters: 111, least: 200 })).toMatch(/^история всего одна, и в ней 111 знаков\./);
    const left_out = [{ name: "обложка.png", why: "kind" }, { name: "пустой.txt", why: "empty" }] as const;
    expect(said({ reason: "nothing_to_read", left_out: [...left_out], readable: ".txt" })).toMatch(/«обложка.png» \(такие не читаются\), «пустой.txt» \(пуст\)\. Годятся \.txt\.$/);
    expect(said({ reason: "nothing_to_read", left_out: [left_out[1]], readable: ".txt" })).toMatch(/^файл «пустой.txt» пуст\./);
    expect(said({ reason: "of a later server" } as unknown as About)).toBe("тексты не прочесть (It rains).");
  });
});
