import type { Writable } from "node:stream";
import { paint, type StyledLine, widthOf } from "../report/progress/styled-text.ts";

/** A terminal, or what stands in for one. */
export type TerminalStream = Writable & {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
};

const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

/**
 * What is written to stderr: text that stays, and below it a view that is drawn anew time and again. Each change is one
 * write, so that text and view never mix. Without a view it is the stream as it is.
 */
export class Screen {
  readonly #stream: TerminalStream;
  readonly #hasColor: boolean;
  #view: readonly StyledLine[] = [];

  constructor(stream: TerminalStream, hasColor: boolean) {
    this.#stream = stream;
    this.#hasColor = hasColor;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    // A terminal that does not know its size says 0.
    return { columns: this.#stream.columns || DEFAULT_COLUMNS, rows: this.#stream.rows || DEFAULT_ROWS };
  }

  /** Writes whole lines above the view. */
  write(text: string): void {
    this.#stream.write(this.#erased() + text + this.#painted(this.#view));
  }

  /** Shows a view in the place of the one before. */
  show(view: readonly StyledLine[]): void {
    const erased = this.#erased();
    this.#view = view;
    this.#stream.write(erased + this.#painted(view));
  }

  /** Leaves the view as it stands: what follows is written below it. */
  keep(): void {
    this.#view = [];
  }

  /** Tells when the terminal's size has changed. @returns the way to stop that */
  onResize(listener: () => void): () => void {
    this.#stream.on("resize", listener);
    return () => void this.#stream.off("resize", listener);
  }

  #painted(view: readonly StyledLine[]): string {
    return view.map((line) => `${paint(line, this.#hasColor)}\n`).join("");
  }

  /** The way back to the view's first line, and everything from there cleared. */
  #erased(): string {
    if (this.#view.length === 0) return "";
    const { columns, rows } = this.size;
    // In a window that has become narrower its lines take several each; the cursor cannot go beyond the top.
    const height = this.#view.reduce((sum, line) => sum + Math.max(1, Math.ceil(widthOf(line) / columns)), 0);
    return `\u001b[${Math.min(height, rows - 1)}A\r\u001b[J`;
  }
}
