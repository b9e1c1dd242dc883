import { customIdOf } from "./keys.ts";

/**
 * A request as a line of a batch's input file, without its newline.
 *
 * @param endpoint The path, such as `/v1/chat/completions`.
 * @param bodyText The body, serialised.
 */
export function requestLine(key: string, endpoint: string, bodyText: string): string {
  const head = JSON.stringify({ custom_id: customIdOf(key), method: "POST", url: endpoint });
  return `${head.slice(0, -1)},"body":${bodyText}}`;
}

/** The size of that line with its newline, in bytes of UTF-8, without making it. */
export function requestLineBytes(key: string, endpoint: string, bodyText: string): number {
  return Buffer.byteLength(requestLine(key, endpoint, "")) + Buffer.byteLength(bodyText) + 1;
}

/** A request line, read back. */
export interface SentRequest {
  readonly customId: string;
  /** The path, such as `/v1/chat/completions`. */
  readonly endpoint: string;
  /** The body, byte for byte as it was serialised. */
  readonly bodyText: string;
}

const BODY = ',"body":';

/** Reads a line that {@link requestLine} has made. */
export function readRequestLine(line: string): SentRequest {
  const bodyAt = line.indexOf(BODY);
  const head: { readonly custom_id: string; readonly url: string } = JSON.parse(`${line.slice(0, bodyAt)}}`);
  const { custom_id: customId, url: endpoint } = head;
  return { customId, endpoint, bodyText: line.slice(bodyAt + BODY.length, -1) };
}
