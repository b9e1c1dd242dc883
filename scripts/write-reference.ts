/** Writes what follows from tables anew, in docs/, man/, config/ and package.json: `node scripts/write-reference.ts`. */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { manPage } from "./man-page.ts";
import { packageExports } from "./package-exports.ts";
import { pipelineSchema } from "./pipeline-schema.ts";
import { references } from "./reference.ts";

for (const [path, render] of Object.entries(references)) {
  const url = new URL(`../${path}`, import.meta.url);
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, await render());
}
writeFileSync(new URL("../config/pipeline.schema.json", import.meta.url), await pipelineSchema());
writeFileSync(new URL("../man/bg-pipe.1", import.meta.url), await manPage());

const manifest = new URL("../package.json", import.meta.url);
const described: Record<string, unknown> = JSON.parse(readFileSync(manifest, "utf8"));
writeFileSync(manifest, `${JSON.stringify({ ...described, exports: packageExports() }, null, 2)}\n`);
