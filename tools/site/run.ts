import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/**
 * `npm run docs`: the site of `docs/`, in `.hotwork/site/out`; `npm run docs:dev` serves it, and draws a page again once it is
 * saved. VitePress lies in a package of its own, which this installs: `npm ci` stays as quick as it was.
 */

const folder = import.meta.dirname
const [verb = 'build', ...more] = process.argv.slice(2)
const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
  devDependencies: { vitepress: string }
}

const run = (command: string, words: readonly string[]): number =>
  spawnSync(command, words, { cwd: folder, stdio: 'inherit' }).status ?? 1

function isInstalled(): boolean {
  const installed = join(folder, 'node_modules/vitepress/package.json')
  return (
    existsSync(installed) && JSON.parse(readFileSync(installed, 'utf8')).version === manifest.devDependencies.vitepress
  )
}

const ready = isInstalled() || run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund']) === 0
process.exitCode = ready ? run(process.execPath, ['node_modules/vitepress/bin/vitepress.js', verb, '.', ...more]) : 1
