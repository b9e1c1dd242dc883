/** What the emulator accepts. The figures are OpenAI's; a test may set lower ones. */
export interface EmulatorLimits {
  /** Size of any uploaded file, in bytes. */
  readonly bytesPerFile: number;
  /** Size of a batch's input file, in bytes. Whether OpenAI's "200 MB" is decimal is not said; this is the stricter. */
  readonly bytesPerBatch: number;
  readonly requestsPerBatch: number;
  /** Inputs of an embeddings batch, summed over its lines. */
  readonly embeddingInputsPerBatch: number;
  /** Longest line of an input file, in bytes. Not a limit of OpenAI's: it bounds our memory. */
  readonly bytesPerLine: number;
  /** Size of the JSON body of a live request, in bytes. Also only a bound on memory. */
  readonly bytesPerBody: number;
  /** How many validation errors a failed batch reports. Bounds the size of its record. */
  readonly errorsPerBatch: number;
}

export const DEFAULT_LIMITS: EmulatorLimits = {
  bytesPerFile: 512_000_000,
  bytesPerBatch: 200_000_000,
  requestsPerBatch: 50_000,
  embeddingInputsPerBatch: 50_000,
  bytesPerLine: 64_000_000,
  bytesPerBody: 64_000_000,
  errorsPerBatch: 1000,
};

/** How long a file of purpose `batch`, and a batch's output, lives when nobody says otherwise: 30 days. */
export const DEFAULT_FILE_LIFETIME_SECONDS = 30 * 24 * 3600;
