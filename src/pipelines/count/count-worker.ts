import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { BgPipeError, InternalError } from "../../core/errors.ts";
import type { PluginPlace } from "../loaded-plugins.ts";
import { prepareQuestion, type QuestionSettings } from "../question.ts";
import type { RunHost } from "../settings.ts";
import { rowsOfBlock } from "./block-rows.ts";
import type { LineBlock } from "./line-blocks.ts";
import { type CountedRows, RowCounter } from "./row-counter.ts";

/*
 * What runs in a thread of its own, and the words that it and the main thread speak. This file is loaded by both: in the
 * worker it answers, elsewhere it says where it is, under its name in the sources as in the package.
 */

export const WORKER_FILE = new URL(import.meta.url);

/** What a worker is started with. */
export interface WorkerSetup {
  readonly kind: "bg-pipe count worker";
  readonly settings: QuestionSettings;
  readonly data: RunHost["data"];
  /** The files that the settings name, by path: what was read once is the same for all. */
  readonly texts: ReadonlyMap<string, string>;
  readonly maxRecordBytes: number;
  readonly plugins: readonly PluginPlace[];
}

/** What a worker is told: a block of lines, and the name of the file they are from. */
export interface CountTask {
  readonly block: LineBlock;
  readonly file: string;
}

/** What a worker says: that it is ready, and then an answer to each task, in their order. */
export type WorkerMessage = "ready" | { readonly counted: CountedRows } | { readonly refused: PlainError };

/** A {@link BgPipeError} as plain data. */
export interface PlainError extends Pick<BgPipeError, "code" | "exitStatus" | "message" | "hint"> {}

// Not awaited: a module that waits at its top cannot be required from CommonJS. A failure ends the thread all the same.
if (parentPort !== null && isSetup(workerData)) void serve(parentPort, workerData);

function isSetup(data: unknown): data is WorkerSetup {
  return typeof data === "object" && data !== null && Reflect.get(data, "kind") === "bg-pipe count worker";
}

async function serve(port: MessagePort, setup: WorkerSetup): Promise<void> {
  const { settings, data, texts, maxRecordBytes } = setup;
  await loadPlugins(setup);
  const question = await prepareQuestion(settings, data, async (path) => textOf(path, texts));
  const counter = new RowCounter(question);
  port.on("message", ({ block, file }: CountTask) => {
    const message = answer(() => counter.count(rowsOfBlock(block, { file, maxRecordBytes })));
    port.postMessage(
      message,
      "counted" in message ? [message.counted.tokens.buffer, message.counted.bytes.buffer] : [],
    );
  });
  port.postMessage("ready" satisfies WorkerMessage);
}

/** One of them may bring the tokenizer. */
async function loadPlugins({ plugins }: WorkerSetup): Promise<void> {
  if (plugins.length === 0) return;
  const { loadPlugin } = await import("../plugins.ts");
  for (const { name, folder } of plugins) await loadPlugin(name, folder);
}

function textOf(path: string, texts: ReadonlyMap<string, string>): string {
  const text = texts.get(path);
  if (text === undefined) throw new InternalError(`${path} was not read before`);
  return text;
}

/** What is thrown on purpose is told with its exit status; anything else ends the thread. */
function answer(count: () => CountedRows): Exclude<WorkerMessage, "ready"> {
  try {
    return { counted: count() };
  } catch (error) {
    if (!(error instanceof BgPipeError)) throw error;
    const { code, exitStatus, message, hint } = error;
    return { refused: { code, exitStatus, message, hint } };
  }
}
