// Forms of words that follow a number.

const english = new Intl.PluralRules("en");
const russian = new Intl.PluralRules("ru");

/** 1 story, 2 stories. */
export function englishPlural(count: number, one: string, many: string): string {
  return `${count.toLocaleString("en")} ${english.select(count) === "one" ? one : many}`;
}

/** 1 слово, 2 слова, 5 слов. */
export function russianPlural(count: number, one: string, few: string, many: string): string {
  const form = russian.select(count);
  return `${count.toLocaleString("ru")} ${form === "one" ? one : form === "few" ? few : many}`;
}
