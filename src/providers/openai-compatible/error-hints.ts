import type { ProviderErrorKind } from "../provider-error.ts";

/** What is known of an answer that is an error. */
export interface AnsweredError {
  readonly kind: ProviderErrorKind;
  /** HTTP status. */
  readonly status: number;
  /** Whether it came in the API's own form. */
  readonly isOfApi: boolean;
  /** What it says. */
  readonly text: string;
}

/** The way out of an error, as a sentence for the user. */
export function hintFor({ kind, status, isOfApi, text }: AnsweredError): string {
  if (status === 413 || /\btoo large\b/i.test(text)) return "Make the batches smaller with --chunk-bytes.";
  if (/expires_after/.test(text)) return "The provider does not let files expire: give --keep-remote.";
  if (/invalid url/i.test(text)) return "Check --base-url: it usually ends with /v1.";
  if (!isOfApi && status < 500 && MISLED.has(kind)) return "This is not the API's own answer: is --base-url right?";
  return HINTS[kind];
}

const HINTS: Readonly<Record<ProviderErrorKind, string>> = {
  key_refused: "Check the key in OPENAI_API_KEY or --api-key-file, and that it is meant for this provider.",
  quota: "Add credit or raise the limit at the provider, then run the same command again; no row has failed.",
  rate_limited: "Run the same command again later; it goes on from here.",
  unavailable: "Run the same command again; it goes on from here.",
  not_found: "Check --base-url and --model, and that the key is of the same project as before.",
  rejected: "Check --model, --endpoint and --param against the provider's documentation.",
};

/** Kinds of error that a server at a wrong address is likely to cause. */
const MISLED: ReadonlySet<ProviderErrorKind> = new Set(["unavailable", "not_found", "rejected"]);
