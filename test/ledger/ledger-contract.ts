import { describe } from "vitest";
import { describeAdmissions } from "./contract-admissions.ts";
import { describeChunks } from "./contract-chunks.ts";
import { describeClaims } from "./contract-claims.ts";
import { describeModel } from "./contract-model.ts";
import { describeOutcomes } from "./contract-outcomes.ts";
import { describeReasks } from "./contract-reasks.ts";
import { describeRuns } from "./contract-runs.ts";
import type { LedgerBackEnd } from "./harness.ts";

/** What every ledger back end has to do. */
export function describeLedger(name: string, backEnd: LedgerBackEnd): void {
  describe(`${name}: the contract of a ledger`, () => {
    describeRuns(backEnd);
    describeClaims(backEnd);
    describeChunks(backEnd);
    describeOutcomes(backEnd);
    describeReasks(backEnd);
    describeAdmissions(backEnd);
    describeModel(backEnd);
  });
}
