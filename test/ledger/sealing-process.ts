import { systemClock } from "../../src/core/clock.ts";
import { ChunkFile, newChunkName } from "../../src/ledger/chunk-file.ts";
import type { ChunkState } from "../../src/ledger/ledger.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite.ts";

/** Started by crash.test.ts: seals a chunk of two requests, moves it on, says so, and then waits to be killed. */
const [, , directory = "", ...states] = process.argv;
const ledger = openSqliteLedger({ directory, clock: systemClock });
const run = ledger.openRun({ pipeline: "test", label: "rows", signature: "s", isFresh: false, files: ["/out.jsonl"] });
ledger.claim(["a", "b", "claimed"], run);
const file = new ChunkFile(directory, newChunkName(run.id, Date.now()));
for (const key of ["a", "b"]) file.add({ key, tokens: 1, origin: "f:1", line: JSON.stringify({ key, text: "流" }) });
file.finish();
const { name, bytes, lines } = file;
const size = { requests: 2, bytes, tokens: 2, provider: "p", endpoint: "e", model: "m" };
const chunk = ledger.seal({ ...size, runId: run.id, name }, lines);
for (const state of states) ledger.advance(chunk.id, state as ChunkState);
process.stdout.write(`${name}\n`);
setInterval(() => {}, 1_000);
