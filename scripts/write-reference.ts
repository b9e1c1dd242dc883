/** Writes the generated pages of docs/ anew: `node scripts/write-reference.ts`. */
import { writeFileSync } from "node:fs";
import { references } from "./reference.ts";

for (const [path, render] of Object.entries(references)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), render());
}
