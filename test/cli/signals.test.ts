import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { aborted } from "../../src/core/abort.ts";
import { ended, start } from "./test-process.ts";

const SIGNALS = new URL("../../src/cli/signals.ts", import.meta.url).href;

/** Listens, says so, and at the first signal says why; then it never ends by itself. */
const SCRIPT = `data:text/javascript,${encodeURIComponent(`
  import { SignalListener } from "${SIGNALS}";
  const listener = new SignalListener((message) => console.error(message), "run it again");
  setInterval(() => {}, 1000);
  listener.signal.addEventListener("abort", () => console.log(listener.signal.reason.exitStatus));
  console.log("ready");
`)}`;

async function listening(): Promise<ChildProcess> {
  const child = start("-e", [""], { node: ["--import", SCRIPT] });
  await once(child.stdout ?? child, "data");
  return child;
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)("%s: the first asks to stop and says how to go on, the second ends the process", async (name, status) => {
  const child = await listening();
  const end = ended(child);
  child.kill(name);
  await once(child.stdout ?? child, "data");
  child.kill(name);
  expect(await end).toMatchObject({
    signal: name,
    stdout: expect.stringContaining(`${status}\n`),
    stderr: `${name}: stopping (run it again); once more to leave at once\n`,
  });
});

test("waiting for the signal ends with its reason", async () => {
  const controller = new AbortController();
  const waiting = aborted(controller.signal);
  controller.abort("reason");
  await expect(waiting).rejects.toBe("reason");
  await expect(aborted(controller.signal)).rejects.toBe("reason");
});
