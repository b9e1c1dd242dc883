import { load, type Registry } from "../core/registry.ts";
import type { Format } from "./format.ts";

/** A format that can be told from the bytes alone. */
export type SniffedFormat = "jsonl" | "csv" | "tsv" | "json";

/** How much of the (decompressed) input {@link sniffFormat} wants to see, in bytes. */
export const SNIFF_BYTES = 64 * 1024;

/** Endings that name a compression, not a format. */
export const COMPRESSION_EXTENSION = /\.(?:gz|zst|zstd)$/i;
/** A line that begins as a JSON object does. In a quoted CSV cell its quotes would be doubled. */
const OBJECT_LINE = /^\{[ \t]*(?:"(?:[^"]|":)|\})/;
/** What the first line of a pretty-printed object ends with. */
const UNFINISHED_LINE = /[{[,:][ \t\r]*$/;

/**
 * Guesses the format from the start of the input: `[` is JSON, an early line that begins with an object is JSON
 * Lines even if the first one is broken, an object spread over lines is JSON; else a tab or comma in the first line
 * tells TSV or CSV. Nothing at all is JSON Lines.
 *
 * @param head Up to {@link SNIFF_BYTES} of decompressed input.
 */
export function sniffFormat(head: Buffer): SniffedFormat {
  const text = head
    .toString("utf8")
    .replace(/^\uFEFF/, "")
    .trimStart();
  if (text === "") return "jsonl";
  if (text.startsWith("[")) return "json";
  const [first = "", ...others] = text.split("\n");
  if (others.some((line) => OBJECT_LINE.test(line))) return "jsonl";
  if (first.startsWith("{")) return UNFINISHED_LINE.test(first) && others.length > 0 ? "json" : "jsonl";
  return sniffTable(
    first,
    others.some((line) => line.trim() !== ""),
  );
}

/**
 * The format a file's name tells: `rows.jsonl.gz` is `jsonl`.
 *
 * @returns its name in the registry, or undefined when the extension is none of theirs.
 */
export async function formatOfExtension(path: string, registry: Registry<Format>): Promise<string | undefined> {
  const extension = /\.([^./\\]+)$/.exec(path.replace(COMPRESSION_EXTENSION, ""))?.[1]?.toLowerCase();
  if (extension === undefined) return undefined;
  if (Object.hasOwn(registry, extension)) return extension;
  for (const name of Object.keys(registry)) {
    const format = await load("format", registry, name);
    if (format.extensions.includes(extension)) return name;
  }
  return undefined;
}

function sniffTable(firstLine: string, hasMore: boolean): SniffedFormat {
  if (firstLine.includes("\t")) return "tsv";
  if (firstLine.includes(",")) return "csv";
  // A bare JSON value is a broken first row rather than the name of an only column.
  return /^(?:null|true|false|-?\d[\d.eE+-]*)\s*$/.test(firstLine) || !hasMore ? "jsonl" : "csv";
}
