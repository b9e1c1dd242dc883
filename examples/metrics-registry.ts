/**
 * A run's numbers in a registry of prom-client that the program has already, next to metrics of its own.
 *
 *     node examples/metrics-registry.ts fixtures/answers.jsonl out.jsonl
 */
import { Counters, grade, packageVersion, pipeline, readRows, registerMetrics, writeRows } from "bg-pipe";
import { Gauge, Registry } from "prom-client";

const [input = "fixtures/answers.jsonl", output = "out.jsonl"] = process.argv.slice(2);
const [registry, counters] = [new Registry(), new Counters()];

await registerMetrics(registry, counters, { version: await packageVersion(), node: process.version });
const queue = new Gauge({ name: "app_queue_length", help: "Something of the program's own.", registers: [registry] });

queue.set(1);
await pipeline(readRows(input), grade({ provider: "emulator", model: "gpt-4.1-mini", counters }), writeRows(output));
queue.set(0);

process.stdout.write(await registry.metrics());
