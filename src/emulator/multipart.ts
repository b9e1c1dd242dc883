import { badRequest } from "./errors.ts";

/** A step through a form: a part begins, brings bytes, ends. Bytes are valid until the next step is asked for. */
export type MultipartEvent =
  | { readonly kind: "part"; readonly name: string; readonly fileName: string | undefined }
  | { readonly kind: "data"; readonly bytes: Buffer }
  | { readonly kind: "end" };

const MAX_HEADER_BYTES = 8192;
const MAX_PARTS = 64;
const MAX_PADDING_BYTES = 128;
const DASHES = "--";

/**
 * Reads multipart/form-data (RFC 7578) as it arrives. What is held is one chunk and at most one part's header.
 *
 * @throws {ApiError} 400 when it is malformed, ends early, or has too many or too long headers.
 */
export async function* parseMultipart(
  source: AsyncIterable<Uint8Array>,
  boundary: string,
): AsyncGenerator<MultipartEvent> {
  const parser = new MultipartParser(boundary);
  for await (const chunk of source) yield* parser.push(chunk);
  parser.finish();
}

/**
 * The boundary a Content-Type header names.
 *
 * @throws {ApiError} 400 when it is not multipart/form-data or names none.
 */
export function boundaryOf(contentType: string | undefined): string {
  const match = /^multipart\/form-data\s*;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(
    contentType ?? "",
  );
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw badRequest("invalid_content_type", "Expected multipart/form-data with a boundary.");
  return boundary;
}

class MultipartParser {
  readonly #delimiter: Buffer;
  #state: "preamble" | "delimiter" | "headers" | "body" | "done" = "preamble";
  // A form may begin with its delimiter, without the line break that comes before all others.
  #rest: Buffer = Buffer.from("\r\n");
  #parts = 0;

  constructor(boundary: string) {
    this.#delimiter = Buffer.from(`\r\n--${boundary}`);
  }

  *push(chunk: Uint8Array): Generator<MultipartEvent> {
    if (this.#state === "done") return;
    const arrived = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    let data: Buffer | undefined = this.#rest.length === 0 ? arrived : Buffer.concat([this.#rest, arrived]);
    this.#rest = Buffer.alloc(0);
    while (data !== undefined) data = yield* this.#step(data);
  }

  finish(): void {
    if (this.#state !== "done") throw malformed("it ends before its closing boundary");
  }

  /** Consumes what it can. @returns what is left to look at, or undefined when more bytes have to come first */
  *#step(data: Buffer): Generator<MultipartEvent, Buffer | undefined> {
    switch (this.#state) {
      case "preamble":
      case "body":
        return yield* this.#toDelimiter(data);
      case "delimiter":
        return this.#afterDelimiter(data);
      case "headers":
        return yield* this.#header(data);
      case "done":
        return undefined;
    }
  }

  *#toDelimiter(data: Buffer): Generator<MultipartEvent, Buffer | undefined> {
    const at = data.indexOf(this.#delimiter);
    const end = at === -1 ? Math.max(0, data.length - this.#delimiter.length + 1) : at;
    if (this.#state === "body" && end > 0) yield { kind: "data", bytes: data.subarray(0, end) };
    if (at === -1) return this.#wait(data.subarray(end));
    if (this.#state === "body") yield { kind: "end" };
    this.#state = "delimiter";
    return data.subarray(at + this.#delimiter.length);
  }

  #afterDelimiter(data: Buffer): Buffer | undefined {
    if (data.length < 2) return this.#wait(data);
    if (data.toString("latin1", 0, 2) === DASHES) {
      this.#state = "done";
      return undefined;
    }
    const lineEnd = data.indexOf("\r\n");
    if (lineEnd === -1 && data.length <= MAX_PADDING_BYTES) return this.#wait(data);
    if (lineEnd === -1 || data.toString("latin1", 0, lineEnd).trim() !== "") {
      throw malformed("a boundary is not followed by a line break");
    }
    this.#state = "headers";
    return data.subarray(lineEnd + 2);
  }

  *#header(data: Buffer): Generator<MultipartEvent, Buffer | undefined> {
    const end = data.indexOf("\r\n\r\n");
    if (end > MAX_HEADER_BYTES || (end === -1 && data.length > MAX_HEADER_BYTES))
      throw malformed("a header is too long");
    if (end === -1) return this.#wait(data);
    this.#parts++;
    if (this.#parts > MAX_PARTS) throw malformed(`it has more than ${MAX_PARTS} parts`);
    this.#state = "body";
    yield partOf(data.toString("utf8", 0, end));
    return data.subarray(end + 4);
  }

  /** Keeps a copy: the chunk's memory is the sender's. */
  #wait(rest: Buffer): undefined {
    this.#rest = Buffer.from(rest);
    return undefined;
  }
}

function partOf(headers: string): MultipartEvent {
  const disposition = headers.split("\r\n").find((line) => /^content-disposition:/i.test(line)) ?? "";
  const name = parameterOf(disposition, "name");
  if (name === undefined) throw malformed("a part has no name");
  return { kind: "part", name, fileName: parameterOf(disposition, "filename") };
}

/** A quoted parameter, with the three escapes browsers and fetch use, or a bare one. */
function parameterOf(disposition: string, name: string): string | undefined {
  const match = new RegExp(`;\\s*${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|([^\\s;"]+))`, "i").exec(disposition);
  const text = match?.[1] ?? match?.[2];
  return text
    ?.replace(/\\(.)/g, "$1")
    .replaceAll("%22", '"')
    .replace(/%0[dD]/g, "\r")
    .replace(/%0[aA]/g, "\n");
}

function malformed(reason: string) {
  return badRequest("invalid_multipart", `The multipart form cannot be read: ${reason}.`);
}
