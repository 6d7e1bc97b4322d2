import { describe, expect, it } from "vitest";
import { EventParser, eventsOf, type ServerEvent } from "../src/api/events";
import { below, randomOf } from "./random";

const STREAM = 'event: start\nid: 1\ndata: {"a":\ndata: 1}\n\n: still here\n\nevent: token\r\ndata:{"text":"лиса 🦊"}\r\n\r\ndata: last\n\n';
const EVENTS: ServerEvent[] = [
  { event: "start", id: "1", data: '{"a":\n1}' },
  { event: "token", id: "1", data: '{"text":"лиса 🦊"}' },
  { event: "message", id: "1", data: "last" },
];

describe("the parser", () => {
  it("gives the same events however the stream is cut", () => {
    const random = randomOf(5);
    for (let round = 0; round < 300; round++) {
      const parser = new EventParser();
      const found: ServerEvent[] = [];
      for (let at = 0; at < STREAM.length; ) {
        const end = at + 1 + below(random, 9);
        found.push(...parser.push(STREAM.slice(at, end)));
        at = end;
      }
      expect(found).toEqual(EVENTS);
    }
  });

  it("keeps an event that is not complete to itself", () => {
    expect(new EventParser().push("data: half")).toEqual([]);
    expect(new EventParser().push("data: half\n")).toEqual([]);
  });
});

it("bytes cut within a letter make the same events", async () => {
  const bytes = new TextEncoder().encode(STREAM);
  const body = new ReadableStream<Uint8Array>({
    start(controller) {
      for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const found: ServerEvent[] = [];
  for await (const event of eventsOf(body)) found.push(event);
  expect(found).toEqual(EVENTS);
});
