// Rules: test/package/install-time.test.ts
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The seconds of an install by a user: the package in `root` as packed, into an empty folder. */
export function installTime(root: string, tarball: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'hotwork-install-'))
  // Removes the options of `npm pack`, which runs the build.
  const own = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  const env = { ...Object.fromEntries(own), npm_config_cache: join(folder, '.npm') }
  const npm = (...words: string[]) =>
    execFileSync('npm', words, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] })
  try {
    npm('pack', '--ignore-scripts', '--loglevel=error', '--pack-destination', folder)
    const began = performance.now()
    npm('install', '--offline', '--no-audit', '--no-fund', '--prefix', folder, join(folder, tarball))
    return ((performance.now() - began) / 1000).toFixed(1)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
