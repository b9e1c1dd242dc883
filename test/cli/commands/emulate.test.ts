import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BIN, ended, start } from "../test-process.ts";

const folder = () => mkdtemp(join(tmpdir(), "bg-pipe-emulate-"));

test("serves until a signal comes, and says on stderr how to use it", async () => {
  const child = start(BIN, ["emulate", "--port", "0", "--directory", await folder()]);
  const [chunk] = await once(child.stderr ?? child, "data");
  const [, url = ""] = /OPENAI_BASE_URL=(\S+)\n/.exec(String(chunk)) ?? [];
  const response = await fetch(`${url}/batches`, { headers: { authorization: "Bearer any" } });
  expect([response.status, await response.json()]).toMatchObject([200, { object: "list", data: [] }]);
  const end = ended(child);
  child.kill("SIGTERM");
  expect(await end).toMatchObject({ status: 143, signal: null, stdout: "" });
});

test("keeps its files in the state directory, unless told where", async () => {
  const stateDir = await folder();
  const child = start(BIN, ["emulate", "--port", "0"], { environment: { BG_PIPE_STATE_DIR: stateDir } });
  const end = ended(child);
  await once(child.stderr ?? child, "data");
  const taken = await mkdtemp(join(stateDir, "emulator", "x-"));
  expect(taken).toContain(stateDir);
  child.kill("SIGINT");
  expect((await end).status).toBe(130);
});
