import { describeAccounts } from "./contract-accounts.ts";
import { describeRefusals } from "./contract-refusals.ts";
import { sqliteBackEnd } from "./harness.ts";

describeAccounts(sqliteBackEnd);
describeRefusals(sqliteBackEnd);
