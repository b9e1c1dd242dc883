/** What was put right about an answer's text, without a loss. */
export type Repair = "fence" | "text_around" | "byte_order_mark" | "quoted" | "trailing_comma" | "control_character";

export interface MendedAnswer {
  /** JSON, as it is hoped. */
  readonly text: string;
  readonly repairs: readonly Repair[];
}

/** More than models write, and what the patterns here are sure to bear. */
const MAX_CHARACTERS = 1 << 20;
/** The mark that opens a fence, with the language it names, and the one that closes it. */
const FENCE_BEFORE = /^```[ \t]*\w*$/;
const FENCE_AFTER = "```";

/**
 * Looks for the one JSON object in an answer that is not JSON itself, and puts its slips right. Nothing is guessed:
 * the object has to be whole and the only one, with no other brackets about it; only commas that separate nothing
 * are dropped, and line ends and the like in texts are escaped.
 *
 * @returns undefined when there is nothing to mend, or more than one way to
 */
export function mendAnswer(text: string): MendedAnswer | undefined {
  if (text.length > MAX_CHARACTERS) return undefined;
  const quoted = unquote(text);
  if (quoted !== undefined) return { text: quoted, repairs: ["quoted"] };
  const start = text.indexOf("{");
  const end = start === -1 ? -1 : endOfObject(text, start);
  if (end === -1) return undefined;
  const [before, after] = [text.slice(0, start), text.slice(end)];
  if (/[{}[\]]/.test(before + after)) return undefined;
  const slips = mendSlips(text.slice(start, end));
  const repairs = [...aroundOf(before, after), ...slips.repairs];
  return repairs.length === 0 ? undefined : { text: slips.text, repairs };
}

/** An object that was written as a JSON string. */
function unquote(text: string): string | undefined {
  if (!text.trimStart().startsWith('"')) return undefined;
  try {
    const inner: unknown = JSON.parse(text);
    return typeof inner === "string" && inner.trimStart().startsWith("{") ? inner : undefined;
  } catch {
    return undefined;
  }
}

function aroundOf(before: string, after: string): readonly Repair[] {
  if (FENCE_BEFORE.test(before.trim()) && after.trim() === FENCE_AFTER) return ["fence"];
  if ((before + after).trim() !== "") return ["text_around"];
  return before.includes("\uFEFF") ? ["byte_order_mark"] : [];
}

/** Index behind the bracket that closes the one at `start`; -1 where there is none. */
function endOfObject(text: string, start: number): number {
  const marks = /"(?:[^"\\]|\\[\s\S])*"?|[{}[\]]/g;
  marks.lastIndex = start;
  let depth = 0;
  for (let mark = marks.exec(text); mark !== null; mark = marks.exec(text)) {
    if (mark[0] === "{" || mark[0] === "[") depth++;
    else if (mark[0] === "}" || mark[0] === "]") depth--;
    if (depth === 0) return marks.lastIndex;
  }
  return -1;
}

/** Outside of texts a comma before a closing bracket goes; inside, a control character is escaped. */
function mendSlips(text: string): MendedAnswer {
  const repairs = new Set<Repair>();
  const mended = text.replaceAll(/"(?:[^"\\]|\\[\s\S])*"|,(?=\s*[}\]])/g, (found) => {
    if (found === ",") {
      repairs.add("trailing_comma");
      return "";
    }
    const escaped = escapeControls(found);
    if (escaped !== found) repairs.add("control_character");
    return escaped;
  });
  return { text: mended, repairs: [...repairs] };
}

/** A JSON text allows none of the characters below the space as they are. */
function escapeControls(text: string): string {
  return Array.from(text, (character) => (character < " " ? JSON.stringify(character).slice(1, -1) : character)).join(
    "",
  );
}
