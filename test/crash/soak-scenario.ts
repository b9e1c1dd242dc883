import { FAULTS, type FaultName } from "../../src/emulator/faults.ts";
import type { Random } from "./random.ts";
import type { WorldOptions } from "./world.ts";

/** A scenario of a soak, and how it reads in a report. */
export interface SoakScenario extends WorldOptions {
  readonly label: string;
}

const DIRECTIVES = [
  "status=500,times=1",
  "status=429,times=2",
  "status=0,times=1",
  "status=500",
  "lose,times=1",
  "lose",
  "corrupt,times=1",
  "invalid_answer,times=1",
  "invalid_answer",
  "cut_off,times=1",
  "refuse",
  "content_filter",
] as const;

/** Makes up a scenario: rows, flags, and where the emulator lives. */
export function soakScenario(random: Random): SoakScenario {
  const rows = random.whole(5, 60);
  const isEmbedded = random.chance(0.4);
  const isPiped = random.chance(0.3);
  const isOrdered = random.chance(0.6);
  const choices = [
    `--chunk-rows ${random.whole(2, 20)}`,
    `--max-batches ${random.whole(1, 5)}`,
    `--retries ${random.whole(0, 2)}`,
    `--order ${isOrdered ? "input" : "completion"}`,
    random.pick("", "", "--detach", "--wait 0.3"),
    random.pick("", "--schema schema.json"),
    random.pick("", "--meta"),
    random.pick("", "", "--on-error skip"),
  ];
  const flags = ["--model", "gpt-4", ...choices.flatMap((choice) => choice.split(" ")).filter((word) => word !== "")];
  const batchSeconds = random.pick(0, 0, 0.3, 1);
  const input = Array.from({ length: rows }, (_, id) => line(id, random)).join("");
  const label = [
    `${rows} rows`,
    isEmbedded ? "embedded" : `external, batches of ${batchSeconds} s`,
    ...(isPiped ? ["piped"] : []),
    ...choices.filter((choice) => choice !== ""),
  ].join(", ");
  return { input, flags, isEmbedded, isPiped, isOrdered, emulator: { batchSeconds }, label };
}

/** A scenario whose provider fails all the time. */
export interface FaultyScenario extends SoakScenario {
  /** Of the rows, in order. */
  readonly ids: readonly number[];
  /** How many requests there are to ask. */
  readonly distinct: number;
}

/** Makes up rows, flags, and a provider that fails in every way it can. */
export function faultyScenario(random: Random): FaultyScenario {
  const ids = Array.from({ length: random.whole(4, 16) }, (_, id) => id);
  const [chunkRows, seed] = [random.whole(2, 8), random.whole(1, 1_000_000)];
  const choices = `--chunk-rows ${chunkRows} --retries ${random.whole(0, 3)} ${random.pick("", "--detach", "--wait 0.5")}`;
  const flags = ["--model", "gpt-4", "--schema", "schema.json", ...choices.trim().split(" ")];
  const rates = { ...Object.fromEntries(CALL_FAULTS.map((name) => [name, 0.01])), all: 0.1 };
  return {
    input: ids.map((id) => `${JSON.stringify({ id, response: `text ${id}` })}\n`).join(""),
    flags,
    emulator: { faults: { seed, rates, seconds: 0.05 } },
    label: `${ids.length} rows, everything fails (seed ${seed}), ${choices}`,
    ids,
    distinct: ids.length,
  };
}

/** Each of them costs pauses of seconds. */
const CALL_FAULTS = (Object.keys(FAULTS) as FaultName[]).filter((name) => FAULTS[name] === "call");

function line(id: number, random: Random): string {
  if (random.chance(0.03)) return `{"id":${id},bad\n`;
  if (random.chance(0.03)) return `{"id":${id}}\n`;
  if (random.chance(0.1)) return `{"id":${id},"response":"said by several"}\n`;
  const text = random.chance(0.3) ? `${id} [[emulator:${random.pick(...DIRECTIVES)}]]` : `text ${id}`;
  return `${JSON.stringify({ id, response: text })}\n`;
}
