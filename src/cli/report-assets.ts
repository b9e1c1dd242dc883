import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { readPackageText } from "../config/package-data.ts";
import type { PageAssets } from "../report/page/page.ts";

/** What a report's page is made with: read from disk, and never loaded into this process. */
export async function readReportAssets(): Promise<PageAssets> {
  const { resolve } = createRequire(import.meta.url);
  // Each package's entry is a folder below its own; the bundles for browsers are all in `dist`.
  const bundle = (name: string, file: string) => readFile(join(dirname(dirname(resolve(name))), "dist", file), "utf8");
  const [style, ...scripts] = await Promise.all([
    readPackageText("report/page.css"),
    bundle("d3", "d3.min.js"),
    bundle("@observablehq/plot", "plot.umd.min.js"),
    readPackageText("report/page.js"),
  ]);
  return { style, scripts };
}
