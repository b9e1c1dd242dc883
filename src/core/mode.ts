/** How requests reach the provider: many at a time by its Batch API, or one by one over the ordinary endpoint. */
export const MODES = ["batch", "live"] as const;
export type Mode = (typeof MODES)[number];
