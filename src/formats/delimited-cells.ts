import { parse } from "csv-parse/sync";
import { messageOf } from "../core/errors.ts";
import { decodeUtf8 } from "../core/utf8.ts";
import type { DelimitedRecord } from "./delimited-records.ts";

/** A record's cells, or what is wrong with it. */
export type Cells = readonly string[] | { readonly problem: string };

/** Cuts records into cells, which stay strings. */
export class CellCutter {
  readonly #delimiter: string;
  readonly #maxRecordBytes: number;

  constructor(delimiter: string, maxRecordBytes: number) {
    this.#delimiter = delimiter;
    this.#maxRecordBytes = maxRecordBytes;
  }

  /** @returns one entry per record */
  cut(records: readonly DelimitedRecord[]): readonly Cells[] {
    const quoted: string[] = [];
    const places: number[] = [];
    const cells = records.map((record, place): Cells => {
      const text = this.#text(record);
      if (typeof text !== "string") return text;
      // Without quotes there is nothing to parse, and csv-parse is five times slower.
      if (!record.hasQuotes) return text.split(this.#delimiter);
      places.push(place);
      quoted.push(text);
      return [];
    });
    for (const [index, parsed] of this.#parse(quoted).entries()) cells[places[index] ?? -1] = parsed;
    return cells;
  }

  #text(record: DelimitedRecord): string | { problem: string } {
    if (record.length > this.#maxRecordBytes) {
      const lengths = `the record is ${record.length} bytes long, more than the limit of ${this.#maxRecordBytes}`;
      return { problem: record.hasQuotes ? `${lengths}; is a quote not closed?` : lengths };
    }
    if (record.problem !== undefined) return { problem: record.problem };
    return decodeUtf8(record.bytes) ?? { problem: "the text is not UTF-8" };
  }

  /** All at once, because csv-parse takes longer to start than to parse a record; one by one to find a fault. */
  #parse(texts: readonly string[]): Cells[] {
    if (texts.length === 0) return [];
    try {
      const records = parse(texts.join("\n"), this.#options());
      if (records.length === texts.length) return records;
    } catch (error) {
      if (texts.length === 1) return [{ problem: messageOf(error) }];
    }
    if (texts.length === 1) return [{ problem: "the record is not one record" }];
    return texts.flatMap((text) => this.#parse([text]));
  }

  #options() {
    return { delimiter: this.#delimiter, record_delimiter: ["\r\n", "\n"], relax_column_count: true };
  }
}
