import type { Registry } from "../core/registry.ts";
import type { Endpoint } from "./endpoint.ts";

/** Every endpoint, by the path a batch line's `url` carries. */
export const endpoints = {
  "/v1/chat/completions": () => import("./chat-completions.ts").then((module) => module.chatCompletions),
  "/v1/responses": () => import("./responses.ts").then((module) => module.responses),
  "/v1/embeddings": () => import("./embeddings.ts").then((module) => module.embeddings),
} satisfies Registry<Endpoint>;
