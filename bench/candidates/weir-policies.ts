/**
 * Weir on Node with every policy at work: an API key, twenty rules of which the last decides,
 * limits that nobody reaches, and an audit file.
 *
 * @module
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Candidate, Setup } from './candidate.ts';
import { runtimeLaunch } from './runtime-launch.ts';
import { weirArguments } from './weir.ts';

const KEY = 'weir_Bench-0123456789-0123456789-0123456789';
const RULES = 20;

/** Rules about other tools, by name and by pattern, and one that lets the calls of the bench pass. */
function rules(): object[] {
  const others = Array.from({ length: RULES - 1 }, (_, i) => ({
    name: `other ${i}`,
    effect: i % 2 === 0 ? 'allow' : 'deny',
    tools: [i % 3 === 0 ? `other_${i}_*` : `other_${i}`],
    roles: ['others'],
  }));
  return [...others, { name: 'bench', effect: 'allow', tools: ['search_*'], roles: ['bench'] }];
}

function client(name: string, key: string): object {
  return {
    subject: name,
    roles: [name],
    keys: [{ digest: createHash('sha256').update(key).digest('hex') }],
  };
}

function sections(directory: string): object {
  return {
    auth: { methods: [{ kind: 'api_key', clients: [client('bench', KEY), client('others', '')] }] },
    authorize: { rules: rules() },
    limits: {
      rates: [
        { name: 'all', rate: '1000000/s' },
        { name: 'each', per: ['principal', 'tool'], rate: '1000000/s' },
      ],
      concurrency: [{ name: 'at-once', max: 10_000 }],
    },
    audit: { sinks: [{ type: 'file', path: join(directory, 'audit.jsonl') }] },
  };
}

export const WEIR_WITH_POLICIES: Candidate = {
  id: 'weir-node-policies',
  title: 'weir on node, policies on',
  family: 'weir',
  runtime: 'node',
  smallCallsOnly: true,
  headers: { 'X-API-Key': KEY },
  speaks: { tls: true, http2: true },
  missing: () => null,
  launch(setup: Setup) {
    const { programs } = setup.release;
    const launch = runtimeLaunch('node', programs.node, weirArguments(setup, false), setup.heap);
    return {
      ...launch,
      env: { ...launch.env, WEIR_POLICY: JSON.stringify(sections(setup.directory)) },
    };
  },
};
