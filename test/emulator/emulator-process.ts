/** An emulator as a process of its own, to be killed: `node emulator-process.ts '<options as JSON>'` prints its URL. */
import { startEmulator } from "../../src/emulator/server.ts";

const options = JSON.parse(process.argv[2] ?? "{}");
const emulator = await startEmulator({ ...options, countTokens: (_model, text) => Math.ceil(text.length / 4) });
process.stdout.write(`${emulator.url}\n`);
