import { ConfigurationError } from "./errors.ts";

/** Names to lazy loaders: one line per thing, and nothing is imported before it is asked for. */
export type Registry<T> = Readonly<Record<string, () => Promise<T>>>;

/**
 * Loads a registered thing by name.
 *
 * @param kind What it is, for the error message ("provider", "format").
 * @throws {ConfigurationError} naming the nearest known name when there is none such.
 */
export async function load<T>(kind: string, registry: Registry<T>, name: string): Promise<T> {
  const loader = Object.hasOwn(registry, name) ? registry[name] : undefined;
  if (loader === undefined) throw unknownName(kind, name, Object.keys(registry));
  return loader();
}

/**
 * Adds things to a registry, for as long as the process lives.
 *
 * @param by Who brings them, for the error message.
 * @throws {ConfigurationError} when a name is taken by something else
 */
export function extend<T>(kind: string, registry: Registry<T>, added: Registry<T>, by: string): void {
  for (const [name, loader] of Object.entries(added)) {
    if (Object.hasOwn(registry, name)) throw new ConfigurationError(`${by}: there is a ${kind} "${name}" already`);
    Object.defineProperty(registry, name, { value: loader, enumerable: true });
  }
}

/** The error for a name that is not in a list of known ones. */
export function unknownName(kind: string, name: string, known: readonly string[]): ConfigurationError {
  const near = nearest(name, known);
  return new ConfigurationError(`unknown ${kind} "${name}"`, {
    hint: `${near === undefined ? "" : `Did you mean "${near}"? `}Known: ${known.join(", ")}.`,
  });
}

/**
 * The candidate with the smallest edit distance to `name`, if any is close enough to be a misspelling; of several, one of
 * the same letters.
 */
export function nearest(name: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let bestDistance = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    const isAsNear = best !== undefined && distance === bestDistance;
    if (distance < bestDistance || (isAsNear && lettersOf(candidate) === lettersOf(name))) {
      best = candidate;
      bestDistance = distance;
    }
  }
  return best;
}

function lettersOf(name: string): string {
  return [...name.toLowerCase()].sort().join("");
}

/** Distance of Damerau and Levenshtein (two letters exchanged are one step), by rows of the usual table. */
function editDistance(a: string, b: string): number {
  let before: readonly number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isExchanged = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const exchange = isExchanged ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, substitution, exchange));
    }
    before = previous;
    previous = row;
  }
  return previous[b.length] ?? 0;
}
