// What the server answers of a network's inside; skaz/server/inside_bodies.py has the same in Python.

export interface Piece {
  text: string;
  token: number;
  /** In code points of the text. */
  start: number;
  end: number;
}

/** Numbers as signed bytes in base64, row by row: value = byte / 127 × scale. */
export interface PackedMatrix {
  rows: number;
  columns: number;
  scale: number;
  values: string;
}

export interface Part {
  name: string;
  layer: number;
  kind: string;
  gate: boolean;
  matrix: PackedMatrix;
}

export interface Guess {
  text: string;
  token: number;
  log_probability: number;
}

export interface Reading {
  source: Piece[];
  tokens: Piece[];
  log_probabilities: number[];
  expected: Guess[][];
  bits_per_character: number;
  parts: Part[];
  attention: PackedMatrix | null;
}

export interface Side extends Reading {
  bundle: string;
}

export interface LookBack {
  source: Piece[];
  source_norms: number[];
  tokens: Piece[];
  norms: number[];
  first: number;
  end: number;
  half_within: number;
}

export interface TreeNode {
  parent: number;
  text: string;
  token: number;
  depth: number;
  log_probability: number;
  total: number;
  rank: number;
  fate: "kept" | "dropped" | "ended";
}

export interface Found {
  text: string;
  log_probability: number;
  score: number | null;
  ended: boolean;
  nodes: number[];
}

export interface BeamTree {
  nodes: TreeNode[];
  found: Found[];
  samples: Found[];
}

export interface Snippet {
  texts: string[];
  values: number[];
  peak: number;
}

export interface Named {
  name: string;
  value: number;
}

export interface Unit {
  highest: Snippet[];
  lowest: Snippet[];
  tokens_high: Named[];
  tokens_low: Named[];
  goes_with: Named[];
  histogram: number[];
  edges: number[];
}

export interface Units {
  places: string[];
  units: { unit: number; correlation: number }[];
}

export interface Stage {
  step: number;
  seconds: number;
}
