// The state of an experiment as the address has it, so that a teacher hands out a lesson as a link.
import type { Experiment, Parameter, Point, Value } from "./types";

export const HIDDEN = "hide";
/** Hides the list of experiments, too. */
export const ALONE = "alone";

export type Values = Record<string, Value>;

/** The values that the address states, and the defaults of the others. Words that make no sense are left out. */
export function valuesOf(parameters: readonly Parameter[], query: URLSearchParams): Values {
  return Object.fromEntries(
    parameters.map((parameter) => {
      const said = query.get(parameter.name);
      const read = said === null ? undefined : readValue(parameter, said);
      return [parameter.name, read ?? parameter.default];
    }),
  );
}

/** The query of an address with these values: only what differs from the defaults. */
export function queryOf({ parameters }: Pick<Experiment, "parameters">, values: Values, hidden: readonly string[], alone: boolean): Record<string, string> {
  const query: Record<string, string> = {};
  for (const { name, default: usual } of parameters) {
    const value = values[name];
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(usual)) query[name] = spell(value);
  }
  if (hidden.length > 0) query[HIDDEN] = hidden.join(",");
  if (alone) query[ALONE] = "1";
  return query;
}

/** What is sent to the server: only what differs from the defaults. */
export function stated(parameters: readonly Parameter[], values: Values): Values {
  return Object.fromEntries(
    parameters.flatMap(({ name, default: usual }) => {
      const value = values[name];
      return value === undefined || JSON.stringify(value) === JSON.stringify(usual) ? [] : [[name, value]];
    }),
  );
}

export function hiddenOf(query: URLSearchParams): string[] {
  return (query.get(HIDDEN) ?? "").split(",").filter(Boolean);
}

function spell(value: Value): string {
  if (!Array.isArray(value)) return `${value ?? ""}`;
  return value.map((item) => (Array.isArray(item) ? item.join(" ") : `${item}`)).join(value.some(Array.isArray) ? ";" : ",");
}

function readValue({ kind, range }: Parameter, said: string): Value | undefined {
  const numberOf = (word: string): number | undefined => {
    const value = Number(word);
    if (word.trim() === "" || !Number.isFinite(value)) return undefined;
    const [low, high] = range;
    if ((typeof low === "number" && value < low) || (typeof high === "number" && value > high)) return undefined;
    return kind.startsWith("integer") ? Math.round(value) : value;
  };
  const all = <T>(found: (T | undefined)[]): T[] | undefined => (found.some((each) => each === undefined) ? undefined : (found as T[]));
  switch (kind) {
    case "integer":
    case "number":
      return numberOf(said);
    case "choice":
      return range.includes(said) ? said : undefined;
    case "integers":
    case "numbers":
      return all(said.split(",").filter(Boolean).map(numberOf));
    case "choices":
      return all(said.split(",").map((word) => (range.includes(word) ? word : undefined)));
    case "points":
      return all(said.split(";").filter(Boolean).map(readPoint));
  }
}

function readPoint(said: string): Point | undefined {
  const [x, y, label] = said.split(" ").map(Number);
  const known = [x, y, label].every((value) => value !== undefined && Number.isFinite(value));
  return known ? [x ?? 0, y ?? 0, label ? 1 : 0] : undefined;
}
