import { load, type Registry } from "../core/registry.ts";
import type { AnsweringEndpoint } from "./answering.ts";
import type { AttemptLog } from "./attempts.ts";
import { Answerer } from "./completions.ts";
import type { TokenMeters } from "./usage.ts";
import type { EndpointPath } from "./wire.ts";

const endpoints = {
  "/v1/chat/completions": () => import("./chat-completions.ts").then((module) => module.chatCompletions),
  "/v1/responses": () => import("./responses.ts").then((module) => module.responses),
  "/v1/embeddings": () => import("./embeddings.ts").then((module) => module.embeddings),
} satisfies Registry<AnsweringEndpoint>;

/** Clients name models at will; what is kept for each must not add up. */
const KEPT_ANSWERERS = 32;

/** The answerers in use, by endpoint and model. */
export class Answerers {
  readonly #attempts: AttemptLog;
  readonly #meters: TokenMeters;
  readonly #kept = new Map<string, Promise<Answerer>>();

  constructor(attempts: AttemptLog, meters: TokenMeters) {
    this.#attempts = attempts;
    this.#meters = meters;
  }

  /** Loads the endpoint and the model's tokenizer, once. */
  get(path: EndpointPath, model: string): Promise<Answerer> {
    const name = `${path}\n${model}`;
    const kept = this.#kept.get(name);
    if (kept !== undefined) return kept;
    if (this.#kept.size >= KEPT_ANSWERERS) this.#kept.clear();
    const created = this.#create(path, model);
    this.#kept.set(name, created);
    return created;
  }

  async #create(path: EndpointPath, model: string): Promise<Answerer> {
    const endpoint = await load<AnsweringEndpoint>("endpoint", endpoints, path);
    const meter = await this.#meters.create(path, model);
    return new Answerer({ path, endpoint, meter, attempts: this.#attempts });
  }
}
