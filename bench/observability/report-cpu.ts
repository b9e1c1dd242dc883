import { writeFileSync } from "node:fs";
import { isMainThread } from "node:worker_threads";

/** Preloaded into a measured process: writes its CPU time in seconds, as it ends, to the file of CPU_REPORT. */
const path = process.env["CPU_REPORT"];
if (isMainThread && path !== undefined) {
  process.on("exit", () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    writeFileSync(path, `${(userCPUTime + systemCPUTime) / 1e6}`);
  });
}
