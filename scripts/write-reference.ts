/** Writes what follows from tables anew, in docs/, man/ and package.json: `node scripts/write-reference.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { manPage } from "./man-page.ts";
import { packageExports } from "./package-exports.ts";
import { references } from "./reference.ts";

for (const [path, render] of Object.entries(references)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), render());
}
writeFileSync(new URL("../man/bg-pipe.1", import.meta.url), await manPage());

const manifest = new URL("../package.json", import.meta.url);
const described: Record<string, unknown> = JSON.parse(readFileSync(manifest, "utf8"));
writeFileSync(manifest, `${JSON.stringify({ ...described, exports: packageExports() }, null, 2)}\n`);
