import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { keyOf, requestKey } from "../../src/core/keys.ts";
import { requestLine } from "../../src/core/request-line.ts";
import { embeddings } from "../../src/endpoints/embeddings.ts";
import type { NewLine } from "../../src/ledger/chunk-file.ts";
import type { InvalidReply } from "../../src/ledger/ledger.ts";
import { ResultReader } from "../../src/ledger/result-reader.ts";
import { createReask, type ReaskOptions } from "../../src/stages/reask.ts";
import { answerTo, responseTo } from "./result-lines.ts";
import { requestFor, StageBench } from "./support.ts";
import { words } from "./words.ts";

const WIDE = { bytes: 1_000_000, tokens: 1_000_000 };
const REASON = "That is not a valid answer. Answer again.";

/** A ledger with a result file, to which replies are added. */
class ReplyBench extends StageBench {
  readonly results = new ResultReader(this.ledger);
  readonly #lines: string[] = [];
  readonly #fileId: number;

  constructor() {
    super();
    this.#fileId = this.ledger.addResultFile("replies.jsonl", this.seal(["what was asked"]).id);
    onTestFinished(() => this.results.close());
  }

  /** Puts a line of results on the disk. */
  replyIn(line: string, reason = REASON): InvalidReply {
    const offset = this.#lines.reduce((sum, one) => sum + Buffer.byteLength(one) + 1, 0);
    this.#lines.push(line);
    writeFileSync(join(this.ledger.directory, "results", "replies.jsonl"), `${this.#lines.join("\n")}\n`);
    return { result: { fileId: this.#fileId, offset, length: Buffer.byteLength(line) }, reason };
  }

  /** A reply that says a text. */
  reply(content: string, reason = REASON): InvalidReply {
    return this.replyIn(answerTo({ customId: "any", url: "", body: { model: "m" } }, { content }), reason);
  }

  reasking(given: Partial<ReaskOptions> = {}) {
    const { endpoint, results } = this;
    return createReask({ endpoint, provider: "fake", tokenizer: words, results, limits: WIDE, ...given });
  }
}

/** The line of a request as its row makes it. */
function lineOf(text: string, url = "/v1/chat/completions"): NewLine {
  const { key, bodyText } = requestFor(text);
  return { key, tokens: 1, origin: "in.jsonl:4", line: requestLine(key, url, bodyText) };
}

function messagesIn({ line }: NewLine): unknown {
  return JSON.parse(line).body.messages;
}

function found(line: NewLine | undefined): NewLine {
  if (line === undefined) throw new Error("it is asked again as it was");
  return line;
}

describe("createReask", () => {
  test("puts the reply and what is wrong with it behind the messages", () => {
    const bench = new ReplyBench();
    const asked = found(bench.reasking()(lineOf("how good is it?"), bench.reply("grade: 5"), false));
    expect(messagesIn(asked)).toEqual([
      { role: "user", content: "how good is it?" },
      { role: "assistant", content: "grade: 5" },
      { role: "user", content: REASON },
    ]);
  });

  test("sends it under a key of that body and the request, as samples may get equal replies, and files it under the request's", () => {
    const bench = new ReplyBench();
    const line = lineOf("a");
    const asked = found(bench.reasking()(line, bench.reply("5"), false));
    const { custom_id: customId, method, url, body } = JSON.parse(asked.line);
    expect({ method, url }).toEqual({ method: "POST", url: bench.endpoint.path });
    expect(asked).toMatchObject({ key: line.key, origin: line.origin, sentKey: keyOf(customId) });
    expect(asked.sentKey).not.toBe(line.key);
    const bodyText = asked.line.slice(asked.line.indexOf('"body":') + 7, -1);
    expect(asked.sentKey).toBe(requestKey("fake", url, bodyText, `again ${line.key}`));
    expect(asked.tokens).toBe(bench.endpoint.promptTokens(body, (text) => words.count(text)));
  });

  test("the same request and reply make the same line, from its row or from whichever try came before", () => {
    const bench = new ReplyBench();
    const reask = bench.reasking();
    fc.assert(
      fc.property(
        fc.string(),
        fc.array(fc.string(), { minLength: 1, maxLength: 3 }),
        fc.string(),
        (text, said, last) => {
          const earlier = said.reduce<NewLine>((line, reply, index) => {
            return found(reask(line, bench.reply(reply, `reason ${index}`), index > 0));
          }, lineOf(text));
          const reply = bench.reply(last, "the last reason");
          const fromFile = reask(earlier, reply, true);
          expect(fromFile).toEqual(reask(lineOf(text), reply, false));
          expect(messagesIn(found(fromFile))).toHaveLength(3);
        },
      ),
      { numRuns: 20 },
    );
  });

  test("a reply without a text, and one that cannot be read, are asked again all the same", () => {
    const bench = new ReplyBench();
    const asked = { customId: "any", url: "", body: { model: "m" } };
    const empty = { choices: [{ message: { role: "assistant", content: null }, finish_reason: "length" }] };
    const lines = [responseTo(asked, 200, empty), responseTo(asked, 200, {}), "{"];
    for (const line of lines) {
      const again = found(bench.reasking()(lineOf("a"), bench.replyIn(line), false));
      expect(messagesIn(again)).toMatchObject([{}, { role: "assistant", content: "…" }, { content: REASON }]);
    }
  });

  test("is not possible where there is no conversation", () => {
    const bench = new ReplyBench();
    const key = "k".repeat(27);
    const lineWith = (body: object): NewLine => ({
      ...{ key, tokens: 1, origin: "in.jsonl:1" },
      line: requestLine(key, "/v1/x", JSON.stringify({ model: "m", ...body })),
    });
    expect(bench.reasking({ endpoint: embeddings })(lineWith({ input: "a" }), bench.reply("5"), false)).toBeUndefined();
    expect(bench.reasking()(lineWith({ prompt: "a" }), bench.reply("5"), false)).toBeUndefined();
  });

  test("is not done when the line would be longer than a chunk may be, newline and all", () => {
    const bench = new ReplyBench();
    const reply = bench.reply("流".repeat(50));
    const bytes = Buffer.byteLength(found(bench.reasking()(lineOf("a"), reply, false)).line) + 1;
    const within = (limit: number) => bench.reasking({ limits: { ...WIDE, bytes: limit } })(lineOf("a"), reply, false);
    expect(within(bytes)).toBeDefined();
    expect(within(bytes - 1)).toBeUndefined();
  });

  test("is not done when it would have more tokens than may be asked", () => {
    const bench = new ReplyBench();
    const reply = bench.reply("a b c d");
    const { tokens } = found(bench.reasking()(lineOf("a"), reply, false));
    const within = (limit: number) => bench.reasking({ limits: { ...WIDE, tokens: limit } })(lineOf("a"), reply, false);
    expect(within(tokens)).toMatchObject({ tokens });
    expect(within(tokens - 1)).toBeUndefined();
  });
});
