import { ConfigurationError } from "../core/errors.ts";
import type { RequestBody } from "../core/records.ts";

/**
 * The body with the user's own fields (`--param`) laid over it.
 *
 * @throws {ConfigurationError} for a field that would cost the whole batch or lose answers.
 */
export function withExtra(body: RequestBody, extra: Readonly<Record<string, unknown>>): RequestBody {
  if (extra.stream === true) {
    throw new ConfigurationError("the parameter stream: true is refused by the Batch API", {
      hint: "Leave it out: one such request fails the whole batch.",
    });
  }
  if (typeof extra.n === "number" && extra.n > 1) {
    throw new ConfigurationError(`the parameter n: ${extra.n} asks for several answers, but a row has room for one`, {
      hint: "Leave it out, or repeat the row in the input.",
    });
  }
  if (Object.hasOwn(extra, "model")) {
    throw new ConfigurationError("the model cannot be given as a parameter", { hint: "Use --model." });
  }
  return { ...body, ...extra };
}
