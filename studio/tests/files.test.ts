import { expect, it } from "vitest";
import { holdsFolder, nameOf, someOf } from "../src/train/files";
import { choose, languageName } from "../src/words";

it("a model is named as its file, with the marks of its letters", () => {
  expect(["Мои\u0306 е\u0308жик.txt", "हिन्दी कहानी.txt", "-a.b.jsonl", "….txt"].map((name) => nameOf([name], "texts"))).toEqual(["мой-ёжик", "हिन्दी-कहानी", "a-b", "teller"]);
});

it("a model of several files is named by what they share, if that says something", () => {
  expect(nameOf(["Tales 01.txt", "Tales 02.txt", "Tales 10.md"], "texts")).toBe("tales");
  expect(nameOf(["00.txt", "01.txt"], "texts")).toBe("texts");
  expect(nameOf(["fox.txt", "crow.txt"], "texts")).toBe("texts");
});

it("a folder among what is dropped is seen", () => {
  const item = (isDirectory: boolean): DataTransferItem => ({ webkitGetAsEntry: () => ({ isDirectory }) }) as DataTransferItem;
  expect(holdsFolder([item(false), item(true)])).toBe(true);
  expect(holdsFolder([item(false)])).toBe(false);
  expect(holdsFolder([{ webkitGetAsEntry: () => null } as unknown as DataTransferItem])).toBe(false);
});

it("languages have names in the person's own", () => {
  choose("ru");
  expect(["en", "ru", "mixed?"].map(languageName)).toEqual(["английский", "русский", "mixed?"]);
  choose("en");
  expect(languageName("ru")).toBe("Russian");
});

it("of many names the first are told, and how many more there are", () => {
  const more = (count: number): string => `and ${count} more`;
  expect(someOf(["a", "b", "c", "d"], more)).toBe("a, b, c, d");
  expect(someOf(["a", "b", "c", "d", "e"], more)).toBe("a, b, c and 2 more");
});
