import type { Environment } from "../config/environment.ts";

/** What may be drawn on a stream. */
export interface TerminalKind {
  /** Whether the cursor can be moved, so that a view can be drawn anew. */
  readonly isLive: boolean;
  readonly hasColor: boolean;
}

/**
 * Finds out what may be drawn: nothing that moves where there is no terminal or a dumb one, and no colours where
 * `NO_COLOR` (https://no-color.org) is set, unless `FORCE_COLOR` asks for them.
 */
export function terminalKind({ isTTY }: { readonly isTTY?: boolean }, environment: Environment): TerminalKind {
  const isLive = isTTY === true && environment["TERM"] !== "dumb";
  const { FORCE_COLOR: forced, NO_COLOR: refused } = environment;
  if (forced !== undefined && forced !== "") return { isLive, hasColor: forced !== "0" && forced !== "false" };
  return { isLive, hasColor: isLive && (refused === undefined || refused === "") };
}
