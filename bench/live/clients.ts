/** What people write instead: fixed concurrency, and each call retries for itself. */
import { setTimeout as delay } from "node:timers/promises";
import PQueue from "p-queue";
import pRetry from "p-retry";

/** Asks for one body until there is an answer. */
export type Client = (bodies: Iterable<string>, url: string, concurrency: number) => Promise<void>;

/** Workers that take turns; a refused call waits as long as it is told, by itself. */
export const semaphorePool: Client = async (bodies, url, concurrency) => {
  const left = bodies[Symbol.iterator]();
  const work = async () => {
    for (let next = left.next(); next.done !== true; next = left.next()) await untilAnswered(next.value, url);
  };
  await Promise.all(Array.from({ length: concurrency }, work));
};

/** The idiom of p-queue around p-retry, with exponential backoff. */
export const queueAndRetry: Client = async (bodies, url, concurrency) => {
  const queue = new PQueue({ concurrency });
  for (const body of bodies) {
    await queue.onSizeLessThan(2 * concurrency);
    void queue.add(() =>
      pRetry(() => post(body, url), { retries: 50, minTimeout: 250, maxTimeout: 30_000, randomize: true }),
    );
  }
  await queue.onIdle();
};

async function untilAnswered(body: string, url: string): Promise<void> {
  for (;;) {
    const response = await fetch(`${url}/chat/completions`, { method: "POST", body, headers: HEADERS });
    await response.text();
    if (response.ok) return;
    await delay(Number(response.headers.get("retry-after-ms") ?? 1_000));
  }
}

async function post(body: string, url: string): Promise<void> {
  const response = await fetch(`${url}/chat/completions`, { method: "POST", body, headers: HEADERS });
  await response.text();
  if (!response.ok) throw new Error(`status ${response.status}`);
}

const HEADERS = { "content-type": "application/json", authorization: "Bearer none" };
