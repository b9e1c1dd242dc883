import type { Configuration } from "../config/load.ts";
import { ConfigurationError, UsageError } from "../core/errors.ts";
import type { Logger } from "../core/logger.ts";
import type { EmulatorOptions } from "../emulator/server.ts";

const FAULT_OPTIONS = [
  "fault",
  "fault-seed",
  "fault-seconds",
  "queue-limit",
  "credit",
  "live-rpm",
  "live-tpm",
  "live-latency",
] as const;

/**
 * What the options say about the faults and limits of an emulator.
 *
 * @throws {UsageError} for a fault that is not known, or a rate that is none, in a flag; {@link ConfigurationError}
 *   for one from elsewhere
 */
export async function faultOptions({ values, origins }: Configuration): Promise<FaultOptions> {
  const { fault, faultSeed: seed, faultSeconds: seconds, queueLimit, credit } = values;
  const { liveRpm, liveTpm, liveLatency: liveSeconds } = values;
  const { checkFaultRates } = await import("../emulator/faults.ts");
  return {
    faults: { seed, seconds, rates: originated(origins.fault, () => checkFaultRates(fault)) },
    ...(queueLimit === undefined ? {} : { queueLimit }),
    ...(credit === undefined ? {} : { credit }),
    ...(liveRpm === undefined ? {} : { liveRpm }),
    ...(liveTpm === undefined ? {} : { liveTpm }),
    ...(liveSeconds === 0 ? {} : { liveSeconds }),
  };
}

type FaultOptions = Pick<EmulatorOptions, "faults" | "queueLimit" | "credit" | "liveRpm" | "liveTpm" | "liveSeconds">;

/** What a run has that asks another server than its own. */
interface AskingElsewhere {
  readonly configuration: Configuration;
  readonly log: Logger;
}

/**
 * Sees that nobody takes another server for one with faults: what a file or the environment says about them may be
 * meant for `bg-pipe emulate`, and is passed over with a warning.
 *
 * @throws {UsageError} for a flag about faults
 */
export function setFaultsAside({ configuration: { values, origins }, log }: AskingElsewhere): void {
  const server = values.baseUrl === undefined ? `provider ${values.provider}` : "the server of --base-url";
  for (const name of FAULT_OPTIONS) {
    const origin = origins[name] ?? "default";
    if (origin === "default") continue;
    const message = `${name} is for the emulator that a run brings along, but this run asks ${server}`;
    if (!origin.startsWith("flag ")) log.warn(`${message}; it is passed over`, { from: origin });
    else throw new UsageError(`--${message}`, { hint: hintFor(origins["base-url"]) });
  }
}

function hintFor(baseUrlOrigin: string | undefined): string {
  const isSet = baseUrlOrigin === undefined ? "" : ` (it comes from ${baseUrlOrigin})`;
  return `Use --provider emulator without --base-url${isSet}, or give the flag to bg-pipe emulate.`;
}

/** Puts the place of a mistake before its message. */
function originated<T>(origin: string | undefined, check: () => T): T {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const { message, hint } = error;
    const details = { cause: error, ...(hint === undefined ? {} : { hint }) };
    if (origin?.startsWith("flag ")) throw new UsageError(`--fault: ${message}`, details);
    throw new ConfigurationError(`${origin ?? "fault"}: ${message}`, details);
  }
}
