import { defineDelimited } from "./delimited.ts";

/** Tab-separated values with a header line, quoted as CSV is. */
export const tsv = defineDelimited({ name: "tsv", extensions: ["tsv", "tab"], delimiter: "\t" });
