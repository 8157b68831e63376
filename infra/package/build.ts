import { globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { writeDeclarations } from './declarations.ts'
import { licencesOf } from './licences.ts'

/**
 * `npm run build`: makes `dist/`, which the package `hotwork` ships beside the launcher. What it exports is said once, in
 * `package.json`. Every library is in the bundles, so that a user's own version of one is neither needed nor met.
 */

type Manifest = {
  version: string
  files: string[]
  exports: { [path: string]: string | { types: string; default: string } }
  dependencies?: object
}

const began = Date.now()
const root = join(import.meta.dirname, '../..')
const {
  version,
  files,
  exports,
  dependencies = {},
}: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
// It is made beside, and moved at its end: an example that runs meanwhile finds the old one or the new one whole.
const draft = join(root, `.hotwork/dist-${process.pid}`)
const dist = join(root, 'dist')

/** By the name of its bundle: `./dist/types/client/index.d.ts` is made of `client/index.ts`. */
const exported = Object.fromEntries(
  Object.values(exports)
    .filter((target) => typeof target === 'object')
    .map((target) => [
      target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1'),
      target.types.replace(/^\.\/dist\/types\/(.*)\.d\.ts$/, '$1.ts'),
    ]),
)

mkdirSync(draft, { recursive: true })
try {
  const [{ metafile }] = await Promise.all([
    build({
      absWorkingDir: root,
      entryPoints: { ...exported, 'command-line': 'client/hotwork.ts' },
      outdir: draft,
      chunkNames: 'parts/[name]-[hash]',
      bundle: true,
      splitting: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      // What an app of the CDK has anyway, and must have once.
      external: ['aws-cdk-lib', 'constructs'],
      // CommonJS libraries require what Node has built in.
      banner: {
        js: "import { createRequire as makeRequire } from 'node:module'\nconst require = makeRequire(import.meta.url)",
      },
      legalComments: 'none',
      metafile: true,
      logLevel: 'warning',
    }),
    writeDeclarations(root, Object.values(exported), join(draft, 'types')),
  ])
  writeFileSync(join(draft, 'THIRD-PARTY-LICENSES'), licencesOf(root, Object.keys(metafile.inputs)))
  rmSync(dist, { recursive: true, force: true })
  renameSync(draft, dist)
} finally {
  rmSync(draft, { recursive: true, force: true })
}

const shipped = globSync([...files, ...files.map((name) => `${name}/**`), 'package.json', 'README.md', 'LICENSE'], {
  cwd: root,
})
  .map((name) => statSync(join(root, name)))
  .filter((found) => found.isFile())
const megabytes = shipped.reduce((sum, { size }) => sum + size, 0) / 1e6
console.log(
  `hotwork ${version}: ${megabytes.toFixed(1)} MB unpacked in ${shipped.length} files, ` +
    `${Object.keys(dependencies).length} dependencies (made in ${((Date.now() - began) / 1000).toFixed(1)} s)`,
)
