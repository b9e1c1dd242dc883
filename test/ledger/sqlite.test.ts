import { sqliteBackEnd } from "./harness.ts";
import { describeLedger } from "./ledger-contract.ts";

describeLedger("sqlite", sqliteBackEnd);
