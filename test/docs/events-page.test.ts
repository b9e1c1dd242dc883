import { expect, test } from "vitest";
import { child, isNode, parseSource, type Source, type SyntaxNode, sourcesOfTree } from "../architecture/source.ts";
import { readPage } from "./markdown.ts";
import { tableRows } from "./pages.ts";

const EVENT = /^[a-z]+\.[a-z_]+$/;
const LEVELS = new Set(["debug", "info", "warn", "error"]);

/** What a call logs: its event, and the fields that can be told from the text. */
interface Logged {
  readonly event: string;
  readonly fields: readonly string[];
  /** Whether it has fields that the text does not name. */
  readonly hasMore: boolean;
}

function loggedIn({ nodes }: Source): readonly Logged[] {
  return nodes.filter(isLogCall).flatMap((call) => {
    const [message, fields] = nodesOf(call["arguments"]);
    const properties = fields?.type === "ObjectExpression" ? nodesOf(fields["properties"]) : [];
    const named = properties.filter((one) => child(one, "key") !== undefined);
    const event =
      eventOf(message) ??
      eventOf(
        named.find((one) => nameOf(one) === "event"),
        "value",
      );
    if (event === undefined) return [];
    const names = named.map(nameOf).filter((name) => name !== "event");
    const isWhole = fields === undefined || (fields.type === "ObjectExpression" && named.length === properties.length);
    return [{ event, fields: names, hasMore: !isWhole }];
  });
}

function isLogCall(node: SyntaxNode): boolean {
  const callee = node.type === "CallExpression" ? child(node, "callee") : undefined;
  const inner = callee?.type === "ChainExpression" ? child(callee, "expression") : callee;
  const name = child(inner, "property")?.["name"];
  return typeof name === "string" && (LEVELS.has(name) || name === "call");
}

function eventOf(node: SyntaxNode | undefined, property?: string): string | undefined {
  const said = property === undefined ? node : child(node, property);
  if (said?.type === "TemplateLiteral") {
    const [start] = nodesOf(said["quasis"]).map((quasi) => cooked(quasi));
    return start === "batch." ? "batch.STATUS" : undefined;
  }
  const value = said?.["value"];
  return typeof value === "string" && EVENT.test(value) ? value : undefined;
}

function cooked(quasi: SyntaxNode): unknown {
  const value = quasi["value"];
  return typeof value === "object" && value !== null && "cooked" in value ? value.cooked : undefined;
}

function nameOf(property: SyntaxNode): string {
  return String(child(property, "key")?.["name"]);
}

function nodesOf(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.filter(isNode) : [];
}

/** Events of the page with their fields. */
function documented(page: string): ReadonlyMap<string, readonly string[]> {
  const rows = page
    .split(/^## /m)
    .slice(1)
    .flatMap((part) => tableRows(part));
  return new Map(
    rows.map(([event = "", , fields = ""]) => [
      /`([^`]+)`/.exec(event)?.[1] ?? event,
      fields.split(", ").filter((field) => field !== ""),
    ]),
  );
}

/** Failures of sinks name their event in a property. */
function sinkFailures(): readonly string[] {
  return sourcesOfTree().flatMap(({ text }) =>
    Array.from(text.matchAll(/failure: "([a-z_.]+)"/g), ([, name = ""]) => name),
  );
}

const PAGE = documented(readPage("docs/events.md"));

test("docs/events.md names every event of the sources, and no other", () => {
  const logged = sourcesOfTree().flatMap((source) => loggedIn(source).map(({ event }) => event));
  const events = new Set([...logged, ...sinkFailures()]);
  expect([...PAGE.keys()].sort()).toEqual([...events].sort());
});

test("docs/events.md names the fields of each", () => {
  const wrong = sourcesOfTree().flatMap((source) =>
    loggedIn(source).flatMap(({ event, fields }) => {
      const known = PAGE.get(event) ?? [];
      return fields.filter((field) => !known.includes(field)).map((field) => `${source.path}: ${event} ${field}`);
    }),
  );
  expect(wrong).toEqual([]);
  const all = Map.groupBy(sourcesOfTree().flatMap(loggedIn), ({ event }) => event);
  for (const [event, calls] of all) {
    if (calls.some(({ hasMore }) => hasMore)) continue;
    expect([event, [...new Set(calls.flatMap(({ fields }) => fields))].sort()]).toEqual([
      event,
      PAGE.get(event)?.toSorted(),
    ]);
  }
});

test("control: calls are found as they are written", () => {
  const text =
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    'log.info("a.b", { x, y: 1 }); this.#log?.warn("a sentence", { event: "c.d", ...more }); log.debug(`batch.${s}`, f); log.info("Nothing. At all");';
  expect(loggedIn(parseSource("a.ts", text))).toEqual([
    { event: "a.b", fields: ["x", "y"], hasMore: false },
    { event: "c.d", fields: [], hasMore: true },
    { event: "batch.STATUS", fields: [], hasMore: true },
  ]);
});
