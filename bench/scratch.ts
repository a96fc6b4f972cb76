import xxhash from 'xxhash-wasm';
import { ControlBlock } from '../runtime/workers/control-block.ts';
import { runPart } from '../runtime/workers/run-part.ts';
import { producingApplication, meanInterval } from '../workloads/applications/producing.ts';
import { operator } from '../workloads/applications/operator.ts';
import { broker } from '../actors/broker/broker.ts';
import { controller } from '../actors/controller/controller.ts';
import { BROKER_COSTS } from '../actors/broker/broker-options.ts';
import { BROKER_CONFIG } from '../actors/config/broker-config.ts';
import { PRODUCER_CONFIG } from '../actors/config/producer-config.ts';
import { parseConfig } from '../actors/config/config-definition.ts';
import { PROTOCOLS } from '../actors/protocol-variant.ts';
import { structuresOf } from '../actors/protocol/schema.ts';
import { MESSAGES } from '../actors/protocol/messages.ts';
import { DATACENTRE } from '../runtime/network/options.ts';
import { SOLID_STATE_DISK } from '../runtime/disk/simulated-disk.ts';
import { NO_FAULTS } from '../runtime/faults/plan.ts';
const hasher = await xxhash();
const bc = parseConfig(BROKER_CONFIG, {}); const pc = parseConfig(PRODUCER_CONFIG, { 'linger.ms': 0, 'enable.idempotence': false, 'max.in.flight.requests.per.connection': 1 });
const rate = Number(process.argv[2] ?? 6000), secs = Number(process.argv[3] ?? 10);
const kinds: Record<string, number> = {};
const sim = { seed: 'x', actors: [controller({ name: 'controller-0', config: bc, requestUs: 20 }), ...[0,1,2].map((brokerId) => broker({ brokerId, controller: 'controller-0', config: bc, costs: BROKER_COSTS, protocol: PROTOCOLS['4.2']!.variant, planted: {} })),
 operator({ controller: 'controller-0', topics: [{ name: 'orders', partitions: Number(process.argv[4] ?? 12), replicationFactor: 3, config: { 'min.insync.replicas': '2' } }] }),
 ...[0,1,2,3].map((i) => producingApplication({ name: 'p' + i, bootstrap: ['broker-0','broker-1','broker-2'], topics: [{ name: 'orders', partitions: Number(process.argv[4] ?? 12) }], meanIntervalUs: meanInterval(rate, 4), valueBytes: 100, config: pc, from: 5e6, until: 5e6 + secs * 1e6 }))],
 structures: structuresOf(MESSAGES), network: DATACENTRE, disk: SOLID_STATE_DISK, faults: NO_FAULTS, endsAt: 60e6,
 createJudge: () => ({ judge: (e: any) => { const k = e.event.type === 'observed' ? e.event.observation.kind + (e.event.observation.error ? e.event.observation.error : '') : e.event.type; kinds[k] = (kinds[k] ?? 0) + 1; }, verdict: (e: any) => ({ ...e }) }) };
for (let i = 0; i < 3; i++) {
const t = performance.now(); const c0 = process.cpuUsage();
const out = runPart({ simulation: sim, worker: 0, placement: sim.actors.map(() => 0), control: new ControlBlock(1), rings: [undefined], hasher, traceAll: false });
const ms = performance.now() - t; const cu = process.cpuUsage(c0); (globalThis as any).cpu = (cu.user + cu.system) / 1000;
if (!out.ok) { console.log(out.failure); break; }
const r = out.result; console.log(r.counts, r.events, 'windows', r.windows, (r.counts.frames / ms).toFixed(1), 'k frames/s', (r.events/ms).toFixed(1), 'k ev/s', r.endedAt / 1e6, JSON.stringify(r.verdict), ms.toFixed(0), "cpu k frames/s", (r.counts.frames/(globalThis as any).cpu).toFixed(1));
}
console.log(kinds);
