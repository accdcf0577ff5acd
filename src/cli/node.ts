#!/usr/bin/env node
/**
 * `weir` on Node.
 *
 * @module
 */

import { nodePlatform } from '../runtime/node/platform.ts';
import { main } from './main.ts';

nodePlatform.exit(await main(nodePlatform));
