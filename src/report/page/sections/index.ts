import type { PageSection } from "../section.ts";
import { batches } from "./batches.ts";
import { estimate } from "./estimate.ts";
import { failures } from "./failures.ts";
import { judges } from "./judges.ts";
import { labels } from "./labels.ts";
import { models } from "./models.ts";
import { overview } from "./overview.ts";
import { pairs } from "./pairs.ts";
import { probe } from "./probe.ts";
import { scores } from "./scores.ts";

/** Every section of the page, in its order. */
export const sections: readonly PageSection[] = [
  overview,
  scores,
  labels,
  judges,
  pairs,
  probe,
  failures,
  models,
  estimate,
  batches,
];
