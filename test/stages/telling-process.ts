import { rehearseFailure } from "../../src/cli/rehearse-failure.ts";
import { systemClock } from "../../src/core/clock.ts";
import { openSqliteLedger } from "../../src/ledger/sqlite.ts";
import { tellUsage } from "../../src/stages/tell.ts";

/** Started by tell.test.ts: settles chunks of one request and tells of each, as a run does. */
const [, , directory = "", signature = "", count = "0", failpoint] = process.argv;
const ledger = openSqliteLedger({ directory, clock: systemClock });
const run = ledger.openRun({ pipeline: "test", label: "rows", signature, isFresh: false, files: [] });
rehearseFailure(failpoint === undefined ? {} : { BG_PIPE_FAILPOINT: failpoint });
for (let index = 0; index < Number(count); index++) {
  const key = `${signature} ${index}`;
  ledger.claim([key], run);
  const size = { requests: 1, bytes: 10, tokens: 1, provider: "p", endpoint: "e", model: "m" };
  const line = { key, offset: 0, length: 9, tokens: 1, origin: "f:1" };
  const { id } = ledger.seal({ ...size, runId: run.id, name: `${signature}-${index}` }, [line]);
  for (const state of ["uploading", "uploaded", "creating"] as const) ledger.advance(id, state);
  ledger.advance(id, "submitted", { batchId: `batch_${key}` });
  for (const state of ["ended", "fetched"] as const) ledger.advance(id, state);
  ledger.settle(id, { failure: { code: "expired", message: "late" }, retries: 3, isAttempt: true });
  tellUsage(ledger);
}
ledger.close();
