import type { Parsed } from "./option-definition.ts";

const KEY_LIKE = /^(?:openai[-_]?)?api[-_]?key$/i;

/** Reads `KEY=JSON` texts into a map; of equal keys the last wins. */
export function parseEntries(texts: readonly string[]): Parsed {
  const entries: [string, unknown][] = [];
  for (const text of texts) {
    const at = text.indexOf("=");
    if (at <= 0) return { problem: "has to be KEY=JSON, such as top_p=0.5" };
    const key = text.slice(0, at);
    try {
      entries.push([key, JSON.parse(text.slice(at + 1))]);
    } catch {
      return { problem: `has no JSON after ${key}=; a text needs its quotes, such as '${key}="flex"'` };
    }
  }
  return checkMap(Object.fromEntries(entries));
}

/** Checks that something is a map, and that no API key stands in it. */
export function checkMap(data: unknown): Parsed {
  if (!isMap(data)) return { problem: "has to be a map of names to values" };
  const secret = findKeyLike(data);
  if (secret === undefined) return { value: data };
  return { problem: `holds ${secret}: an API key does not belong there; use api-key: { env: NAME } or { file: PATH }` };
}

/** Checks a reference to a secret. Never echoes what was given: it may be the secret. */
export function checkSecret(data: unknown): Parsed {
  const problem = "has to be { file: PATH } or { env: NAME }, never the key itself";
  if (!isMap(data)) return { problem };
  const [entry, ...more] = Object.entries(data);
  if (entry === undefined || more.length > 0) return { problem };
  const [kind, place] = entry;
  if (typeof place !== "string" || place === "") return { problem };
  return kind === "file" || kind === "env" ? { value: { [kind]: place } } : { problem };
}

/** Whether something is a plain map, as JSON and YAML make them. */
export function isMap(data: unknown): data is Readonly<Record<string, unknown>> {
  return typeof data === "object" && data !== null && !Array.isArray(data);
}

/** The name of a property, at any depth, that looks as if it held an API key as text. */
function findKeyLike(data: unknown): string | undefined {
  if (Array.isArray(data)) return firstDefined(data, findKeyLike);
  if (!isMap(data)) return undefined;
  return firstDefined(Object.entries(data), ([name, value]) =>
    KEY_LIKE.test(name) && typeof value === "string" ? name : findKeyLike(value),
  );
}

function firstDefined<T>(items: readonly T[], find: (item: T) => string | undefined): string | undefined {
  for (const item of items) {
    const found = find(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
