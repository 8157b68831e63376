#!/usr/bin/env node
import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const at = (path) => fileURLToPath(new URL(path, import.meta.url))

// An older one may fail to parse the imports below.
const { engines } = JSON.parse(readFileSync(at('../package.json'), 'utf8'))
if (isOlder(process.versions.node, engines.node.replace('>=', ''))) {
  process.stderr.write(`hotwork: it needs Node ${engines.node}, and this is ${process.versions.node}\n`)
  process.exit(1)
}

// The package has no source: there this process goes on.
if (existsSync(at('./hotwork.ts'))) runCheckout()
else await import('../dist/command-line.js')

function isOlder(version, least) {
  const [[major, minor], [leastMajor, leastMinor]] = [version, least].map((each) => each.split('.').map(Number))
  return major < leastMajor || (major === leastMajor && minor < leastMinor)
}

/**
 * Any Node from 20 on can run this file, and none before 22.18 runs TypeScript. In a checkout the Node 24 that `npm ci`
 * installed runs the rest, as in all tests.
 */
function runCheckout() {
  const node = at('../node_modules/node/bin/node')
  if (!existsSync(node)) {
    process.stderr.write(
      'hotwork: its own Node 24 is not installed. Run `npm ci` where you checked Hotwork out, then again.\n',
    )
    process.exit(1)
  }
  const child = spawn(node, [at('./hotwork.ts'), ...process.argv.slice(2)], { stdio: 'inherit' })
  // The child decides when it is over, and as what. A terminal sends Ctrl-C to both, since they are one group.
  const hasTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => (signal === 'SIGTERM' || !hasTerminal) && child.kill(signal))
  child.once('error', (fault) => {
    process.stderr.write(`hotwork: ${fault.message}\n`)
    process.exit(1)
  })
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)))
}
