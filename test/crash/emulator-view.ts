import { setTimeout as delay } from "node:timers/promises";

/** What the emulator has billed; `requests` above `distinct` were paid for more than once. */
export interface Billing {
  readonly requests: number;
  readonly distinct: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
}

interface Listed {
  readonly data: readonly { readonly id: string; readonly status?: string; readonly filename?: string }[];
}

const TERMINAL: readonly unknown[] = ["completed", "failed", "expired", "cancelled"];

/** The emulator, asked over HTTP. */
export class EmulatorView {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  async billing(): Promise<Billing> {
    const billing: Billing = await this.#get("/emulator/billing");
    return billing;
  }

  /** How often each fault struck. */
  async faults(): Promise<Readonly<Record<string, number>>> {
    const strikes: Readonly<Record<string, number>> = await this.#get("/emulator/faults");
    return strikes;
  }

  /** Names of the files that are there. */
  async files(): Promise<readonly string[]> {
    const { data }: Listed = await this.#get("/v1/files?limit=10000");
    return data.map(({ filename }) => filename ?? "");
  }

  /** Waits until no batch is at work: until then there may be more to bill. */
  async untilIdle(): Promise<void> {
    for (;;) {
      const { data }: Listed = await this.#get("/v1/batches?limit=100");
      if (data.every(({ status }) => TERMINAL.includes(status))) return;
      await delay(20);
    }
  }

  /** Asks until there is an answer: where faults are rehearsed, this call may meet one. */
  async #get(path: string) {
    for (;;) {
      const response = await fetch(new URL(path, this.#url)).catch(() => undefined);
      if (response?.ok === true) return JSON.parse(await response.text());
      await response?.body?.cancel();
    }
  }
}
