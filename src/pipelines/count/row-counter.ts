import { requestKey } from "../../core/keys.ts";
import type { Failure, GoodRow, Row } from "../../core/records.ts";
import { requestLineBytes } from "../../core/request-line.ts";
import { RowTemplateError } from "../../prompts/row-errors.ts";
import { TextCounter } from "../../tokens/text-counter.ts";
import type { Question } from "../question.ts";
import { type Uncounted, UncountedRows } from "./uncounted.ts";

/** Rows that were counted, in numbers only: what goes from one thread to another is small. */
export interface CountedRows {
  /** Input tokens of each row's request, in the order of the rows; rows that cannot be asked are left out. */
  readonly tokens: Uint32Array<ArrayBuffer>;
  /** The bytes of each of these requests as a line of a batch's input file. */
  readonly bytes: Uint32Array<ArrayBuffer>;
  readonly uncounted: Uncounted;
}

/** What one request takes. */
interface RequestSize {
  readonly tokens: number;
  readonly bytes: number;
}

/** Makes the requests that rows ask, and counts them. */
export class RowCounter {
  readonly #question: Question;
  readonly #texts: TextCounter;
  /** Bytes of a line without its body: all keys are of one length. */
  readonly #frameBytes: number;
  readonly #countText = (text: string) => this.#texts.count(text);

  constructor(question: Question) {
    const { path } = question.endpoint;
    this.#question = question;
    this.#texts = new TextCounter(question.tokenizer);
    this.#frameBytes = requestLineBytes(requestKey("", path, ""), path, "");
  }

  count(rows: Iterable<Row>): CountedRows {
    const tokens: number[] = [];
    const bytes: number[] = [];
    const uncounted = new UncountedRows();
    for (const row of rows) {
      const size = row.kind === "bad" ? badInput(row.message) : this.#sizeOf(row);
      if ("code" in size) {
        uncounted.add(row.position, size);
      } else {
        tokens.push(size.tokens);
        bytes.push(size.bytes);
      }
    }
    const { byCode, first } = uncounted;
    return { tokens: Uint32Array.from(tokens), bytes: Uint32Array.from(bytes), uncounted: { byCode, first } };
  }

  #sizeOf({ fields }: GoodRow): RequestSize | Failure {
    const { endpoint, render, request } = this.#question;
    try {
      const body = endpoint.buildBody(render(fields), request);
      const tokens = endpoint.promptTokens(body, this.#countText);
      return { tokens, bytes: this.#frameBytes + Buffer.byteLength(JSON.stringify(body)) };
    } catch (error) {
      if (!(error instanceof RowTemplateError)) throw error;
      return error.failure;
    }
  }
}

function badInput(message: string): Failure {
  return { code: "bad_input", message };
}
