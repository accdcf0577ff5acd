/**
 * The one way of this process's lines to standard output on Node.
 *
 * @module
 */

import { writeSync } from 'node:fs';
import { LineOutput } from '../line-output.ts';
import { describeStandardOutput } from '../standard-output.ts';

export const logLines: LineOutput = new LineOutput(describeStandardOutput(writeSync));
