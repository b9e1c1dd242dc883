import { hash } from "node:crypto";
import type { Directive } from "./directives.ts";
import type { FaultPlan } from "./fault-plan.ts";
import type { FaultOf } from "./faults.ts";
import type { EndpointPath } from "./wire.ts";

export type LineFault = FaultOf<"line">;

/** Faults of the words of an answer: an embedding has none. */
const OF_WORDS: readonly LineFault[] = ["line_invalid_answer", "line_cut_off", "line_refusal", "line_content_filter"];

/** What befalls the single lines of one batch. */
export class LineFaults {
  readonly #plan: FaultPlan;
  readonly #ordinal: number;
  readonly #names: readonly LineFault[];

  constructor(plan: FaultPlan, { ordinal, endpoint }: { readonly ordinal: number; readonly endpoint: EndpointPath }) {
    const isPossible = (name: LineFault) => endpoint !== "/v1/embeddings" || !OF_WORDS.includes(name);
    this.#plan = plan;
    this.#ordinal = ordinal;
    this.#names = plan.namesOf("line").filter(isPossible);
  }

  of(customId: string): LineFault | undefined {
    if (this.#names.length === 0) return undefined;
    return this.#plan.pick(this.#names, `batch ${this.#ordinal} line ${customId}`);
  }

  /** A `custom_id` that looks like another, and that nobody has sent. */
  foreignIdLike(customId: string): string {
    const chance = hash("sha256", `foreign to batch ${this.#ordinal}: ${customId}`, "base64url");
    const start = /^[\w-]{4}/.exec(customId)?.[0] ?? "";
    return start + chance.slice(0, Math.max(customId.length, 20) - start.length);
  }
}

/** What befalls the words of live answers. */
export class LiveFaults {
  readonly #plan: FaultPlan;
  readonly #names: readonly LineFault[];

  constructor(plan: FaultPlan) {
    this.#plan = plan;
    this.#names = plan.namesOf("line").filter((name) => OF_WORDS.includes(name));
  }

  of(endpoint: EndpointPath, callNumber: number): LineFault | undefined {
    if (this.#names.length === 0 || endpoint === "/v1/embeddings") return undefined;
    return this.#plan.pick(this.#names, `answer to ${endpoint} ${callNumber}`);
  }
}

/** The directive that does to an answer what a fault does; undefined for a fault that only adds a line. */
export function directiveOf(fault: LineFault | undefined): Directive | undefined {
  const named = fault === undefined ? undefined : DIRECTIVES[fault];
  return named && { status: Number.NaN, times: Number.POSITIVE_INFINITY, ...named };
}

const DIRECTIVES: Readonly<Partial<Record<LineFault, Pick<Directive, "name"> & Partial<Directive>>>> = {
  line_lost: { name: "lose" },
  line_corrupt: { name: "corrupt" },
  line_status_0: { name: "status", status: 0 },
  line_rate_limited: { name: "status", status: 429 },
  line_server_error: { name: "status", status: 500 },
  line_invalid_answer: { name: "invalid_answer" },
  line_cut_off: { name: "cut_off" },
  line_refusal: { name: "refuse" },
  line_content_filter: { name: "content_filter" },
};
