import { canonicalBody } from "../core/keys.ts";
import type { RequestBody } from "../core/records.ts";
import type { AnsweringEndpoint } from "./answering.ts";
import type { AttemptLog } from "./attempts.ts";
import { requestHash } from "./billing.ts";
import { type DirectiveName, findDirectives } from "./directives.ts";
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

  answer(body: RequestBody, occasion: Occasion): Answer {
    const seed = canonicalBody(body);
    const request = requestHash(this.#parts.path, seed);
    let delivery: Answer["delivery"] = "whole";
    const effectOf = (userText: string) => {
      const effect = this.#obey(userText, request, occasion);
      if (effect === "corrupt") delivery = "cut";
      if (effect === "lose") delivery = "lost";
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

  #obey(userText: string, request: string, occasion: Occasion): DirectiveName | undefined {
    const directives = findDirectives(userText);
    if (directives.length === 0) return undefined;
    const isCounted = directives.some((directive) => Number.isFinite(directive.times));
    const attempt = isCounted ? this.#parts.attempts.numberOf(request, occasion.name) : 1;
    const obeyed = directives.find((directive) => attempt <= directive.times);
    if (obeyed?.name === "status") throw errorOfStatus(obeyed.status);
    return obeyed?.name;
  }
}
