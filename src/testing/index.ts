/**
 * Conformance suites: what a format, provider or stage of one's own has to do, as cases for any test runner.
 *
 * @module
 */

export type { ConformanceCase } from "./conformance.ts";
export { type FormatConformance, formatCases } from "./format-cases.ts";
export { type ProviderConformance, providerCases } from "./provider-cases.ts";
export { type StageConformance, stageCases } from "./stage-cases.ts";
