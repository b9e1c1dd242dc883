import type { RowFunction } from "bg-pipe";

/** Adds how many words a field has. */
const countWords: RowFunction = (row, { options }) => {
  const text = String(row[String(options["field"])]);
  return { ...row, words: text.split(/\s+/).filter((word) => word !== "").length };
};

export default countWords;
