import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { canonicalBody, requestKey } from "../../src/core/keys.ts";
import { requestLine } from "../../src/core/request-line.ts";
import { chatCompletions } from "../../src/endpoints/chat-completions.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import { responses } from "../../src/endpoints/responses.ts";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import { checksOfChunk } from "../../src/pipelines/chunk-checks.ts";
import { LedgerBench, sqliteBackEnd } from "../ledger/harness.ts";

const schemaOf = (type: string) => ({ type: "object", properties: { a: { type } }, required: ["a"] });
const chat = (schema: unknown) => ({ response_format: { type: "json_schema", json_schema: { name: "x", schema } } });

/** A chunk whose file holds these bodies, and the key of each. */
function chunkWith(bodies: readonly object[]) {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  bench.claim(run, "a");
  const chunk = bench.seal(run, "a");
  const texts = bodies.map((body, index) => canonicalBody({ model: "m", index, ...body }));
  const keys = texts.map((text) => requestKey("p", "/v1/e", text));
  const lines = texts.map((text, index) => `${requestLine(keys[index] ?? "", "/v1/e", text)}\n`);
  writeFileSync(chunkPath(bench.directory, chunk.name), lines.join(""));
  return { chunk, keys, ledger: bench.ledger };
}

/** What each check says of an answer with a number, and of one with a text; undefined where nothing is checked. */
async function verdictsOn(bodies: readonly object[], endpoint = chatCompletions) {
  const { chunk, keys, ledger } = chunkWith(bodies);
  const find = await checksOfChunk(chunk, { ledger, endpoint });
  return keys.map((key) => ['{"a":1}', '{"a":"1"}'].map((answer) => find(key)?.(answer).ok));
}

test("each answer is checked by the schema of its own request", async () => {
  const bodies = [chat(schemaOf("integer")), chat(schemaOf("string")), {}, chat(schemaOf("integer")), { n: 1 }];
  expect(await verdictsOn(bodies)).toEqual([
    [true, false],
    [false, true],
    [undefined, undefined],
    [true, false],
    [undefined, undefined],
  ]);
});

test("a schema that cannot be understood checks nothing, and neither does what is none", async () => {
  const bodies = [chat({ type: "unheard of" }), chat(7), { response_format: { type: "json_object" } }];
  expect(await verdictsOn(bodies)).toEqual(bodies.map(() => [undefined, undefined]));
});

test("every endpoint has its own place for it", async () => {
  const format = { type: "json_schema", name: "x", schema: schemaOf("string") };
  expect(await verdictsOn([{ text: { format } }], responses)).toEqual([[false, true]]);
  expect(await verdictsOn([{ text: { format } }], embeddings)).toEqual([[undefined, undefined]]);
});

test("a chunk whose file is gone is not checked", async () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const run = bench.run("s");
  bench.claim(run, "a");
  const chunk = { ...bench.seal(run, "a"), name: "gone" };
  const find = await checksOfChunk(chunk, { ledger: bench.ledger, endpoint: chatCompletions });
  expect(find("a")).toBeUndefined();
});
