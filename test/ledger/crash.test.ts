import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { UnfinishedError } from "../../src/core/errors.ts";
import { chunkPath } from "../../src/ledger/chunk-file.ts";
import { LedgerBench, sqliteBackEnd } from "./harness.ts";

const PROGRAM = fileURLToPath(new URL("sealing-process.ts", import.meta.url));

/** Another process that has sealed a chunk and goes on living. */
async function sealedElsewhere(directory: string, ...states: readonly string[]) {
  const child = spawn(process.execPath, [PROGRAM, directory, ...states], { stdio: ["ignore", "pipe", "inherit"] });
  onTestFinished(() => void child.kill("SIGKILL"));
  const [said] = await once(child.stdout, "data");
  const kill = async () => {
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  return { name: String(said).trim(), kill };
}

test("a process that lives is respected, and killed right after sealing it has left everything whole", async () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const { name, kill } = await sealedElsewhere(bench.directory);
  const other = bench.run("t");
  expect(bench.claim(other, "a", "claimed", "mine")).toEqual(["elsewhere", "elsewhere", "new"]);
  expect(() => bench.run("u", { files: ["/out.jsonl"] })).toThrow(UnfinishedError);
  expect(bench.run("s").isTakenOver).toBe(false);

  await kill();
  expect(readFileSync(chunkPath(bench.directory, name), "utf8")).toBe(
    '{"key":"a","text":"流"}\n{"key":"b","text":"流"}\n',
  );
  expect(bench.ledger.findChunk(name)).toMatchObject({ state: "sealed", requests: 2 });
  expect(bench.claim(other, "a", "claimed")).toEqual(["new", "new"]);
  expect(bench.ledger.findChunk(name)).toMatchObject({ state: "settled" });
});

test("killed when it may have asked, its chunk is taken up where it was", async () => {
  const bench = new LedgerBench(sqliteBackEnd);
  const { name, kill } = await sealedElsewhere(bench.directory, "uploading", "uploaded", "creating");
  await kill();
  const run = bench.run("s", { files: ["/out.jsonl"] });
  const chunk = bench.ledger.findChunk(name);
  expect(run.isTakenOver).toBe(true);
  expect(chunk).toMatchObject({ state: "creating", runId: run.id });
  expect(bench.ledger.claim(["a", "b"], run)).toEqual(Array(2).fill({ kind: "inChunk", chunkId: chunk?.id }));
  expect(bench.claim(run, "claimed")).toEqual(["new"]);
});
