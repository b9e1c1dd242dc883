import type { Clock } from "../core/clock.ts";
import { drawProgress } from "../report/progress/draw.ts";
import { totalsText } from "../report/progress/totals.ts";
import type { ProgressView } from "../report/progress/view.ts";
import type { Screen } from "./screen.ts";

export interface ProgressOptions {
  readonly screen: Screen;
  readonly clock: Clock;
  /** How far it is now: a view for each run that is shown. */
  readonly look: () => readonly ProgressView[];
}

/** Something that is shown until it is closed. */
export interface Progress {
  close(): Promise<void>;
}

const DRAW_EVERY_MS = 1_000;
const SAY_EVERY_MS = 30_000;

/** Shows a view that is drawn anew every second, and when the window changes its size. What is so at the end stays. */
export class LiveProgress implements Progress {
  readonly #options: ProgressOptions;
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;
  readonly #forgetResize: () => void;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#forgetResize = options.screen.onResize(() => this.#draw());
    this.#work = every(DRAW_EVERY_MS, () => this.#draw(), { clock: options.clock, signal: this.#stop.signal });
  }

  async close(): Promise<void> {
    this.#forgetResize();
    this.#stop.abort();
    await this.#work;
    this.#draw();
    this.#options.screen.keep();
  }

  #draw(): void {
    const { screen, look } = this.#options;
    screen.show(drawProgress(look(), screen.size));
  }
}

export interface SpokenOptions extends Pick<ProgressOptions, "clock" | "look"> {
  /** Takes a line, without its newline, and the view it was made of. */
  readonly say: (line: string, view: ProgressView) => void;
}

/** Says how far it is every 30 seconds, where nothing can be drawn. */
export class SpokenProgress implements Progress {
  readonly #options: SpokenOptions;
  readonly #stop = new AbortController();
  readonly #work: Promise<void>;

  constructor(options: SpokenOptions) {
    this.#options = options;
    this.#work = this.#run();
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#work;
  }

  async #run(): Promise<void> {
    const { clock, look, say } = this.#options;
    const { signal } = this.#stop;
    await clock.sleep(SAY_EVERY_MS, signal).catch(() => {});
    const sayAll = () => {
      for (const view of look()) say(totalsText(view), view);
    };
    await every(SAY_EVERY_MS, sayAll, { clock, signal });
  }
}

interface Pace {
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Does something now and then, until the signal aborts. */
async function every(milliseconds: number, work: () => void, { clock, signal }: Pace): Promise<void> {
  while (!signal.aborted) {
    work();
    await clock.sleep(milliseconds, signal).catch(() => {});
  }
}
