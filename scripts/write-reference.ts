/** Writes the generated pages of docs/ anew: `node scripts/write-reference.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { references } from "./reference.ts";

for (const [path, render] of Object.entries(references)) {
  const url = new URL(`../${path}`, import.meta.url);
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, await render());
}
