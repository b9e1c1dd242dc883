import type { Registry } from "../../core/registry.ts";
import type { Command } from "../command.ts";

/** Every command, by name, in the order the help lists them. */
export const commands = {
  grade: () => import("./grade.ts").then((module) => module.grade),
  emulate: () => import("./emulate.ts").then((module) => module.emulate),
  config: () => import("./config.ts").then((module) => module.config),
  completion: () => import("./completion.ts").then((module) => module.completion),
  help: () => import("./help.ts").then((module) => module.help),
} satisfies Registry<Command>;
