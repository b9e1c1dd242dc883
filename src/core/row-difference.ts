/** What an expected value says that any will do that is there. */
const ANYTHING = "*";

/**
 * How a value differs from what is expected of it: maps in the fields that are expected, lists in all their items,
 * anything else as a whole. `"*"` expects anything but null or nothing.
 *
 * @returns lines such as `score: expected 5, got 4`; none when it is as expected
 */
export function differences(expected: unknown, actual: unknown, path = ""): readonly string[] {
  if (expected === ANYTHING && actual !== undefined && actual !== null) return [];
  if (isMap(expected) && isMap(actual)) {
    return Object.entries(expected).flatMap(([name, value]) =>
      differences(value, actual[name], path === "" ? name : `${path}.${name}`),
    );
  }
  if (Array.isArray(expected) && Array.isArray(actual) && expected.length === actual.length) {
    return expected.flatMap((item, index) => differences(item, actual[index], `${path}[${index}]`));
  }
  if (JSON.stringify(expected) === JSON.stringify(actual)) return [];
  return [`${path === "" ? "" : `${path}: `}expected ${show(expected)}, got ${show(actual)}`];
}

/** How rows differ from those expected, row by row. */
export function rowDifferences(
  expected: readonly unknown[],
  actual: readonly unknown[],
  name: string,
): readonly string[] {
  const counts =
    expected.length === actual.length ? [] : [`${name}: expected ${expected.length}, got ${actual.length}`];
  const rows = Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => index);
  const lines = rows.flatMap((index) => {
    if (index >= expected.length) return [`${name} ${index + 1}: not expected: ${show(actual[index])}`];
    if (index >= actual.length) return [`${name} ${index + 1}: missing: ${show(expected[index])}`];
    return differences(expected[index], actual[index]).map((line) => `${name} ${index + 1}: ${line}`);
  });
  return [...counts, ...lines];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const LONGEST_SHOWN = 300;

function show(value: unknown): string {
  const text = value === undefined ? "nothing" : JSON.stringify(value);
  return text.length > LONGEST_SHOWN ? `${text.slice(0, LONGEST_SHOWN)}…` : text;
}
