/** Writes what follows from tables anew, in docs/ and in package.json: `node scripts/write-reference.ts`. */
import { readFileSync, writeFileSync } from "node:fs";
import { packageExports } from "./package-exports.ts";
import { references } from "./reference.ts";

for (const [path, render] of Object.entries(references)) {
  writeFileSync(new URL(`../${path}`, import.meta.url), render());
}

const manifest = new URL("../package.json", import.meta.url);
const described: Record<string, unknown> = JSON.parse(readFileSync(manifest, "utf8"));
writeFileSync(manifest, `${JSON.stringify({ ...described, exports: packageExports() }, null, 2)}\n`);
