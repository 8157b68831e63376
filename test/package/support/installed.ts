import { execFileSync } from 'node:child_process'
import { existsSync, realpathSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { folderMadeOnce } from '../../support/made-once.ts'
import { read, root } from '../../support/repository.ts'

/** A stranger's machine: a folder with the package, and Node 20 or the next newer one. */

type Manifest = {
  version: string
  bin: { hotwork: string }
  exports: { [path: string]: string | { types: string; default: string } }
}
export const manifest: Manifest = JSON.parse(read('package.json'))

/** The oldest Node from 20 on, on the PATH without `node_modules/.bin`. */
export const strangersNode: string = findNode()

function findNode(): string {
  const ownModules = realpathSync(join(root, 'node_modules'))
  const found = (process.env['PATH'] ?? '')
    .split(delimiter)
    .map((folder) => join(folder, 'node'))
    .filter((node) => existsSync(node) && !realpathSync(node).startsWith(ownModules))
    .map((node) => ({
      node,
      major: Number(/^v(\d+)/.exec(execFileSync(node, ['--version'], { encoding: 'utf8' }))?.[1]),
    }))
    .filter(({ major }) => major >= 20)
    .sort((one, other) => one.major - other.major)
  if (!found[0]) throw new Error('no Node from 20 on is on the PATH, beside the one in `node_modules`')
  return found[0].node
}

/** The environment of a stranger's shell, without variables of Hotwork, AWS and the npm that runs these tests. */
export function strangersEnv(more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const others = Object.entries(process.env).filter(
    ([name]) => !/^(?:HOTWORK|AWS|ACTIONS|SPIFFE|npm|JEST)_|^NODE_(?:ENV|OPTIONS)$/i.test(name),
  )
  const path = [dirname(strangersNode), ...(process.env['PATH'] ?? '').split(delimiter)]
  const foreign = path.filter((folder) => !folder.startsWith(join(root, 'node_modules')))
  return { ...Object.fromEntries(others), PATH: foreign.join(delimiter), npm_config_update_notifier: 'false', ...more }
}

const npm = (cwd: string, ...words: string[]): string =>
  execFileSync(join(dirname(strangersNode), 'npm'), words, {
    cwd,
    env: strangersEnv({ npm_config_cache: join(cwd, '.npm') }),
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  })

/** `hotwork-X.Y.Z.tgz`, as `npm test` has made it, or a new one. */
export function tarball(): string {
  const made = process.env['HOTWORK_TARBALL']
  if (made) return made
  const folder = folderMadeOnce('tarball', (path) => {
    execFileSync(join(dirname(strangersNode), 'npm'), ['pack', '--pack-destination', path], {
      cwd: root,
      env: strangersEnv({ npm_config_cache: join(path, '.npm') }),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
  })
  return join(folder, `hotwork-${manifest.version}.tgz`)
}

/** A folder in which only `npm i hotwork-X.Y.Z.tgz` has run, made once in a run of tests and read-only. */
export const installed = (): string =>
  folderMadeOnce('installed', (path) => {
    const packed = tarball()
    const began = performance.now()
    writeFileSync(join(path, 'package.json'), '{ "name": "stranger", "private": true, "type": "module" }\n')
    npm(path, 'install', '--offline', '--no-audit', '--no-fund', packed)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    process.stderr.write(`hotwork ${manifest.version} installed in ${seconds} s by Node at ${strangersNode}\n`)
  })
