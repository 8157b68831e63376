import { existsSync } from 'node:fs'
import { type Browser, chromium } from 'playwright-core'

// A machine without Chromium skips these tests; the continuous integration installs it and fails on a skip.
const executablePath = [process.env['CHROMIUM_PATH'] ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  existsSync,
)
export const inBrowser = (name: string, tests: () => void): void =>
  (executablePath === undefined ? describe.skip : describe)(name, tests)

const quiet = ['--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking']
export const launchBrowser = (...args: readonly string[]): Promise<Browser> =>
  chromium.launch({ executablePath: executablePath as string, args: [...quiet, ...args] })
