import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Counter, Registry } from "prom-client";
import { expect, test, vi } from "vitest";
import { parse } from "yaml";
import { Counters, registerMetrics } from "../../src/index.ts";
import { metricDefinitions } from "../../src/metrics/definitions.ts";
import { parseExposition } from "../metrics/exposition.ts";
import { REPOSITORY } from "../run-program.ts";
import { readPage } from "./markdown.ts";
import { PageRun } from "./page-run.ts";
import { section, tableRows } from "./pages.ts";

vi.setConfig({ testTimeout: 180_000 });

const PAGE = readPage("docs/metrics.md");
const BUILD = { version: "1.2.3", node: "v24.0.0" };
const DASHBOARD = "config/grafana/bg-pipe.json";
const ALERTS = "config/prometheus/alerts.yaml";
/** What a query adds by itself: the scraper's labels, and the bucket's. */
const SCRAPED = ["job", "instance", "le"];

interface Panel {
  readonly title: string;
  readonly id: number;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number };
  readonly targets: readonly { readonly expr: string }[];
}

function dashboard(): { readonly panels: readonly Panel[] } {
  return JSON.parse(readFileSync(join(REPOSITORY, DASHBOARD), "utf8"));
}

interface Rules {
  readonly groups: readonly { readonly rules: readonly { readonly alert: string; readonly expr: string }[] }[];
}

/** Every query of a file. */
function queries(): Readonly<Record<string, readonly string[]>> {
  const { groups }: Rules = parse(readFileSync(join(REPOSITORY, ALERTS), "utf8"));
  return {
    [DASHBOARD]: dashboard().panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
    [ALERTS]: groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
  };
}

function namesIn(query: string): readonly string[] {
  return query.match(/bgpipe_[a-z_]+/g) ?? [];
}

/** Labels that a query selects or groups by. */
function labelsIn(query: string): readonly string[] {
  const selected = Array.from(query.matchAll(/\{([^}]*)\}/g), ([, inner = ""]) => inner.match(/[a-z_]+(?==)/g) ?? []);
  const grouped = Array.from(query.matchAll(/by \(([^)]*)\)/g), ([, inner = ""]) => inner.split(/, */));
  return [...selected.flat(), ...grouped.flat()];
}

/** The names in an exposition, and those of a histogram's parts. */
async function exposedNames(): Promise<ReadonlySet<string>> {
  const registry = new Registry();
  await registerMetrics(registry, new Counters(), BUILD);
  const families = parseExposition(await registry.metrics());
  return new Set(families.flatMap(({ name, samples }) => [name, ...samples.map((sample) => sample.name)]));
}

test("docs/metrics.md: its commands do what it says", async () => {
  expect(await new PageRun(PAGE).failures()).toEqual([]);
});

test("docs/metrics.md names every metric, its type and its labels", () => {
  const rows = tableRows(section(PAGE, "## All of them")).map(([name, type, labels]) => [name, type, labels]);
  const known = metricDefinitions(BUILD).map((definition) => {
    const labels = definition.type === "histogram" ? [] : definition.labels;
    return [`\`${definition.name}\``, definition.type, labels.join(", ") || "–"];
  });
  expect(rows).toEqual(known);
});

test("each metric of the dashboard and the alerts is in a real exposition, with the labels they ask for", async () => {
  const exposed = await exposedNames();
  const labels = new Set(metricDefinitions(BUILD).flatMap((one) => (one.type === "histogram" ? [] : one.labels)));
  for (const [file, exprs] of Object.entries(queries())) {
    expect(exprs.length).toBeGreaterThan(5);
    for (const expr of exprs) {
      expect(namesIn(expr).length).toBeGreaterThan(0);
      for (const name of namesIn(expr)) expect([file, name, exposed.has(name)]).toEqual([file, name, true]);
      for (const label of labelsIn(expr)) {
        expect([expr, label, labels.has(label) || SCRAPED.includes(label)]).toEqual([expr, label, true]);
      }
    }
  }
});

test("the dashboard shows every metric that changes, and no panel lies on another", () => {
  const { panels } = dashboard();
  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => namesIn(expr))));
  const missing = metricDefinitions(BUILD).filter(({ name }) => ![...shown].some((one) => one.startsWith(name)));
  expect(missing.map(({ name }) => name)).toEqual(["bgpipe_replies_unpriced_total", "bgpipe_build_info"]);
  const cells = panels.flatMap(({ gridPos: { x, y, w } }) =>
    Array.from({ length: w }, (_, index) => `${x + index}/${y}`),
  );
  expect(new Set(cells).size).toBe(cells.length);
  expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
});

test("a registry of the user's own takes them, next to other metrics", async () => {
  const registry = new Registry();
  registry.setDefaultLabels({ team: "graders" });
  new Counter({ name: "mine_total", help: "Mine", registers: [registry] }).inc();
  const counters = new Counters();
  await registerMetrics(registry, counters, BUILD);
  counters.rowsAnswered = 3;
  const text = await registry.metrics();
  expect(text).toContain('mine_total{team="graders"} 1');
  expect(text).toContain('bgpipe_rows_finished_total{outcome="answered",team="graders"} 3');
  await expect(registerMetrics(registry, new Counters(), BUILD)).rejects.toThrow("already been registered");
});
