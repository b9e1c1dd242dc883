/** What is known of a file that has come down, to its end as far as HTTP can tell. */
export interface Transfer {
  /** Bytes on the disk. */
  readonly bytes: number;
  /** Whether the last one ends a line. */
  readonly endsLine: boolean;
  /** The size in the response's header, where there is one; of a compressed body it is another than that on the disk. */
  readonly headerBytes: number | undefined;
  /** The size that the provider's file object tells. */
  readonly toldBytes: number | undefined;
}

/**
 * Whether a transfer is the whole file. What is cut short must not be taken for whole, as the rest would be paid for
 * again; but a provider that tells wrong sizes must not keep its results for ever either.
 *
 * - The size told is the size that came: whole.
 * - Nothing is told, or 0 while something came (Azure, some gateways): whole when it ends with a line's end. A cut in the
 *   middle of a file of long lines does not.
 * - Anything else has to come twice in a row with the same size. Where another size is told, it also has to end with a
 *   line's end, and either to be as long as the response's header says, or longer than told.
 *
 * @param previous The transfer before this one, of the same file.
 */
export function isWhole(transfer: Transfer, previous: Transfer | undefined): boolean {
  const { bytes, endsLine, headerBytes, toldBytes } = transfer;
  if (bytes === toldBytes) return true;
  const isAsBefore = previous?.bytes === bytes;
  if (!toldBytes) return endsLine || isAsBefore;
  return isAsBefore && endsLine && (bytes === headerBytes || bytes > toldBytes);
}
