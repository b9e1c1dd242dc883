import type { FaultPlan } from "./fault-plan.ts";
import type { FaultOf } from "./faults.ts";
import { badGateway, type Delivery, RESET, type Reply, statusReply } from "./reply.ts";
import type { Tally } from "./tally.ts";
import { ENDPOINT_PATHS } from "./wire.ts";

/** A call to the API, as far as faults go. */
export interface CountedCall {
  /** How many calls of its operation there were on the directory, this one included. */
  readonly number: number;
  readonly fault: CallFault | undefined;
  /** How much of the request's body is taken in before `reset_before` strikes, as a share of it. */
  readonly share: number;
}

export type CallFault = FaultOf<"call"> | FaultOf<"content">;

/** What is struck by the faults of contents too: downloads, and live calls. */
const WITH_CONTENT = new Set(["GET /v1/files/:id/content", ...ENDPOINT_PATHS.map((path) => `POST ${path}`)]);

/** Counts the calls to the API, and says what befalls each. */
export class CallFaults {
  readonly #plan: FaultPlan;
  readonly #calls: Tally;
  readonly #ofAll: readonly FaultOf<"call">[];
  readonly #ofContents: readonly CallFault[];

  constructor(plan: FaultPlan, calls: Tally) {
    this.#plan = plan;
    this.#calls = calls;
    this.#ofAll = plan.namesOf("call");
    this.#ofContents = [...this.#ofAll, ...plan.namesOf("content")];
  }

  /** Counts a call before it is carried out, so that a killed one shows too. */
  next(operation: string): CountedCall {
    const number = this.#calls.add(operation);
    const occasion = `${operation} ${number}`;
    const fault = this.#plan.pick(WITH_CONTENT.has(operation) ? this.#ofContents : this.#ofAll, occasion);
    return { number, fault, share: fault === "reset_before" ? this.#plan.shareOf(fault, occasion) : 0 };
  }
}

/** What is answered instead of carrying the call out. @returns undefined for a fault that comes after the work */
export function replyInstead(fault: CallFault | undefined): Reply | undefined {
  switch (fault) {
    case "rate_limit":
      return statusReply(429);
    case "server_error":
      return statusReply(500);
    case "bad_gateway":
      return badGateway();
    case "overloaded":
      return statusReply(503);
    case "reset_before":
      return RESET;
    default:
      return undefined;
  }
}

/**
 * How a fault that comes after the work has a reply delivered.
 *
 * @returns undefined where it has nothing to strike: a content's fault, and a reply that is an error
 */
export function deliveryUnder(fault: CallFault | undefined, { status }: Reply): Delivery | undefined {
  if (fault === "reset_after") return "reset";
  if (fault === "hang") return fault;
  const isOfContent = fault === "body_hang" || fault === "body_drip" || fault === "body_cut" || fault === "body_short";
  return isOfContent && status === 200 ? fault : undefined;
}
