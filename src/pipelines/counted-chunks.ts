import type { Counters } from "../core/counters.ts";
import type { RequestRow } from "../core/records.ts";
import type { StageFlow } from "../core/stage-flow.ts";
import type { Chunk } from "../ledger/ledger.ts";

type Rows = AsyncIterable<readonly RequestRow[]>;

/** The chunk stage over rows, with what goes in, what comes out, and how long nobody took it counted. */
export async function* countedChunks(
  counters: Counters,
  stage: (rows: Rows) => AsyncIterable<Chunk>,
  rows: Rows,
): AsyncGenerator<Chunk> {
  const flow = counters.stage("chunk");
  for await (const chunk of stage(countedRows(flow, rows))) {
    flow.rows.out += chunk.requests;
    flow.bytes.out += chunk.bytes;
    flow.blocked.start();
    try {
      yield chunk;
    } finally {
      flow.blocked.stop();
    }
  }
}

async function* countedRows(flow: StageFlow, rows: Rows): AsyncGenerator<readonly RequestRow[]> {
  for await (const some of rows) {
    flow.rows.in += some.length;
    yield some;
  }
}
