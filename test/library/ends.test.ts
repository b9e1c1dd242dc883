import { setImmediate } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { asStream, grade, map, pipeline, readRows, through, writeRows } from "../../src/index.ts";
import { temporaryFolder } from "../run-program.ts";
import { fileOf, Kept, Numbers } from "./collect.ts";

/** What never ends, and says when somebody waits for it. */
class Trap {
  readonly #sprung = Promise.withResolvers<void>();

  readonly wait = (): Promise<never> => {
    this.#sprung.resolve();
    return new Promise(() => {});
  };

  readonly rows = async function* (this: Trap): AsyncGenerator<object> {
    yield { n: 1 };
    yield await this.wait();
  }.bind(this);

  get sprung(): Promise<void> {
    return this.#sprung.promise;
  }
}

describe("a signal ends what does not heed it", () => {
  test.each<[string, (trap: Trap, signal: AbortSignal) => Promise<unknown>]>([
    ["rows of a program", (trap, signal) => pipeline(trap.rows(), writeRows(new Kept()), { signal })],
    ["a generator", (trap, signal) => pipeline(new Numbers(9), through(trap.rows), writeRows(new Kept()), { signal })],
    ["a function", (trap, signal) => pipeline(new Numbers(9), map(trap.wait), writeRows(new Kept()), { signal })],
    ["an end", (trap, signal) => pipeline(new Numbers(9), trap.wait, { signal })],
  ])("%s", async (_, run) => {
    const [trap, stop] = [new Trap(), new AbortController()];
    const end = run(trap, stop.signal);
    end.catch(() => {});
    await trap.sprung;
    stop.abort(new Error("enough"));
    await expect(end).rejects.toThrow("enough");
  });
});

test("a stream that is destroyed tells the function in it", async () => {
  const trap = new Trap();
  const heard = Promise.withResolvers<void>();
  const stream = asStream(
    map((_: object, { signal }) => {
      signal.addEventListener("abort", () => heard.resolve(), { once: true });
      return trap.wait();
    }),
  );
  stream.on("error", () => {});
  stream.write({ n: 1 });
  stream.read();
  await trap.sprung;
  stream.destroy();
  await heard.promise;
});

test("an emulator that was started for rows that cannot be asked is ended", async () => {
  const prices = { mine: { nonsense: true } };
  const asks = grade({ model: "gpt-5-mini", provider: "emulator", prices, stateDir: temporaryFolder("state") });
  const servers = () => process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length;
  const before = servers();
  await expect(pipeline([{ response: "a" }], asks, writeRows(new Kept()))).rejects.toThrow("prices");
  await setImmediate();
  expect(servers()).toBe(before);
});

test("a row that failed is not given a second field of the answer's name", async () => {
  const rows = readRows<object>(fileOf('{"grade":1}\n'));
  const asks = grade<object>({ model: "gpt-5-mini", provider: "emulator", stateDir: temporaryFolder("state") });
  await expect(pipeline(rows, asks, writeRows(new Kept()))).rejects.toThrow('already has a field "grade"');
});
