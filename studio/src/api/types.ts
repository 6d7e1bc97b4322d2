// What the server says and is told; docs/server.md describes it.

/** A text in the languages of the pages. */
export interface Bilingual {
  en: string;
  ru: string;
}

/** What an error's sentence says, as values, for who says it in another language. */
export type About =
  | { reason: "nothing_to_read"; left_out: LeftOut[]; readable: string }
  | { reason: "empty" | "no_text" | "damaged"; file: string }
  | { reason: "no_column"; file: string; columns: string[] }
  | TooLittle;

/** A file that was sent, and not kept. */
export interface LeftOut {
  name: string;
  why: "kind" | "empty";
}

export interface TooLittle {
  reason: "one_story";
  characters: number;
  least: number;
}

export interface BundleFacts {
  name: string;
  hash: string;
  task: "write" | "translate" | "transduce";
  size: number;
  language: string | null;
  cell: string;
  attention: string;
  trained: string | null;
  vocabulary_size: number;
  stories: number;
  can: { plan: boolean; title: boolean; opening: boolean; look_inside: boolean };
}

export type Settings = Record<string, number | null>;

export interface SettingFacts {
  name: string;
  kind: "number" | "integer";
  range: [number, number];
  step: number;
  default: number | null;
  default_planned?: number | null;
  off: boolean;
  label: Bilingual;
  help: Bilingual;
}

export interface From {
  generation: string;
  row: number;
  index: number;
  token: number | null;
}

export interface WriteRequest {
  bundle: string;
  plan: string[];
  title: string | null;
  opening: string | null;
  include: string[];
  ban: string[];
  length: number | null;
  max_tokens: number | null;
  n: number;
  seed: number | null;
  stop: string[];
  keep: boolean;
  settings: Settings;
  from: From | null;
}

export interface Started {
  generation: string;
  seed: number;
  bundle: string;
  hash: string;
  settings: Settings;
}

export interface WrittenToken {
  row: number;
  index: number;
  text: string;
  token: number;
  log_probability: number;
  filtered_log_probability: number;
}

export type FinishReason = "end" | "stopped" | "length" | "aborted";

export interface Ended {
  row: number;
  finish_reason: FinishReason;
  text: string;
}

export interface Alternative {
  token: number;
  text: string;
  log_probability: number;
}

export interface Alternatives {
  token: number | null;
  text: string | null;
  log_probability: number | null;
  before: Alternative[];
  after: Alternative[];
}

export interface Run {
  start: number;
  end: number;
  words: number;
}

export interface DocumentFacts {
  id: string;
  title: string;
  /** Its first words. */
  beginning: string;
  words: number;
  changed: string;
  revision: number;
}
