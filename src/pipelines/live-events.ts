import type { CoolDownNotice } from "../core/live-gate.ts";
import type { Respond } from "./strategy.ts";

/** What happens while requests are answered live. */
export type LiveEvent =
  | { readonly kind: "attempt_started"; readonly customId: string; readonly attempt: number }
  /** There is a reply; what it is worth is judged behind it. */
  | { readonly kind: "answered"; readonly customId: string; readonly attempt: number }
  | {
      readonly kind: "attempt_failed";
      readonly customId: string;
      readonly attempt: number;
      /** A `ProviderError`, unless it ends the run. */
      readonly error: unknown;
    }
  | ({ readonly kind: "cool_down" } & CoolDownNotice);

/** Told of each as it happens. It is called in between, so it has to be quick, and must not throw. */
export type LiveObserver = (event: LiveEvent) => void;

/** The same answers, with an observer told of every attempt. */
export function observedRespond(respond: Respond, observe: LiveObserver): Respond {
  return async (attempt) => {
    const about = { customId: attempt.customId, attempt: attempt.number };
    observe({ kind: "attempt_started", ...about });
    try {
      const reply = await respond(attempt);
      observe({ kind: "answered", ...about });
      return reply;
    } catch (error) {
      observe({ kind: "attempt_failed", ...about, error });
      throw error;
    }
  };
}
