import type { Registry } from "../core/registry.ts";
import type { Format } from "./format.ts";

/** Every file format, by name. */
export const formats = {
  jsonl: () => import("./jsonl.ts").then((module) => module.jsonl),
  csv: () => import("./csv.ts").then((module) => module.csv),
  tsv: () => import("./tsv.ts").then((module) => module.tsv),
  json: () => import("./json.ts").then((module) => module.json),
} satisfies Registry<Format>;
