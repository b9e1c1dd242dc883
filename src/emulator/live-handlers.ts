import type { RequestBody } from "../core/records.ts";
import { toSeconds } from "./batch-record.ts";
import type { Answer } from "./completions.ts";
import { ApiError, missingParameter } from "./errors.ts";
import { type Exchange, readJsonBody } from "./http.ts";
import { directiveOf } from "./line-faults.ts";
import { json, RESET, type Reply } from "./reply.ts";
import type { Services } from "./services.ts";
import type { EndpointPath } from "./wire.ts";

/** The handler of one live endpoint. */
export function answerLive(endpoint: EndpointPath) {
  return async ({ request, requestId, callNumber }: Exchange, services: Services): Promise<Reply> => {
    const body = withModel(await readJsonBody(request, services.limits.bytesPerBody));
    const answerer = await services.answerers.get(endpoint, body.model);
    const tokens = () => answerer.promptTokens(body) + mostOutputTokens(body);
    const pass = services.liveLimits.admit({ model: body.model, tokens, connection: request.socket });
    if (services.liveLatencyMs > 0) await services.clock.sleep(services.liveLatencyMs, services.closing);
    const fault = services.liveFaults.of(endpoint, callNumber);
    const occasion = { name: requestId, createdSeconds: toSeconds(services.clock.now()), fault: directiveOf(fault) };
    const answer = answerer.answer(body, occasion);
    const { usage, request: hash } = answer;
    if (fault !== undefined && usage !== undefined) services.faultLog.add(fault);
    if (usage !== undefined) {
      services.billing.append([{ custom_id: null, batch_id: null, endpoint, model: body.model, usage, request: hash }]);
    }
    return replyOf(answer, pass.end(usage?.total_tokens ?? 0));
  };
}

/** What a request allows itself; nothing where it does not say. */
function mostOutputTokens(body: RequestBody): number {
  const { max_completion_tokens, max_output_tokens, max_tokens } = body;
  const most = max_completion_tokens ?? max_output_tokens ?? max_tokens;
  return typeof most === "number" && most > 0 ? most : 0;
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

function replyOf({ status, body, headers, delivery }: Answer, limitHeaders: Record<string, string>): Reply {
  if (delivery === "lost" || status === 0) return RESET;
  const reply = json(body, status, { ...headers, ...limitHeaders });
  return delivery === "cut" ? { ...reply, delivery: "body_short" } : reply;
}
