/** Writes the generated pages of docs/, and the schema of pipelines, anew: `node scripts/write-reference.ts`. */
import { mkdirSync, writeFileSync } from "node:fs";
import { pipelineSchema } from "./pipeline-schema.ts";
import { references } from "./reference.ts";

for (const [path, render] of Object.entries(references)) {
  const url = new URL(`../${path}`, import.meta.url);
  mkdirSync(new URL(".", url), { recursive: true });
  writeFileSync(url, await render());
}
writeFileSync(new URL("../config/pipeline.schema.json", import.meta.url), await pipelineSchema());
