import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { CircuitBreaker, type CircuitBreakerOptions } from "../../src/core/circuit-breaker.ts";
import { eventually, turn, VirtualClock } from "../support/virtual-clock.ts";

class Dead extends Error {}
class Refused extends Error {}
class HeldBack extends Error {}
class SlowDown extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super("slow down");
    this.retryAfterMs = retryAfterMs;
  }
}

const never = new AbortController().signal;
const THRESHOLD = 5;
const SPREAD_MS = 100;

/** What a promise is rejected with. */
function errorOf(work: Promise<unknown>): Promise<Error> {
  return work.then(
    () => Promise.reject(new Error("it did not fail")),
    (error) => error,
  );
}

/** A service that can be switched off, a circuit before it, and what became of both. */
class Scene {
  readonly clock: VirtualClock;
  readonly circuit: CircuitBreaker;
  /** When each call arrived, in milliseconds since the start. */
  readonly arrivals: number[] = [];
  readonly events: string[] = [];
  failure: Error | undefined = new Dead("nobody there");

  constructor(kind: "automatic" | "manual", options: Partial<CircuitBreakerOptions> = {}) {
    this.clock = new VirtualClock(kind);
    this.circuit = new CircuitBreaker({
      threshold: THRESHOLD,
      coolDown: { firstMs: 1_000, factor: 2, maxMs: 60_000, jitter: 0 },
      spreadMs: SPREAD_MS,
      judge: (error) => (error instanceof Dead ? "failure" : error instanceof TypeError ? "neutral" : "answer"),
      retryAfterMs: (error) => (error instanceof SlowDown ? error.retryAfterMs : undefined),
      retryAfterCapMs: 60_000,
      refusal: (_, cause) => new HeldBack(String(cause)),
      onOpened: ({ delayMs }) => this.events.push(`opened for ${delayMs}`),
      onClosed: () => this.events.push("closed"),
      clock: this.clock,
      ...options,
    });
  }

  readonly call = async (): Promise<string> => {
    this.arrivals.push(this.clock.elapsedMs);
    await turn();
    if (this.failure !== undefined) throw this.failure;
    return "answer";
  };

  run(signal = never, group = "read"): Promise<string> {
    return this.circuit.run(group, this.call, signal);
  }

  async open(): Promise<void> {
    for (let count = 0; count < THRESHOLD; count++) await errorOf(this.run());
    this.arrivals.length = 0;
  }

  /** Somebody who does not give up, as those who use the circuit do. */
  async persist(): Promise<void> {
    for (;;) {
      try {
        await this.run();
        return;
      } catch {
        await this.clock.sleep(500);
      }
    }
  }
}

