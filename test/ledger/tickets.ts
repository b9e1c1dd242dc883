import fc from "fast-check";
import { RAW_LIMIT_BYTES } from "../../src/core/records.ts";
import type { Ticket, TicketPart } from "../../src/ledger/spool.ts";

const position = fc.record({
  file: fc.constantFrom("-", "in.jsonl", 'odd "name"\n.csv'),
  line: fc.integer({ min: 1 }),
  byteOffset: fc.nat(),
});
const text = fc.oneof(
  fc.json({ maxDepth: 1 }),
  fc.string({ unit: "binary", maxLength: 50 }).map((value) => JSON.stringify({ value })),
  fc.integer({ min: 1, max: 600_000 }).map((length) => JSON.stringify({ long: "流".repeat(length / 3) })),
);
const good = fc.oneof(
  fc.record({ kind: fc.constant("row" as const), position, text }),
  fc.record({ kind: fc.constant("row" as const), position, text, isProbe: fc.constant(true as const) }),
);
const bad = fc.record({
  kind: fc.constant("bad" as const),
  position,
  message: fc.string({ unit: "binary" }),
  raw: fc.string({ unit: "binary", maxLength: RAW_LIMIT_BYTES }),
});
const row = fc.oneof({ weight: 4, arbitrary: good }, bad);
const failure = fc.record({ code: fc.constantFrom("bad_input" as const, "too_long" as const), message: fc.string() });

const part: fc.Arbitrary<TicketPart> = fc.oneof(
  fc.record({ key: fc.string({ minLength: 1 }) }),
  fc.record({ key: fc.string({ minLength: 1 }), isKnown: fc.constant(true as const) }),
  fc.record({ failure }),
);

/** Rows of all sorts, with a key or a failure. */
export const tickets: fc.Arbitrary<Ticket> = fc.oneof(
  fc.record({ row, key: fc.string({ minLength: 1 }) }),
  fc.record({ row, failure }),
  fc.record({ row, parts: fc.array(part, { minLength: 2, maxLength: 4 }) }),
);

/** A short ticket. */
export function ticket(key: string, line = 1): Ticket {
  return { row: { kind: "row", position: { file: "f", line, byteOffset: 0 }, text: `{"k":"${key}"}` }, key };
}
