import { hash } from "node:crypto";
import {
  checkFaultRates,
  FAULTS,
  type FaultKind,
  type FaultName,
  type FaultOf,
  type FaultRates,
  faultRates,
} from "./faults.ts";

/** What goes wrong how often. */
export interface FaultSettings {
  /** Another seed, other draws. */
  readonly seed: number;
  readonly rates: FaultRates;
  /** How long a hang, a drip or a lag lasts. Default 2. */
  readonly seconds?: number;
}

const NO_FAULTS: FaultSettings = { seed: 1, rates: {} };
const DEFAULT_SECONDS = 2;

/**
 * Decides which fault strikes on which occasion. A decision is a function of the seed, the fault and the occasion, and
 * of nothing else: the same in every process and after every restart.
 */
export class FaultPlan {
  readonly #seed: number;
  readonly #rates: ReadonlyMap<FaultName, number>;
  /** How long a hang, a drip or a lag lasts, in milliseconds. */
  readonly holdMs: number;

  /** @throws {ConfigurationError} for a fault that is not known, or a rate that is none */
  constructor({ seed, rates, seconds = DEFAULT_SECONDS }: FaultSettings = NO_FAULTS) {
    this.#seed = seed;
    this.#rates = faultRates(checkFaultRates(rates));
    this.holdMs = seconds * 1000;
  }

  /** The faults of a kind that may strike at all. */
  namesOf<Kind extends FaultKind>(kind: Kind): readonly FaultOf<Kind>[] {
    const isOfKind = (name: FaultName): name is FaultOf<Kind> => FAULTS[name] === kind;
    return [...this.#rates.keys()].filter(isOfKind);
  }

  /** Whether a fault strikes on an occasion, such as a batch. */
  strikes(name: FaultName, occasion: string): boolean {
    return this.#odds(name, occasion) < 1;
  }

  /** The one of several faults that strikes; of those that would, the one whose draw was the furthest below its rate. */
  pick<Name extends FaultName>(names: readonly Name[], occasion: string): Name | undefined {
    let picked: Name | undefined;
    let lowest = 1;
    for (const name of names) {
      const odds = this.#odds(name, occasion);
      if (odds >= lowest) continue;
      picked = name;
      lowest = odds;
    }
    return picked;
  }

  /** How far something comes before its fault strikes, as a share from 0 to 1 of the whole. */
  shareOf(name: FaultName, occasion: string): number {
    return this.#draw(`share of ${name}`, occasion);
  }

  /** Below 1 where the fault strikes. */
  #odds(name: FaultName, occasion: string): number {
    const rate = this.#rates.get(name);
    return rate === undefined ? Number.POSITIVE_INFINITY : this.#draw(name, occasion) / rate;
  }

  /** A number in [0, 1), of 48 bits. */
  #draw(what: string, occasion: string): number {
    return hash("sha256", `${this.#seed}\n${what}\n${occasion}`, "buffer").readUIntBE(0, 6) / 2 ** 48;
  }
}
