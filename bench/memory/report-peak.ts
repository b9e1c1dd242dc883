import { writeSync } from "node:fs";

/** Preloaded into a measured process: says on stderr, as it ends, what its peak resident set was, in KiB. */
process.on("exit", () => writeSync(2, `peak ${process.resourceUsage().maxRSS}\n`));
