import { InternalError } from "../core/errors.ts";
import { canonicalBody, requestKey } from "../core/keys.ts";
import type { RequestBody } from "../core/records.ts";
import { requestLine } from "../core/request-line.ts";
import type { Endpoint } from "../endpoints/endpoint.ts";
import type { NewLine } from "../ledger/chunk-file.ts";
import type { InvalidReply } from "../ledger/ledger.ts";
import type { ResultReader } from "../ledger/result-reader.ts";
import { readResultLine } from "../providers/result-line.ts";
import type { Tokenizer } from "../tokens/tokenizer.ts";

export interface ReaskOptions {
  readonly endpoint: Endpoint;
  /** The provider's identity. */
  readonly provider: string;
  readonly tokenizer: Tokenizer;
  readonly results: ResultReader;
  /** The run's model, and those that are asked instead, one after the other; the run's own alone when undefined. */
  readonly models?: {
    readonly first: string;
    readonly next: readonly string[];
    /** Which of them a reply came from. */
    readonly of: (reply: InvalidReply) => string;
  };
  /** The most that a line may have; with more it is asked again as it was. */
  readonly limits: { readonly bytes: number; readonly tokens: number };
}

/**
 * The reask stage: the line of a request whose reply was no valid answer, with that reply and what is wrong with it
 * behind the messages. It is another body, and sent under a key of its own; the outcome is filed under the request's.
 * The same request and reply always make the same line.
 *
 * @returns a function that gives undefined where the line is to be asked again as it is
 */
export function createReask(options: ReaskOptions) {
  return (line: NewLine, reply: InvalidReply, isReask: boolean): NewLine | undefined => {
    const { endpoint, provider, limits } = options;
    const before = bodyOf(line);
    const original = (isReask ? endpoint.withoutReply?.(before) : before) ?? before;
    const model = nextModel(before.model, reply, options);
    const replied = endpoint.withReply?.(original, { text: replyText(reply, options), reason: reply.reason });
    const body = replied && { ...replied, model };
    // Samples of one request may get the same reply.
    const occasion = `again ${line.key}`;
    const made = body && lineOf(body, (bodyText) => requestKey(provider, endpoint.path, bodyText, occasion), options);
    if (made !== undefined && made.bytes <= limits.bytes && made.tokens <= limits.tokens) {
      return { ...line, model, line: made.text, tokens: made.tokens, sentKey: made.key };
    }
    if (!isReask) return undefined;
    const first = options.models?.first ?? original.model;
    const { text, tokens } = lineOf({ ...original, model: first }, () => line.key, options);
    return { ...line, model: first, line: text, tokens };
  };
}

/** The model after the one that was asked; the last one is asked again. */
function nextModel(asked: string, reply: InvalidReply, { models }: ReaskOptions): string {
  if (models === undefined || models.next.length === 0) return asked;
  const place = models.next.indexOf(models.of(reply)) + 1;
  return models.next[Math.min(place, models.next.length - 1)] ?? asked;
}

function lineOf(body: RequestBody, keyFor: (bodyText: string) => string, { endpoint, tokenizer }: ReaskOptions) {
  const bodyText = canonicalBody(body);
  const key = keyFor(bodyText);
  const text = requestLine(key, endpoint.path, bodyText);
  const tokens = endpoint.promptTokens(body, (part) => tokenizer.count(part));
  return { key, text, tokens, bytes: Buffer.byteLength(text) + 1 };
}

function bodyOf({ line, key }: NewLine): RequestBody {
  const parsed: { readonly body?: unknown } = JSON.parse(line);
  if (!isBody(parsed.body)) throw new InternalError(`the line of request ${key} has no body`);
  return parsed.body;
}

function isBody(value: unknown): value is RequestBody {
  return typeof value === "object" && value !== null && "model" in value && typeof value.model === "string";
}

function replyText({ result }: InvalidReply, { results, endpoint }: ReaskOptions): string {
  const line = readResultLine(results.read(result));
  const answer = line?.kind === "response" ? endpoint.readAnswer(line.body) : undefined;
  return answer?.text ?? "";
}
