import { EventEmitter } from "node:events";
import { Writable } from "node:stream";

/** A terminal without the glass: understands what a view is drawn with, and refuses everything else. */
export class VirtualTerminal extends Writable {
  readonly isTTY = true;
  columns: number;
  rows: number;
  writes = 0;
  readonly #lines: string[] = [""];
  #row = 0;
  #column = 0;

  constructor(columns = 80, rows = 24) {
    super({ decodeStrings: false });
    this.columns = columns;
    this.rows = rows;
  }

  /** All lines, those that have scrolled off the top, too; without the empty ones at the end. */
  get lines(): readonly string[] {
    return this.#lines.join("\n").trimEnd().split("\n");
  }

  /** Changes the width, as terminals do that break lines anew. */
  resize(columns: number): void {
    const above = this.#lines.slice(0, this.#row).flatMap((line) => broken(line, columns));
    const below = this.#lines.slice(this.#row);
    this.#lines.splice(0, this.#lines.length, ...above, ...below);
    this.#row = above.length;
    this.columns = columns;
    EventEmitter.prototype.emit.call(this, "resize");
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.writes++;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what a terminal is told by
    for (const [piece] of text.matchAll(/\u001b\[\d*[A-Za-z]|[^\u001b]/g)) this.#take(piece);
    done();
  }

  #take(piece: string): void {
    if (piece === "\n") this.#feed();
    else if (piece === "\r") this.#column = 0;
    else if (piece.length === 1) this.#put(piece);
    else this.#obey(piece.slice(2, -1), piece.at(-1) ?? "");
  }

  #feed(): void {
    this.#row++;
    this.#column = 0;
    if (this.#row === this.#lines.length) this.#lines.push("");
  }

  #put(character: string): void {
    if (this.#column === this.columns) this.#feed();
    const line = (this.#lines[this.#row] ?? "").padEnd(this.#column);
    this.#lines[this.#row] = line.slice(0, this.#column) + character + line.slice(this.#column + 1);
    this.#column++;
  }

  #obey(number: string, letter: string): void {
    if (letter === "m") return;
    if (letter === "A") this.#row = Math.max(0, this.#lines.length - this.rows, this.#row - Number(number));
    else if (letter === "J") this.#clearBelow();
    else throw new Error(`the terminal does not know ${letter}`);
  }

  #clearBelow(): void {
    this.#lines.splice(
      this.#row,
      this.#lines.length - this.#row,
      (this.#lines[this.#row] ?? "").slice(0, this.#column),
    );
  }
}

function broken(line: string, columns: number): string[] {
  return line.match(new RegExp(`.{1,${columns}}`, "g")) ?? [""];
}
