import { writeSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** Preloaded into a measured process: says on stderr, as it ends, its peak resident set (KiB) and CPU time (ms). */
if (isMainThread) {
  process.on("exit", () => {
    const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage();
    writeSync(2, `peak ${maxRSS} cpu ${Math.round((userCPUTime + systemCPUTime) / 1000)}\n`);
  });
}
