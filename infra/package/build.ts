// Rules: test/package/package.test.ts
import { existsSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { bundleFunctions, bundlePolicyProgram } from '../bundle-functions.ts'
import { lambdas } from '../functions.ts'
import { writeDeclarations } from './declarations.ts'
import { installTime } from './install-time.ts'
import { licencesOf } from './licences.ts'

/**
 * `npm run build`: makes `dist/`, which the package `hotwork` ships beside the launcher. Its exports are listed once, in
 * `package.json`. Every library is in the bundles, so that a user's own version of one is neither needed nor met.
 * `npm ci` in a checkout runs it too, for its examples' imports alone (`--for-examples`): there the compiler finds the
 * source, and the constructs bundle the Lambdas at each synth.
 */

type Manifest = {
  version: string
  files: string[]
  exports: { [path: string]: string | { types: string; default: string } }
  dependencies?: object
}

const began = Date.now()
const root = join(import.meta.dirname, '../..')
process.chdir(root)
const forExamples = process.argv.includes('--for-examples')
const { version, files, exports, dependencies = {} }: Manifest = JSON.parse(readFileSync('package.json', 'utf8'))

/** By the name of its bundle: `./dist/types/client/index.d.ts` is made of `client/index.ts`. */
const exported = Object.fromEntries(
  Object.values(exports)
    .filter((target) => typeof target === 'object')
    .map((target) => [
      target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1'),
      target.types.replace(/^\.\/dist\/types\/(.*)\.d\.ts$/, '$1.ts'),
    ]),
)

// Built in a draft folder, and moved at its end: an example that runs meanwhile finds the old one or the new one whole.
const draft = join(root, `.hotwork/dist-${process.pid}`)
mkdirSync(draft, { recursive: true })
try {
  const inputs = await make(draft)
  writeFileSync(join(draft, 'THIRD-PARTY-LICENSES'), licencesOf(root, inputs))
  if (existsSync('dist')) renameSync('dist', `${draft}-before`)
  renameSync(draft, 'dist')
} finally {
  for (const folder of [draft, `${draft}-before`]) rmSync(folder, { recursive: true, force: true })
}

const shipped = globSync([...files, ...files.map((name) => `${name}/**`), 'package.json', 'README.md', 'LICENSE'])
  .map((name) => statSync(name))
  .filter((found) => found.isFile())
const megabytes = shipped.reduce((sum, { size }) => sum + size, 0) / 1e6
console.log(
  `hotwork ${version}: ${megabytes.toFixed(1)} MB unpacked in ${shipped.length} files, ` +
    `${Object.keys(dependencies).length} dependencies (made in ${((Date.now() - began) / 1000).toFixed(1)} s` +
    `${forExamples ? '' : `, installed in ${installTime(root, `hotwork-${version}.tgz`)} s`})`,
)

/** Returns the paths of the bundled files. */
async function make(folder: string): Promise<string[]> {
  const declarations = forExamples ? undefined : writeDeclarations(root, Object.values(exported), join(folder, 'types'))
  const functions = join(folder, 'functions')
  const programs = forExamples ? [] : [...(await bundleFunctions(functions)), ...bundlePolicyProgram(functions)]
  if (!forExamples) writeFileSync(join(functions, 'lambdas.json'), JSON.stringify(lambdas))
  const [{ metafile }] = await Promise.all([bundleEntries(folder), declarations])
  return [...Object.keys(metafile.inputs), ...programs]
}

function bundleEntries(outdir: string) {
  return build({
    entryPoints: { ...exported, 'command-line': 'client/hotwork.ts' },
    outdir,
    chunkNames: 'parts/[name]-[hash]',
    bundle: true,
    splitting: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    // ESM first: unused parts of CommonJS would stay, and late imports would have no names.
    mainFields: ['module', 'main'],
    // Libraries that an app of the CDK has anyway, and must have once.
    external: ['aws-cdk-lib', 'constructs'],
    // CommonJS libraries require Node's built-in modules. Not by `import.meta`: a user may bundle all this into CommonJS
    // again.
    banner: { js: 'const require = process.getBuiltinModule' },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
}
