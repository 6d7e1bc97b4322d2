// What the pages say, in the language of the person. A string that one language lacks does not compile.
import { computed, effect, signal } from "@preact/signals";
import type { Bilingual } from "../api/types";
import { en } from "./en";
import { ru } from "./ru";

export type Language = "en" | "ru";
export const LANGUAGES: { language: Language; name: string }[] = [
  { language: "en", name: "English" },
  { language: "ru", name: "Русский" },
];

type Said<T> = T extends string
  ? string
  : T extends (...given: infer G) => string
    ? (...given: G) => string
    : { [K in keyof T]: Said<T[K]> };
export type Words = Said<typeof en>;

const DICTIONARIES: Record<Language, Words> = { en, ru };
const KEPT = "skaz.language";

export const language = signal<Language>(firstLanguage());
export const words = computed<Words>(() => DICTIONARIES[language.value]);

/** The server's text in the person's language. */
export function told(text: Bilingual | string | null | undefined): string {
  if (text === null || text === undefined) return "";
  return typeof text === "string" ? text : text[language.value];
}

export function choose(chosen: Language): void {
  language.value = chosen;
  try {
    localStorage.setItem(KEPT, chosen);
  } catch {
    // a browser that keeps nothing asks its own language each time
  }
}

/** A number as the language writes it. */
export function number(value: number, digits = 0): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "negative" } as const; // no -0
  return value.toLocaleString(language.value, options);
}

const RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** 10⁻⁵. */
export function powerOfTen(power: number): string {
  return `10${power < 0 ? "⁻" : ""}${[...`${Math.abs(power)}`].map((digit) => RAISED[Number(digit)]).join("")}`;
}

/** A number with no more digits than say something: 0.03, 12.4, 1,234; what is tiny or huge as 2·10⁻⁷. */
export function significant(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size > 0 && (size < 0.001 || size >= 1e6)) {
    const [mantissa = "", power = ""] = value.toExponential(digits - 1).split("e");
    const first = significant(Number(mantissa), digits);
    return first === "1" ? powerOfTen(Number(power)) : `${first}·${powerOfTen(Number(power))}`;
  }
  const before = Number.isInteger(value) ? 6 : Math.floor(Math.log10(size)) + 1; // no digit before the point is lost
  return value.toLocaleString(language.value, { maximumSignificantDigits: Math.max(digits, before), signDisplay: "negative" });
}

/** A share; what is there, but hardly, is not nothing. */
export function percent(share: number): string {
  if (share > 0 && share < 0.001) return `< ${percent(0.001)}`;
  const digits = share > 0 && share < 0.0995 ? 1 : 0;
  const options = { style: "percent", minimumFractionDigits: digits, maximumFractionDigits: digits } as const;
  return share.toLocaleString(language.value, options);
}

/** A language's name by its code; what is no code stays. */
export function languageName(code: string): string {
  const names = new Intl.DisplayNames([language.value], { type: "language", fallback: "code" });
  return /^[a-z]{2,3}$/.test(code) ? (names.of(code) ?? code) : code;
}

/** The best of what we speak among what the browser wants, the most wanted first. */
export function preferred(wanted: readonly string[]): Language {
  for (const each of wanted) {
    const found = LANGUAGES.find(({ language }) => each.toLowerCase().split("-")[0] === language);
    if (found) return found.language;
  }
  return "en";
}

function firstLanguage(): Language {
  if (typeof navigator === "undefined") return "en";
  let kept: string | null = null;
  try {
    kept = localStorage.getItem(KEPT);
  } catch {
    // as above
  }
  return kept === "en" || kept === "ru" ? kept : preferred(navigator.languages);
}

if (typeof document !== "undefined") {
  effect(() => {
    document.documentElement.lang = language.value;
  });
}
