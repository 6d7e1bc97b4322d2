// Lists of numbers as a person reads and types them: in Russian a comma is a decimal one, so a semicolon parts them.
import { language } from "../words";

export function listOf(values: readonly number[], whole: boolean): string {
  const isRussian = language.value === "ru" && !whole;
  return isRussian ? values.map((value) => `${value}`.replace(".", ",")).join("; ") : values.join(", ");
}

/** null for what is no list of numbers. */
export function numbersIn(text: string, whole: boolean): number[] | null {
  const words = text.split(/[;\s]+|,\s+/).flatMap((word) => {
    const isDecimal = language.value === "ru" && !whole && !word.includes(".");
    return isDecimal ? word.replace(",", ".") : word.split(",");
  });
  const numbers = words.filter(Boolean).map(Number);
  return numbers.length > 0 && numbers.every(Number.isFinite) ? numbers : null;
}
