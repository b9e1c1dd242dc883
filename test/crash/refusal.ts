import { expect } from "vitest";
import type { End } from "./world.ts";

/** Exit statuses for what cannot be created, and what cannot be written. */
const REFUSALS = [73, 74];

/** A run that cannot write has to say so in one message with a way out, and not as if it were at a loss. */
export function expectClearRefusal({ status, stderr }: End): void {
  expect(REFUSALS, stderr).toContain(status);
  expect(stderr).not.toMatch(/\bbug\b|^ {4}at |node:internal/m);
  const messages = stderr.split("\n").filter((line) => /^bg-pipe: (?:cannot|no )/.test(line));
  expect(messages, stderr).toHaveLength(1);
  const [, hint] = stderr.slice(stderr.indexOf(messages[0] ?? "")).split("\n");
  expect(hint, stderr).toMatch(/^ {2}\S.*\.$/);
}
