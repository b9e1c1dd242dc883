import type { Import } from "./imports.ts";

/** The folders of src/, by the rung they stand on. Folders on one rung are strangers to each other. */
export const RUNGS: Readonly<Record<string, number>> = {
  core: 0,
  io: 1,
  formats: 1,
  tokens: 1,
  prompts: 1,
  endpoints: 1,
  providers: 1,
  pricing: 1,
  ledger: 1,
  metrics: 1,
  report: 1,
  agreement: 1,
  stages: 2,
  pipelines: 3,
  config: 4,
  emulator: 4,
  cli: 5,
  library: 5,
  testing: 6,
  "index.ts": 6,
};

/** What Node brings that reaches out of the process: not for core. */
const OUTWARD = /^node:(?:fs|net|http|http2|https|tls|dgram|dns|child_process|cluster|worker_threads|os|sqlite)\b/;

/** Imports that go sideways or up; and from core, any but its own and Node's pure ones. */
export function ladderBreaches(imports: readonly Import[]): readonly string[] {
  return imports.filter((one) => !(one.isOwn ? isDownward(one) : isPackageAllowed(one))).map(describe);
}

/** Files that import each other in a circle when they are loaded, as `a → b → a`. */
export function importCycles(imports: readonly Import[]): readonly string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to, isOwn, kind } of imports) {
    if (isOwn && kind === "value") targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const search = new CycleSearch(targets);
  for (const file of targets.keys()) search.visit(file, []);
  return search.cycles;
}

export function describe({ place, to, kind }: Import): string {
  return `${place} imports ${to} (${kind})`;
}

function isDownward({ from, to }: Import): boolean {
  const [own, other] = [folderOf(from), folderOf(to)];
  if (own === other) return own !== "stages" || from === to;
  const [ownRung, otherRung] = [RUNGS[own], RUNGS[other]];
  return ownRung !== undefined && otherRung !== undefined && otherRung < ownRung;
}

function isPackageAllowed({ from, to }: Import): boolean {
  return folderOf(from) !== "core" || (to.startsWith("node:") && !OUTWARD.test(to));
}

/** `core` for src/core/keys.ts, `index.ts` for src/index.ts; what lies outside src is on no rung. */
function folderOf(path: string): string {
  const [top, folder] = path.split("/");
  return top === "src" ? (folder ?? "") : path;
}

class CycleSearch {
  readonly cycles: string[] = [];
  readonly #targets: ReadonlyMap<string, readonly string[]>;
  readonly #done = new Set<string>();

  constructor(targets: ReadonlyMap<string, readonly string[]>) {
    this.#targets = targets;
  }

  visit(file: string, trail: readonly string[]): void {
    const start = trail.indexOf(file);
    if (start !== -1) this.cycles.push([...trail.slice(start), file].join(" → "));
    if (start !== -1 || this.#done.has(file)) return;
    for (const target of this.#targets.get(file) ?? []) this.visit(target, [...trail, file]);
    this.#done.add(file);
  }
}
