import type { RequestBody } from "../core/records.ts";
import { toSeconds } from "./batch-record.ts";
import type { Answer } from "./completions.ts";
import { ApiError, missingParameter } from "./errors.ts";
import { type Exchange, readJsonBody } from "./http.ts";
import { json, RESET, type Reply } from "./reply.ts";
import type { Services } from "./services.ts";
import type { EndpointPath } from "./wire.ts";

/** The handler of one live endpoint. */
export function answerLive(endpoint: EndpointPath) {
  return async ({ request, requestId }: Exchange, services: Services): Promise<Reply> => {
    const body = withModel(await readJsonBody(request, services.limits.bytesPerBody));
    const answerer = await services.answerers.get(endpoint, body.model);
    const occasion = { name: requestId, createdSeconds: toSeconds(services.clock.now()) };
    const answer = answerer.answer(body, occasion);
    const { usage, request: hash } = answer;
    if (usage !== undefined) {
      services.billing.append([{ custom_id: null, batch_id: null, endpoint, model: body.model, usage, request: hash }]);
    }
    return replyOf(answer);
  };
}

/** @throws {ApiError} 400 without a model, 404 for one that nobody has. */
function withModel(body: Record<string, unknown>): RequestBody {
  const { model } = body;
  if (typeof model !== "string") throw missingParameter("model");
  if (model.startsWith("no-such")) {
    const message = `The model '${model}' does not exist or you do not have access to it.`;
    throw new ApiError(404, { message, code: "model_not_found", param: "model" });
  }
  return { ...body, model };
}

function replyOf({ status, body, headers, delivery }: Answer): Reply {
  if (delivery === "lost" || status === 0) return RESET;
  const reply = json(body, status, headers);
  return delivery === "cut" ? { ...reply, delivery: "body_short" } : reply;
}
