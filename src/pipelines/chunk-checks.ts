import { createReadStream, existsSync } from "node:fs";
import { isDeepStrictEqual } from "node:util";
import { keyOf } from "../core/keys.ts";
import { splitLines } from "../core/lines.ts";
import type { RequestBody } from "../core/records.ts";
import type { AnswerCheck } from "../core/verdicts.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import { ChunkFileReader, chunkPath } from "../ledger/chunk-file.ts";
import type { Chunk, Ledger } from "../ledger/ledger.ts";
import { createAnswerChecker } from "../prompts/answer-checker.ts";
import type { FindCheck } from "../stages/settle.ts";

const MAX_LINE_BYTES = 1 << 28;

type Schema = Readonly<Record<string, unknown>> | undefined;

/**
 * The checks of the answers to a chunk's requests, by the schemas in their bodies. Held are the first line's schema,
 * and where the lines are that have another.
 *
 * @returns a function that finds the check by the key a request was sent under
 */
export async function checksOfChunk(chunk: Chunk, { ledger, endpoint }: ChecksOptions): Promise<FindCheck> {
  const path = chunkPath(ledger.directory, chunk.name);
  if (endpoint.answerSchema === undefined || !existsSync(path)) return () => undefined;
  const checks = new ChunkChecks(endpoint);
  for await (const lines of splitLines(createReadStream(path), MAX_LINE_BYTES)) {
    for (const { bytes, offset, length } of lines) checks.add(bytes.toString(), { offset, length });
  }
  return (key) => checks.find(key, () => new ChunkFileReader(ledger.directory, chunk.name));
}

interface ChecksOptions {
  readonly ledger: Ledger;
  readonly endpoint: Endpoint;
}

interface RequestLine {
  readonly custom_id: string;
  readonly body: RequestBody;
}

interface Place {
  readonly offset: number;
  readonly length: number;
}

class ChunkChecks {
  readonly #endpoint: Endpoint;
  #first: { readonly schema: Schema; readonly check: AnswerCheck | undefined } | undefined;
  readonly #others = new Map<string, Place>();
  /** The one that was made last, as equal ones tend to follow each other. */
  #last: { readonly text: string; readonly check: AnswerCheck | undefined } | undefined;

  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint;
  }

  add(line: string, place: Place): void {
    const { customId, schema } = this.#read(line);
    this.#first ??= { schema, check: checkOf(schema) };
    const key = keyOf(customId);
    if (key !== undefined && !isDeepStrictEqual(schema, this.#first.schema)) this.#others.set(key, place);
  }

  find(key: string, open: () => ChunkFileReader): AnswerCheck | undefined {
    const place = this.#others.get(key);
    if (place === undefined) return this.#first?.check;
    const reader = open();
    try {
      return this.#checkOf(this.#read(reader.read(place)).schema);
    } finally {
      reader.close();
    }
  }

  #checkOf(schema: Schema): AnswerCheck | undefined {
    const text = JSON.stringify(schema) ?? "";
    if (this.#last?.text !== text) this.#last = { text, check: checkOf(schema) };
    return this.#last.check;
  }

  #read(line: string): { readonly customId: string; readonly schema: Schema } {
    // Written by this program.
    const { custom_id: customId, body }: RequestLine = JSON.parse(line);
    return { customId, schema: this.#endpoint.answerSchema?.(body) };
  }
}

/** A schema that is none of ours to understand checks nothing: the provider was content with it. */
function checkOf(schema: Schema): AnswerCheck | undefined {
  if (schema === undefined) return undefined;
  try {
    return createAnswerChecker(schema);
  } catch {
    return undefined;
  }
}
