import type { Registry } from "../../core/registry.ts";
import type { StepKind } from "./step-kind.ts";

/** Every kind of step that asks nothing, by its key in a pipeline's file. */
export const stepKinds = {
  filter: () => import("./filter.ts").then((module) => module.filter),
  select: () => import("./select.ts").then((module) => module.select),
  drop: () => import("./drop.ts").then((module) => module.drop),
  rename: () => import("./rename.ts").then((module) => module.rename),
  set: () => import("./set.ts").then((module) => module.set),
  use: () => import("./use.ts").then((module) => module.use),
} satisfies Registry<StepKind>;