describe("a circuit", () => {
  test("opens after failures in a row only, and not by errors that are answers, or say nothing", async () => {
    const scene = new Scene("manual");
    for (const error of [new Dead(""), new Dead(""), new Dead(""), new Dead(""), new Refused("")]) {
      for (let count = 0; count < 3; count++) {
        scene.failure = error;
        await errorOf(scene.run());
        scene.failure = undefined;
        await scene.run();
      }
    }
    scene.failure = new TypeError("here");
    for (let count = 0; count < 20; count++) await errorOf(scene.run());
    expect(scene.events).toEqual([]);
    scene.failure = new Dead("");
    await scene.open();
    expect(scene.events).toEqual(["opened for 1000"]);
  });

  test("errors that say nothing do not interrupt a row of failures", async () => {
    const scene = new Scene("manual");
    for (const error of [new Dead(""), new TypeError(""), new Dead(""), new Dead(""), new Dead(""), new Dead("")]) {
      scene.failure = error;
      await errorOf(scene.run());
    }
    expect(scene.events).toEqual(["opened for 1000"]);
  });

  test("lets one call through after each cool-down, which grows to its limit; the others are refused with it", async () => {
    const scene = new Scene("manual");
    await scene.open();
    const delays = [1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000];
    for (const [round, delay] of delays.entries()) {
      const outcomes = Array.from({ length: 10 }, () => errorOf(scene.run()));
      await scene.clock.advance(delay - 1);
      expect(scene.arrivals).toHaveLength(round);
      await scene.clock.advance(1);
      const names = (await Promise.all(outcomes)).map((error) => error.constructor.name);
      expect(names.sort()).toEqual(["Dead", ...Array(9).fill("HeldBack")]);
      expect(scene.arrivals).toHaveLength(round + 1);
    }
    expect(scene.events).toEqual(["opened for 1000", ...[...delays.slice(1), 60_000].map((ms) => `opened for ${ms}`)]);
  });

  test("closes when a probe succeeds, and lets all go, spread over a while", async () => {
    const scene = new Scene("manual");
    await scene.open();
    const work = Promise.all(Array.from({ length: 50 }, () => scene.run()));
    scene.failure = undefined;
    await scene.clock.advance(1_000);
    expect(scene.arrivals).toEqual([1_000]);
    expect(scene.events.at(-1)).toBe("closed");
    await scene.clock.advance(SPREAD_MS);
    expect(await work).toHaveLength(50);
    expect(new Set(scene.arrivals).size).toBeGreaterThan(25);
    expect(Math.max(...scene.arrivals)).toBeLessThanOrEqual(1_000 + SPREAD_MS);
    expect(scene.clock.sleeperCount).toBe(0);
  });

  test("any answer closes it, also an error, and one to a call from before", async () => {
    for (const failure of [new Refused("no"), undefined]) {
      const scene = new Scene("manual");
      let answer = () => {};
      const early = scene.circuit.run("read", () => new Promise<void>((resolve) => (answer = resolve)), never);
      await turn();
      await scene.open();
      if (failure === undefined) {
        answer();
        await early;
      } else {
        scene.failure = failure;
        const probe = errorOf(scene.run());
        await scene.clock.advance(1_000);
        expect(await probe).toBe(failure);
      }
      expect(scene.events).toEqual(["opened for 1000", "closed"]);
    }
  });

  test("failures of calls from before neither lengthen the cool-down nor refuse anybody", async () => {
    const scene = new Scene("manual");
    const fail: (() => void)[] = [];
    const early = Array.from({ length: 20 }, () =>
      errorOf(
        scene.circuit.run("read", () => new Promise((_, reject) => fail.push(() => reject(new Dead("")))), never),
      ),
    );
    await turn();
    await scene.open();
    const waiting = scene.run();
    for (const reject of fail) reject();
    await Promise.all(early);
    expect(scene.events).toEqual(["opened for 1000"]);
    scene.failure = undefined;
    await scene.clock.advance(1_000);
    expect(await waiting).toBe("answer");
  });

  test("no call is made for whom it is too late", async () => {
    const scene = new Scene("manual");
    scene.failure = undefined;
    expect((await errorOf(scene.run(AbortSignal.abort(new Error("SIGINT"))))).message).toBe("SIGINT");
    expect(scene.arrivals).toEqual([]);
  });

  test("whoever comes when the cool-down is over goes at once, without anybody having waited", async () => {
    const scene = new Scene("manual");
    await scene.open();
    await scene.clock.advance(3_600_000);
    expect(scene.clock.sleeperCount).toBe(0);
    scene.failure = undefined;
    expect(await scene.run()).toBe("answer");
  });
});

describe("waiting", () => {
  test("ends with the caller's signal; no call is made, and nobody else is disturbed", async () => {
    const scene = new Scene("manual");
    await scene.open();
    const stop = new AbortController();
    const leaving = Array.from({ length: 10 }, () => errorOf(scene.run(stop.signal)));
    const staying = scene.run();
    await scene.clock.advance(500);
    stop.abort(new Error("SIGINT"));
    expect((await Promise.all(leaving)).map((error) => error.message)).toEqual(Array(10).fill("SIGINT"));
    expect((await errorOf(scene.run(stop.signal))).message).toBe("SIGINT");
    scene.failure = undefined;
    await scene.clock.advance(500);
    expect(await staying).toBe("answer");
    expect(scene.arrivals).toEqual([1_000]);
    expect(scene.clock.sleeperCount).toBe(0);
  });

  test.each([
    ["is aborted by its caller", new Dead("the socket was closed")],
    ["fails for a reason of our own", new TypeError("disk full")],
  ])("a probe that %s is no failure; the next one goes at once", async (_, error) => {
    const scene = new Scene("manual");
    await scene.open();
    const stop = new AbortController();
    const probe = (): Promise<string> =>
      new Promise((_resolve, reject) => {
        scene.arrivals.push(scene.clock.elapsedMs);
        stop.signal.addEventListener("abort", () => reject(error));
      });
    const signal = error instanceof Dead ? stop.signal : never;
    const first = errorOf(scene.circuit.run("read", probe, signal));
    await turn();
    const second = scene.run();
    await scene.clock.advance(1_000);
    expect(scene.arrivals).toEqual([1_000]);
    scene.failure = undefined;
    stop.abort(new Error("SIGINT"));
    expect(await first).toBe(error);
    await turn();
    expect(await second).toBe("answer");
    expect(scene.events).toEqual(["opened for 1000", "closed"]);
  });

  test("a probe without an end makes room for the next after a while, and counts all the same", async () => {
    const scene = new Scene("manual");
    await scene.open();
    const fail: (() => void)[] = [];
    const hang = () => {
      scene.arrivals.push(scene.clock.elapsedMs);
      return new Promise((_, reject) => fail.push(() => reject(new Dead("timed out"))));
    };
    const outcomes = Array.from({ length: 5 }, () => errorOf(scene.circuit.run("read", hang, never)));
    await scene.clock.advance(130_000);
    expect(scene.arrivals).toEqual([1_000, 61_000, 121_000]);
    for (const [index, delay] of [2_000, 4_000, 8_000].entries()) {
      fail[index]?.();
      await turn();
      expect(scene.events.at(-1)).toBe(`opened for ${delay}`);
    }
    const names = (await Promise.all(outcomes)).map((error) => error.constructor.name);
    expect(names.sort()).toEqual(["Dead", "Dead", "Dead", "HeldBack", "HeldBack"]);
  });
});

