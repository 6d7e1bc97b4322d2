import { expect, it } from "vitest";
import { hiddenOf, queryOf, stated, valuesOf } from "../src/lab/address";
import type { Parameter } from "../src/lab/types";
import { hashOf, placeOf } from "../src/shell/router";

const help = { en: "", ru: "" };
const PARAMETERS: Parameter[] = [
  { name: "seed", kind: "integer", range: [0, 100], default: 1, help, items: null },
  { name: "rate", kind: "number", range: [0, null], default: 0.1, help, items: null },
  { name: "cell", kind: "choice", range: ["rnn", "lstm"], default: "rnn", help, items: null },
  { name: "hidden_layers", kind: "integers", range: [1, 64], default: [8], help, items: [0, 4] },
  { name: "points", kind: "points", range: [], default: [], help, items: null },
];

it("the whole state goes into the address and comes back out of it", () => {
  const values = { seed: 7, rate: 0.25, cell: "lstm", hidden_layers: [4, 4], points: [[0.5, -1, 1], [0, 2, 0]] as [number, number, number][] };
  const query = queryOf({ parameters: PARAMETERS }, values, ["seed", "rate"], true);
  const place = placeOf(hashOf({ room: "lab", rest: ["perceptron"], query: new URLSearchParams(query) }));
  expect(place.rest).toEqual(["perceptron"]);
  expect(valuesOf(PARAMETERS, place.query)).toEqual(values);
  expect(hiddenOf(place.query)).toEqual(["seed", "rate"]);
});

it("no more than what differs is said", () => {
  const values = valuesOf(PARAMETERS, new URLSearchParams("seed=1&cell=lstm"));
  expect(queryOf({ parameters: PARAMETERS }, values, [], false)).toEqual({ cell: "lstm" });
  expect(stated(PARAMETERS, values)).toEqual({ cell: "lstm" });
});

it("no layer at all can be said too", () => {
  const query = queryOf({ parameters: PARAMETERS }, { hidden_layers: [] }, [], false);
  expect(valuesOf(PARAMETERS, new URLSearchParams(query))["hidden_layers"]).toEqual([]);
});

it("words that make no sense leave the default", () => {
  const query = new URLSearchParams("seed=x&rate=-1&cell=gru&hidden_layers=4,x&points=1");
  expect(valuesOf(PARAMETERS, query)).toEqual({ seed: 1, rate: 0.1, cell: "rnn", hidden_layers: [8], points: [] });
});

it("an address that is none leads to the first room", () => {
  expect(placeOf("").room).toBe("write");
  expect(placeOf("#/nowhere/%E0%A4%A").room).toBe("write");
  expect(placeOf("#/train/abc").rest).toEqual(["abc"]);
});
