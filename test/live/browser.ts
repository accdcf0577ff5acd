/**
 * A real Chromium in front of the live page: Debian's, or none. What it complains about is kept.
 *
 * @module
 */

import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type Browser, chromium, type Page } from 'playwright-core';
import { REPOSITORY } from '../fixtures/programs.ts';

const PROGRAM = '/usr/bin/chromium';

/** Why there can be no browser here; undefined when there can. */
export const NO_BROWSER: string | undefined = existsSync(PROGRAM)
  ? undefined
  : `${PROGRAM} is not installed: it comes with Debian's package chromium`;

/** Where pictures are left for people. */
const PICTURES = join(REPOSITORY, 'test-artifacts/live');

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: PROGRAM,
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  });
}

export interface OpenedPage {
  readonly page: Page;
  /** Errors of scripts, what the console calls an error or a warning, violations of the policy. */
  readonly complaints: string[];
}

export async function openPage(
  browser: Browser,
  url: string,
  options: {
    width?: number;
    height?: number;
    colorScheme?: 'light' | 'dark';
    reducedMotion?: 'reduce';
  } = {},
): Promise<OpenedPage> {
  const { width = 1440, height = 900, colorScheme = 'light', reducedMotion = null } = options;
  const context = await browser.newContext({
    viewport: { width, height },
    colorScheme,
    reducedMotion,
    permissions: ['clipboard-read', 'clipboard-write'],
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, sourceFile }) => {
      console.error(`policy violated: ${violatedDirective} in ${sourceFile}`);
    });
  });
  await page.goto(url);
  return { page, complaints };
}

export async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(PICTURES, { recursive: true });
  await page.screenshot({ path: join(PICTURES, `${name}.png`) });
}
