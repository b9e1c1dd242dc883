/** One value of an exposition. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric with its values. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  readonly samples: Sample[];
}

const NAME = /^[a-z][a-z0-9_]*$/;
const SAMPLE = /^([a-z][a-z0-9_]*)(?:\{([^}]*)\})? (\S+)$/;
const LABEL = /^([a-z_]+)="((?:[^"\\]|\\.)*)"$/;

/** Prometheus' text format, as far as bg-pipe's metrics use it. @throws {Error} for what breaks its rules */
export function parseExposition(text: string): readonly Family[] {
  if (!text.endsWith("\n")) throw new Error("the last line is not ended");
  const families: Family[] = [];
  for (const line of text.split("\n").filter((line) => line !== "")) {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line) ?? [];
    if (kind === "HELP") families.push({ name, type: "", help: rest, samples: [] });
    else if (kind === "TYPE") families.push({ ...lastOf(families, name), type: rest });
    else lastOf(families).samples.push(parseSample(line));
    if (kind === "TYPE") families.splice(-2, 1);
  }
  return families;
}

/** What promtool's linter would say, too. */
export function lint(families: readonly Family[]): readonly string[] {
  const names = families.map(({ name }) => name);
  return families.flatMap(({ name, type, help, samples }) => [
    ...(NAME.test(name) && names.indexOf(name) === names.lastIndexOf(name) ? [] : [`${name}: bad or doubled`]),
    ...(help === "" ? [`${name}: no help`] : []),
    ...((type === "counter") === name.endsWith("_total") ? [] : [`${name}: _total is for counters`]),
    ...(new Set(samples.map(keyOf)).size === samples.length ? [] : [`${name}: a series twice`]),
    ...samples.filter((sample) => !isOf(sample, name, type)).map((sample) => `${name}: ${sample.name}`),
    ...samples.filter(({ value }) => Number.isNaN(value)).map((sample) => `${keyOf(sample)}: no number`),
  ]);
}

/** A value by its series, such as `bgpipe_batches_total{status="submitted"}`; undefined when it is not there. */
export function seriesValue(families: readonly Family[], series: string): number | undefined {
  return families.flatMap(({ samples }) => samples).find((sample) => keyOf(sample) === series)?.value;
}

/** The sum over all series of a name. */
export function totalOf(families: readonly Family[], name: string): number {
  const samples = families.find((family) => family.name === name)?.samples ?? [];
  return samples.reduce((sum, { value }) => sum + value, 0);
}

export function keyOf({ name, labels }: Sample): string {
  const pairs = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  return pairs.length === 0 ? name : `${name}{${pairs.join(",")}}`;
}

function lastOf(families: readonly Family[], name?: string): Family {
  const last = families.at(-1);
  if (last === undefined || (name !== undefined && last.name !== name)) throw new Error(`${name} comes without help`);
  return last;
}

function parseSample(line: string): Sample {
  const [, name, labels = "", value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) throw new Error(`not a sample: ${line}`);
  const pairs = labels === "" ? [] : labels.split(/,(?=[a-z_]+=")/).map((pair) => LABEL.exec(pair)?.slice(1, 3));
  if (pairs.includes(undefined)) throw new Error(`bad labels: ${line}`);
  return { name, labels: Object.fromEntries(pairs.map((pair) => pair ?? [])), value: Number(value) };
}

function isOf({ name }: Sample, family: string, type: string): boolean {
  if (type !== "histogram") return name === family;
  return ["_bucket", "_sum", "_count"].some((suffix) => name === family + suffix);
}
