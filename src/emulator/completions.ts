import { canonicalBody } from "../core/keys.ts";
import type { RequestBody } from "../core/records.ts";
import type { AnsweringEndpoint } from "./answering.ts";
import type { AttemptLog } from "./attempts.ts";
import { requestHash } from "./billing.ts";
import { type Directive, type DirectiveName, findDirectives } from "./directives.ts";
import { ApiError, errorOfStatus } from "./errors.ts";
import type { TokenMeter } from "./usage.ts";
import type { EndpointPath, UsageObject } from "./wire.ts";

/** What an answerer answers with. */
export interface AnswererParts {
  readonly path: EndpointPath;
  readonly endpoint: AnsweringEndpoint;
  readonly meter: TokenMeter;
  readonly attempts: AttemptLog;
}

/** On what occasion a request is answered. */
export interface Occasion {
  /** Tells attempts apart: the batch and line, or the live call. */
  readonly name: string;
  readonly createdSeconds: number;
  /** What befalls the answer whatever the user's text says. */
  readonly fault?: Directive | undefined;
  /** Makes it another answer than the usual one. */
  readonly variant?: string;
}

/** What became of a request. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  /** What it is billed with; undefined when it is not. */
  readonly usage: UsageObject | undefined;
  /** The request's hash, by which the billing log knows it. */
  readonly request: string;
  /** Whether the answer reaches the client. */
  readonly delivery: "whole" | "cut" | "lost";
}

/**
 * Answers requests to one endpoint for one model. The answer is a function of the body alone (and of directives that
 * count attempts).
 */
export class Answerer {
  readonly #parts: AnswererParts;

  constructor(parts: AnswererParts) {
    this.#parts = parts;
  }

  /** Prompt tokens of a request. */
  promptTokens(body: RequestBody): number {
    return this.#parts.meter.promptTokens(body);
  }

  answer(body: RequestBody, occasion: Occasion): Answer {
    const canonical = canonicalBody(body);
    const seed = occasion.variant === undefined ? canonical : `${canonical}\n${occasion.variant}`;
    const request = requestHash(this.#parts.path, canonical);
    let delivery = deliveryOf(occasion.fault?.name);
    const effectOf = (userTexts: readonly string[]) => {
      const effect = this.#effectOf(userTexts, body.model, occasion);
      delivery = deliveryOf(effect);
      return effect;
    };
    const context = { seed, createdSeconds: occasion.createdSeconds, meter: this.#parts.meter, effectOf };
    try {
      return { status: 200, headers: {}, ...this.#parts.endpoint.answer(body, context), request, delivery };
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const { status, headers } = error;
      return { status, headers, body: error.body, usage: undefined, request, delivery };
    }
  }

  /** Attempts are counted whatever befalls them. */
  #effectOf(userTexts: readonly string[], model: string, occasion: Occasion): DirectiveName | undefined {
    const asked = this.#obeyed(userTexts, model, occasion);
    const obeyed = occasion.fault ?? asked;
    if (obeyed?.name === "status") throw errorOfStatus(obeyed.status);
    return obeyed?.name;
  }

  #obeyed(userTexts: readonly string[], model: string, occasion: Occasion): Directive | undefined {
    const found = userTexts.map(findDirectives);
    const directives = found.flat();
    const isCounted = directives.some((directive) => Number.isFinite(directive.times));
    if (!isCounted) return directives[0];
    const holder = userTexts[found.findIndex((ofText) => ofText.length > 0)] ?? "";
    const question = requestHash(this.#parts.path, `${model}\n${holder}`);
    const attempt = this.#parts.attempts.numberOf(question, occasion.name);
    return directives.find((directive) => attempt <= directive.times);
  }
}

function deliveryOf(effect: DirectiveName | undefined): Answer["delivery"] {
  if (effect === "corrupt") return "cut";
  return effect === "lose" ? "lost" : "whole";
}
