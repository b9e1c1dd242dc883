import type { UserContext, UserRow } from "bg-pipe";

/** Adds how many words a field has. */
export default function countWords(row: UserRow, { options }: UserContext): UserRow {
  const text = String(row[String(options["field"])]);
  return { ...row, words: text.split(/\s+/).filter((word) => word !== "").length };
}
