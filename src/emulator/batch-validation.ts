import { hash } from "node:crypto";
import type { BatchErrorObject, EndpointPath } from "./wire.ts";

/** One request of an input file, as far as its shape is checked. */
export interface BatchLine {
  readonly customId: string;
  readonly body: Readonly<Record<string, unknown>> & { readonly model: string };
}

/** A finding about a line. */
type Finding = Pick<BatchErrorObject, "code" | "message" | "param">;

const REQUIRED = ["custom_id", "method", "url", "body"] as const;
const MODELS_NOBODY_HAS = /^no-such/;

/** What an endpoint's body needs, and what the API calls the endpoint. */
const BODY_RULES: Readonly<Record<EndpointPath, { readonly field: string; readonly title: string }>> = {
  "/v1/chat/completions": { field: "messages", title: "Chat Completions" },
  "/v1/responses": { field: "input", title: "Responses" },
  "/v1/embeddings": { field: "input", title: "Embeddings" },
};

/** Reads a line of an input file without judging it; for one that was found good before. */
export function parseBatchLine(text: string): BatchLine {
  const line: { custom_id: string; body: BatchLine["body"] } = JSON.parse(text);
  return { customId: line.custom_id, body: line.body };
}

/**
 * Judges the lines of one input file, with what has to be remembered from line to line: the model and the ids. The
 * codes and messages are those of the real API (as far as anybody quoted them).
 */
export class BatchValidator {
  readonly #endpoint: EndpointPath;
  readonly #customIds = new Set<string>();
  #model: string | undefined;
  #embeddingInputs = 0;

  constructor(endpoint: EndpointPath) {
    this.#endpoint = endpoint;
  }

  /** The one model of the file, once a line named it. */
  get model(): string | undefined {
    return this.#model;
  }

  /** Inputs of all embedding requests so far. */
  get embeddingInputs(): number {
    return this.#embeddingInputs;
  }

  /** @returns what is wrong with a line, or undefined for a good one */
  check(text: string): Finding | undefined {
    const line = parseObject(text);
    if (line === undefined) {
      return finding("invalid_json_line", "This line is not parseable as valid JSON.", null);
    }
    const missing = REQUIRED.find((name) => line[name] === undefined || line[name] === null);
    if (missing !== undefined) {
      return finding("missing_required_parameter", `Missing required parameter: '${missing}'.`, missing);
    }
    return this.#checkEnvelope(line) ?? this.#checkBody(asObject(line.body) ?? {});
  }

  #checkEnvelope(line: Readonly<Record<string, unknown>>): Finding | undefined {
    const { custom_id: customId, method, url, body } = line;
    if (typeof customId !== "string") return wrongType("custom_id", "a string");
    if (!this.#isNew(customId)) {
      const message = "The custom_id for this request is a duplicate of another request in this batch.";
      return finding("duplicate_custom_id", `${message} Each custom_id must be unique.`, "custom_id");
    }
    if (method !== "POST") {
      return finding("invalid_method", `Invalid value: '${String(method)}'. Supported values are: 'POST'`, "method");
    }
    if (url !== this.#endpoint) {
      return finding("invalid_url", "The URL provided for this request does not match the batch endpoint.", "url");
    }
    return asObject(body) === undefined ? wrongType("body", "an object") : undefined;
  }

  /** Remembers long ids by their hash: as they are, they could fill the memory. */
  #isNew(customId: string): boolean {
    const before = this.#customIds.size;
    this.#customIds.add(customId.length <= 64 ? customId : hash("sha256", customId));
    return this.#customIds.size > before;
  }

  #checkBody(body: Readonly<Record<string, unknown>>): Finding | undefined {
    const { model, stream } = body;
    const { field, title } = BODY_RULES[this.#endpoint];
    if (typeof model !== "string" || model === "") {
      return finding("invalid_request", "Model parameter is required.", "body.model");
    }
    if (MODELS_NOBODY_HAS.test(model)) {
      const message = `The provided model '${model}' is not supported by the Batch API.`;
      return finding("model_not_found", message, "body.model");
    }
    this.#model ??= model;
    if (model !== this.#model) return mismatchedModel(model);
    const content = body[field];
    if (content === undefined || content === null) {
      const name = `${field.slice(0, 1).toUpperCase()}${field.slice(1)}`;
      return finding("invalid_request", `${name} parameter is required.`, `body.${field}`);
    }
    if (stream === true) {
      const message = `${title}: Streaming is not supported in the Batch API.`;
      return finding("streaming_unsupported", message, "body.stream");
    }
    if (this.#endpoint === "/v1/embeddings") this.#embeddingInputs += inputCount(content);
    return undefined;
  }
}

/** @returns the object a line holds, or undefined when it holds something else or is no JSON */
function parseObject(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  const isObject = (found: unknown): found is Record<string, unknown> =>
    typeof found === "object" && found !== null && !Array.isArray(found);
  return isObject(value) ? value : undefined;
}

function mismatchedModel(model: string): Finding {
  const rule = "Each batch must contain requests for a single model.";
  const message = `The model '${model}' for this request does not match the rest of the batch. ${rule}`;
  return finding("mismatched_model", message, "body.model");
}

function wrongType(param: string, expected: string): Finding {
  return finding("invalid_type", `Invalid type for '${param}': expected ${expected}.`, param);
}

function finding(code: string, message: string, param: string | null): Finding {
  return { code, message, param };
}

/** A list of texts or of token lists counts each; one text, or one list of token numbers, is one input. */
function inputCount(input: unknown): number {
  return Array.isArray(input) && typeof input[0] !== "number" ? input.length : 1;
}
