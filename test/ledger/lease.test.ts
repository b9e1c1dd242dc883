import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { isAlive, LEASE_MS, ownIdentity, RENEW_EVERY_MS } from "../../src/ledger/lease.ts";

const NOW = 1_000_000;

describe("isAlive", () => {
  test("this process is, however long ago it renewed", () => {
    expect(isAlive(ownIdentity(), 0, NOW)).toBe(true);
  });

  test("a number that no process has is not, however lately it renewed", () => {
    expect(isAlive({ ...ownIdentity(), pid: 2 ** 30 }, NOW, NOW)).toBe(false);
  });

  test("a later process with the same number is not", () => {
    expect(isAlive({ ...ownIdentity(), startedAt: "1" }, NOW, NOW)).toBe(false);
  });

  test("one on another host is believed for as long as a lease", () => {
    const far = { ...ownIdentity(), host: "far" };
    expect(isAlive(far, NOW - LEASE_MS + 1, NOW)).toBe(true);
    expect(isAlive(far, NOW - LEASE_MS, NOW)).toBe(false);
  });

  test("another process on this host is seen, and so is its end", async () => {
    const child = spawn("sleep", ["60"]);
    onTestFinished(() => void child.kill("SIGKILL"));
    await once(child, "spawn");
    const { startedAt: _, ...own } = ownIdentity();
    const startedAt = process.platform === "linux" ? await startTimeOf(child.pid) : "";
    const identity = { ...own, startedAt, pid: child.pid ?? 0 };
    expect(isAlive(identity, NOW, NOW)).toBe(true);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(isAlive(identity, NOW, NOW)).toBe(false);
  });

  test("a lease is renewed more than twice before it runs out", () => {
    expect(RENEW_EVERY_MS * 2).toBeLessThan(LEASE_MS);
  });
});

async function startTimeOf(pid: number | undefined): Promise<string> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8");
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}
