import { systemClock } from "../core/clock.ts";
import { EXIT } from "../core/errors.ts";
import type { Inventory } from "../ledger/inventory.ts";
import type { WatchedRuns } from "../pipelines/watch-runs.ts";
import type { CommandContext } from "./command.ts";
import { showViews } from "./show-progress.ts";

export interface WatchOptions {
  readonly inventory: Inventory;
  /** Numbers of the runs. */
  readonly runs: readonly number[];
  /** Asks the provider how far their batches are. */
  readonly refresh: () => Promise<void>;
}

const LOOK_EVERY_MS = 2_000;
/** Looking reads through all requests: on a large ledger it takes no more than this share of the time. */
const LOOKING_SHARE = 0.1;
const REFRESH_EVERY_MS = 10_000;

/**
 * Shows runs as they go on, until no process works on them and none of their batches is at work. Where no process asks
 * the provider, this one does.
 */
export async function watchStatus(context: CommandContext, options: WatchOptions): Promise<number> {
  const { lookAtRuns } = await import("../pipelines/watch-runs.ts");
  const look = () => lookAtRuns(options.inventory, options.runs, systemClock.now());
  let watched = look();
  const progress = await showViews(context, () => watched.views, { isAlways: true });
  try {
    const watch = new Watch(context, options);
    while (await watch.next(watched)) watched = watch.timed(look);
    watched = look();
  } finally {
    await progress.close();
  }
  context.log.info("nothing is at work any more; the same command again collects what there is, and goes on");
  return EXIT.ok;
}

class Watch {
  readonly #context: CommandContext;
  readonly #options: WatchOptions;
  #refreshedAt = 0;
  #tookMs = 0;

  constructor(context: CommandContext, options: WatchOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Waits until it is time to look again. @returns whether there is anything to wait for */
  async next({ isRunning, isAtWork }: WatchedRuns): Promise<boolean> {
    const { signal, configuration } = this.#context;
    if (!isRunning && !isAtWork) return false;
    const { pollInterval } = configuration.values;
    const everyMs = pollInterval === undefined ? REFRESH_EVERY_MS : Math.max(LOOK_EVERY_MS, pollInterval * 1000);
    const isDue = systemClock.now() - this.#refreshedAt >= everyMs;
    if (!isRunning && isDue) {
      this.#refreshedAt = systemClock.now();
      await this.#options.refresh();
      return true;
    }
    await systemClock.sleep(Math.max(LOOK_EVERY_MS, this.#tookMs / LOOKING_SHARE), signal);
    return true;
  }

  timed<T>(look: () => T): T {
    const startedAt = performance.now();
    const result = look();
    this.#tookMs = performance.now() - startedAt;
    return result;
  }
}
