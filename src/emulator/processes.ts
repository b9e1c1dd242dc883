import { readFileSync } from "node:fs";
import { threadId } from "node:worker_threads";
import { z } from "zod";
import { systemCodeOf } from "../core/errors.ts";

/** Who holds something: a process, told from a later one with the same number, and an emulator within it. */
export const holder = z.object({
  pid: z.number(),
  /** When the process started, in clock ticks since boot; null where the system does not say. */
  startedTicks: z.number().nullable(),
  threadId: z.number(),
  token: z.string(),
});
export type Holder = z.infer<typeof holder>;

const liveTokens = new Set<string>();

/** This process as a holder, under a token of the caller's. Counts as alive until {@link retire}. */
export function enlist(token: string): Holder {
  liveTokens.add(token);
  return { pid: process.pid, startedTicks: startedTicks(process.pid), threadId, token };
}

/** Says that the holder with this token is gone though its process lives on. */
export function retire(token: string): void {
  liveTokens.delete(token);
}

/** Whether a holder is still there to do its work. */
export function isAlive(other: Holder): boolean {
  if (other.pid === process.pid && other.startedTicks === startedTicks(process.pid)) {
    return other.threadId !== threadId || liveTokens.has(other.token);
  }
  return isProcessAlive(other.pid) && (other.startedTicks === null || other.startedTicks === startedTicks(other.pid));
}

/** Whether a process of that number runs (it may be another than the one that was meant). */
export function isProcessAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return systemCodeOf(error) === "EPERM";
  }
}

function startedTicks(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The process's name, in parentheses, may hold anything; field 22 is counted from behind it.
    const ticks = Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]);
    return Number.isFinite(ticks) ? ticks : null;
  } catch {
    return null;
  }
}
