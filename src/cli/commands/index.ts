import type { Registry } from "../../core/registry.ts";
import type { Command } from "../command.ts";

/** Every command, by name, in the order the help lists them. */
export const commands = {
  grade: () => import("./grade.ts").then((module) => module.grade),
  build: () => import("./build.ts").then((module) => module.build),
  submit: () => import("./submit.ts").then((module) => module.submit),
  merge: () => import("./merge.ts").then((module) => module.merge),
  count: () => import("./count.ts").then((module) => module.count),
  split: () => import("./split.ts").then((module) => module.split),
  convert: () => import("./convert.ts").then((module) => module.convert),
  status: () => import("./status.ts").then((module) => module.status),
  cancel: () => import("./cancel.ts").then((module) => module.cancel),
  costs: () => import("./costs.ts").then((module) => module.costs),
  report: () => import("./report.ts").then((module) => module.report),
  gc: () => import("./gc.ts").then((module) => module.gc),
  prices: () => import("./prices.ts").then((module) => module.prices),
  emulate: () => import("./emulate.ts").then((module) => module.emulate),
  config: () => import("./config.ts").then((module) => module.config),
  completion: () => import("./completion.ts").then((module) => module.completion),
  help: () => import("./help.ts").then((module) => module.help),
} satisfies Registry<Command>;
