import { join } from "node:path";
import { optionsOf } from "../../config/options.ts";
import { aborted } from "../../core/abort.ts";
import { systemClock } from "../../core/clock.ts";
import type { Command, CommandContext } from "../command.ts";
import { faultOptions } from "../emulator-options.ts";
import { boundHeapGrowth } from "../memory.ts";
import { writeText } from "../write-text.ts";

/** The emulator as a server on a port. */
export const emulate: Command = {
  name: "emulate",
  summary: "Serves an emulation of the Batch API on this machine, to try things out without a key or a bill",
  usage: "emulate [flags]",
  options: optionsOf("emulate"),
  examples: [
    { command: "bg-pipe emulate", explains: "Listens on 127.0.0.1:8787 until Ctrl-C" },
    {
      command:
        "OPENAI_BASE_URL=http://127.0.0.1:8787/v1 OPENAI_API_KEY=any bg-pipe grade rows.jsonl --model gpt-5-mini",
      explains: "Sends a run to it",
    },
    { command: "bg-pipe emulate --port 0 --batch-seconds 30", explains: "Takes a free port; batches take 30 seconds" },
    {
      command: "bg-pipe emulate --fault rate_limit=0.2 --fault line_lost=0.01",
      explains: "One call in five is answered with 429, and one result line in a hundred is missing",
    },
  ],
  run,
};

async function run(context: CommandContext): Promise<number> {
  const { port, host, batchSeconds, windowSeconds, stateDir, directory } = context.configuration.values;
  boundHeapGrowth();
  const faults = await faultOptions(context.configuration);
  const { startEmulator } = await import("../../emulator/server.ts");
  const emulator = await startEmulator({
    directory: directory ?? join(stateDir, "emulator"),
    port,
    host,
    batchSeconds,
    windowSeconds,
    clock: systemClock,
    ...faults,
  });
  try {
    await writeText(context.stderr, `bg-pipe: emulator is listening; use it with OPENAI_BASE_URL=${emulator.url}\n`);
    return await aborted(context.signal);
  } finally {
    await emulator.close();
  }
}
