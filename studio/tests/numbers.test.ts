import { afterEach, describe, expect, it } from "vitest";
import { listOf, numbersIn } from "../src/lab/lists";
import { language, significant } from "../src/words";

afterEach(() => void (language.value = "en"));

it("a number has the digits that say something, as its language writes them", () => {
  expect([0, 0.03, 0.4, 12.345, 1234.5, 120, 246384].map((value) => significant(value))).toEqual(["0", "0.03", "0.4", "12.3", "1,235", "120", "246,384"]);
  expect([1e-5, 2.34e-7, 12_900_064, -0.00025].map((value) => significant(value))).toEqual(["10⁻⁵", "2.34·10⁻⁷", "1.29·10⁷", "-2.5·10⁻⁴"]);
  language.value = "ru";
  expect([0.03, 12.345, 2.34e-7].map((value) => significant(value))).toEqual(["0,03", "12,3", "2,34·10⁻⁷"]);
});

describe("a list of numbers", () => {
  it("is read as it is shown, in either language", () => {
    for (const each of ["en", "ru"] as const) {
      language.value = each;
      expect(numbersIn(listOf([0.003, 0.03, 2], false), false)).toEqual([0.003, 0.03, 2]);
      expect(numbersIn(listOf([2, 8, 128], true), true)).toEqual([2, 8, 128]);
      expect(numbersIn("0.1,0.9", false)).toEqual([0.1, 0.9]);
      expect(numbersIn("2,8;128", true)).toEqual([2, 8, 128]);
      expect(numbersIn("many", false)).toBe(null);
      expect(numbersIn(" ", true)).toBe(null);
    }
  });

  it("may have decimal commas in Russian", () => {
    language.value = "ru";
    expect(listOf([0.1, 0.9], false)).toBe("0,1; 0,9");
    expect(numbersIn("0,1; 0,9", false)).toEqual([0.1, 0.9]);
    expect(numbersIn("0,1, 0,9 2", false)).toEqual([0.1, 0.9, 2]);
    expect(numbersIn("1, 2", false)).toEqual([1, 2]);
  });
});
