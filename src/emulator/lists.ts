import type { ListObject } from "./wire.ts";

/** A page of a list. @param found The items from its start on; more than `limit` when there is another page. */
export function pageOf<T extends { readonly id: string }>(found: readonly T[], limit: number): ListObject<T> {
  const data = found.slice(0, limit);
  return {
    object: "list",
    data,
    first_id: data[0]?.id ?? null,
    last_id: data.at(-1)?.id ?? null,
    has_more: found.length > limit,
  };
}
