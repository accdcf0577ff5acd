/**
 * Writes 40 chained records to a file, as a process of any runtime. In round 1 somebody else moves
 * the file to `<path>.old` half way; in round 2 it is rotated every few records.
 *
 * Arguments: path, round.
 *
 * @module
 */

import { sha256 } from '../../src/policy/audit/chain.ts';
import type { FileSinkSettings } from '../../src/policy/audit/settings.ts';
import { FileSink } from '../../src/policy/audit/sinks/file-sink.ts';
import { LineStore } from '../../src/policy/audit/stored-lines.ts';
import { openAuditFile } from '../../src/runtime/audit-file.ts';

const fs = process.getBuiltinModule('node:fs/promises');
const [path = '', round = ''] = process.argv.slice(2);

const settings: FileSinkSettings = {
  type: 'file',
  name: 'file',
  onFull: 'block',
  queueRecords: 1,
  queueBytes: 1,
  path,
  maxSizeBytes: round === '1' ? 1_000_000 : 2_000,
  maxFiles: 20,
  fsync: round === '1' ? 'always' : 'interval',
  fsyncInterval: 1,
  chain: true,
};
const file = await openAuditFile(fs, settings);
const sink = await FileSink.open(file, settings, {
  onTrouble(message) {
    throw new Error(message);
  },
  sha256,
});
const store = new LineStore();
for (let i = 0; i < 40; i++) {
  if (round === '1' && i === 20) await fs.rename(path, `${path}.old`);
  const line = `{"round":${round},"record":${i}}`;
  await sink.write([store.put(line)]);
}
await sink.close();
