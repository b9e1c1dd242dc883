import { badRequest } from "./errors.ts";

/**
 * Words in a request's user text that tell the emulator how to answer it, to rehearse what goes wrong in earnest:
 *
 * | directive | what happens |
 * |---|---|
 * | `[[emulator:refuse]]` | the model refuses (billed) |
 * | `[[emulator:content_filter]]` | the answer ends with finish reason `content_filter` (billed) |
 * | `[[emulator:invalid_answer]]` | the answer does not follow the schema that was asked for (billed) |
 * | `[[emulator:fence]]` | the answer stands in a fence of Markdown (billed) |
 * | `[[emulator:cut_off]]` | the answer ends in its middle, with finish reason `length` (billed) |
 * | `[[emulator:status=429]]` | that HTTP status, 400 to 599: an error line in a batch, the response itself live; not billed |
 * | `[[emulator:status=0]]` | in a batch the line with `status_code` 0 and an empty body; live the connection is cut |
 * | `[[emulator:corrupt]]` | the line is cut in the middle, so that it is no JSON (billed); live: the body is |
 * | `[[emulator:lose]]` | no line in either file (billed); live: the connection is cut after the work was done |
 *
 * With `,times=K` before the brackets close (`[[emulator:status=500,times=2]]`) it holds for the first K attempts only,
 * in whatever batches or live calls; the count lies on disk. Attempts are counted by what stays the same when a
 * request is asked again with a reason: endpoint, model, and the first user message that holds a directive. Where
 * several are in a text, the first that still holds is obeyed. An unknown one is answered with 400.
 */
export interface Directive {
  readonly name: DirectiveName;
  /** Of `status`: 0 or 400 to 599. */
  readonly status: number;
  /** How many attempts it holds for; infinite without `times`. */
  readonly times: number;
}

export const DIRECTIVE_NAMES = [
  "refuse",
  "content_filter",
  "invalid_answer",
  "fence",
  "cut_off",
  "status",
  "corrupt",
  "lose",
] as const;
export type DirectiveName = (typeof DIRECTIVE_NAMES)[number];

const OPENING = "[[emulator:";
const DIRECTIVE = /\[\[emulator:([^\]]{0,80})\]\]/g;
const GRAMMAR = /^([a-z_]+)(?:=(\d{1,3}))?(?:,times=(\d{1,6}))?$/;

/**
 * Finds the directives in a text, in order.
 *
 * @throws {ApiError} 400 for one that is not known.
 */
export function findDirectives(text: string): readonly Directive[] {
  if (!text.includes(OPENING)) return [];
  return Array.from(text.matchAll(DIRECTIVE), (match) => parseDirective(match[1] ?? ""));
}

function parseDirective(text: string): Directive {
  const [, word, value, times] = GRAMMAR.exec(text) ?? [];
  const name = DIRECTIVE_NAMES.find((known) => known === word);
  const status = Number(value ?? Number.NaN);
  const isStatus = status === 0 || (status >= 400 && status <= 599);
  if (name === undefined || (name === "status") !== (value !== undefined) || (name === "status" && !isStatus)) {
    throw badRequest(
      "unknown_emulator_directive",
      `Unknown emulator directive '${text}'. Known: ${DIRECTIVE_NAMES.join(", ")}.`,
    );
  }
  return { name, status, times: times === undefined ? Number.POSITIVE_INFINITY : Number(times) };
}
