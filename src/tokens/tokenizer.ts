/** Counts tokens as the model's provider bills them. */
export interface Tokenizer {
  /** The encoding's name, such as `o200k_base`. */
  readonly encoding: string;
  /**
   * The number of tokens in a text, equal to tiktoken's `encode_ordinary(text).length`: special tokens in the text
   * count as the plain text they are, and lone surrogates as U+FFFD.
   */
  count(text: string): number;
}
