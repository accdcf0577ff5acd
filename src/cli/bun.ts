#!/usr/bin/env bun
/**
 * `weir` on Bun.
 *
 * @module
 */

import { bunPlatform } from '../runtime/bun.ts';
import { main } from './main.ts';

bunPlatform.exit(await main(bunPlatform));
