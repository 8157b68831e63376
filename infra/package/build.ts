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
 * `npm run build`: makes `dist/`, which the package `hotwork` ships beside the launcher. Its exports are listed once,
 * in `package.json`. All libraries are in the bundles, so that users' own versions are neither needed nor used. `npm
 * ci` in a checkout runs it too, only for the examples' imports (`--for-examples`): there the compiler finds the
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

/** The exports by the name of their bundle: `./dist/types/client/index.d.ts` is made from `client/index.ts`. */
const exported = Object.fromEntries(
  Object.values(exports)
    .filter((target) => typeof target === 'object')
    .map((target) => [
      target.default.replace(/^\.\/dist\/(.*)\.js$/, '$1'),
      target.types.replace(/^\.\/dist\/types\/(.*)\.d\.ts$/, '$1.ts'),
    ]),
)

// Built in a draft folder and moved at the end, so that a running example finds the complete old or new one.
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
    // ESM first, since CommonJS would keep unused parts, and late imports would have no names.
    mainFields: ['module', 'main'],
    // Libraries that a CDK app has, and must have only once.
    external: ['aws-cdk-lib', 'constructs'],
    // `require` for CommonJS libraries' use of Node's modules. It avoids `import.meta`, since a user may bundle this
    // into CommonJS.
    banner: { js: 'const require = process.getBuiltinModule' },
    legalComments: 'none',
    metafile: true,
    logLevel: 'warning',
  })
}
