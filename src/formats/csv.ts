import { defineDelimited } from "./delimited.ts";

/** Comma-separated values with a header line. */
export const csv = defineDelimited({ name: "csv", extensions: ["csv"], delimiter: "," });