describe("many callers", () => {
  test("against a dead service, 50 of them make about one call per cool-down; all get through in the end", async () => {
    const scene = new Scene("automatic");
    const work = Promise.all(Array.from({ length: 50 }, () => scene.persist()));
    await eventually(() => scene.clock.elapsedMs > 3_600_000, 1_000_000);
    const first = scene.arrivals.filter((at) => at === 0);
    expect(first).toHaveLength(50);
    // 1 + 2 + 4 + 8 + 16 + 32 s, and then a minute each.
    expect(scene.arrivals.length - first.length).toBeGreaterThan(50);
    expect(scene.arrivals.length - first.length).toBeLessThanOrEqual(6 + 60);
    scene.failure = undefined;
    await work;
    expect(scene.events.at(-1)).toBe("closed");
  });

  test("none is forgotten, whatever the service does and when", async () => {
    const state = fc.constantFrom("dead", "alive", "slow down", "refuses", "disk full");
    const phases = fc.array(fc.record({ state, lastsMs: fc.nat(20_000) }), { maxLength: 8 });
    await fc.assert(
      fc.asyncProperty(phases, fc.array(fc.nat(30_000), { minLength: 1, maxLength: 12 }), async (plan, starts) => {
        const scene = new Scene("automatic");
        scene.failure = undefined;
        const playing = play(scene, plan);
        const callers = starts.map(async (startMs) => {
          await scene.clock.sleep(startMs);
          await scene.persist();
        });
        await Promise.all([playing, ...callers]);
        expect(scene.clock.sleeperCount).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});

async function play(scene: Scene, plan: readonly { readonly state: string; readonly lastsMs: number }[]) {
  const failures: Readonly<Record<string, Error>> = {
    dead: new Dead(""),
    "slow down": new SlowDown(5_000),
    refuses: new Refused(""),
    "disk full": new TypeError(""),
  };
  for (const { state, lastsMs } of plan) {
    scene.failure = failures[state];
    await scene.clock.sleep(lastsMs);
  }
  scene.failure = undefined;
}

describe("a request to come back later", () => {
  test("goes for all callers of the group, and for no other", async () => {
    const scene = new Scene("manual");
    scene.failure = new SlowDown(30_000);
    await errorOf(scene.run());
    scene.failure = undefined;
    const held = Promise.all(Array.from({ length: 20 }, () => scene.run()));
    expect(await scene.run(never, "upload")).toBe("answer");
    await scene.clock.advance(29_999);
    expect(scene.arrivals).toEqual([0, 0]);
    await scene.clock.advance(1 + SPREAD_MS);
    expect(await held).toHaveLength(20);
    expect(new Set(scene.arrivals).size).toBeGreaterThan(10);
    expect(scene.events).toEqual([]);
  });

  test("is granted up to our own limit, and is not shortened by a later, shorter one", async () => {
    const scene = new Scene("manual", { spreadMs: 0 });
    const late: (() => void)[] = [];
    const other = errorOf(
      scene.circuit.run("read", () => new Promise((_, reject) => late.push(() => reject(new SlowDown(10)))), never),
    );
    await turn();
    scene.failure = new SlowDown(86_400_000);
    await errorOf(scene.run());
    for (const reject of late) reject();
    await other;
    scene.failure = undefined;
    const held = scene.run();
    await scene.clock.advance(59_999);
    expect(scene.arrivals).toHaveLength(1);
    await scene.clock.advance(1);
    expect(await held).toBe("answer");
  });

  test("can be left by the caller's signal", async () => {
    const scene = new Scene("manual");
    scene.failure = new SlowDown(30_000);
    await errorOf(scene.run());
    const stop = new AbortController();
    const held = errorOf(scene.run(stop.signal));
    await turn();
    stop.abort(new Error("SIGTERM"));
    expect((await held).message).toBe("SIGTERM");
    expect(scene.clock.sleeperCount).toBe(0);
  });
});
