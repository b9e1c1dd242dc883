/** What a chunk may hold. */
export interface ChunkLimits {
  readonly requests: number;
  /** Bytes of the serialised input file. */
  readonly bytes: number;
  /** Estimated input tokens. */
  readonly tokens: number;
  /** Fill so many chunks evenly instead of one after the other. */
  readonly count: number | undefined;
}
