/**
 * Error codes that say credit or quota is used up: waiting does not mend it, a person has to.
 * Source: developers.openai.com/api/docs/guides/error-codes
 */
export const QUOTA_CODES: ReadonlySet<string> = new Set([
  "insufficient_quota",
  "credit_balance_exhausted",
  "organization_spend_limit_exceeded",
  "project_spend_limit_exceeded",
  "organization_usage_limit_exceeded",
  "billing_hard_limit_reached",
]);
