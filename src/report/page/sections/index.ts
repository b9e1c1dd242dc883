import type { PageSection } from "../section.ts";
import { batches } from "./batches.ts";
import { estimate } from "./estimate.ts";
import { failures } from "./failures.ts";
import { models } from "./models.ts";
import { overview } from "./overview.ts";
import { scores } from "./scores.ts";

/** Every section of the page, in its order. */
export const sections: readonly PageSection[] = [overview, scores, failures, models, estimate, batches];
