/**
 * `weir` on Deno.
 *
 * @module
 */

import { denoPlatform } from '../runtime/deno.ts';
import { main } from './main.ts';

denoPlatform.exit(await main(denoPlatform));
