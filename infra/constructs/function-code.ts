import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Stage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { buildSync } from 'esbuild'
import { entryOf, type FunctionName, functions, type PolicyUse } from '../functions.ts'

const cedar = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')

/** Credential providers: a Lambda has its credentials in the environment. 0.1 MB less in each bundle. */
const neverLoaded = [
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
]

/**
 * The code of all functions, bundled in one run: a folder each, with `index.js` and, for those that ask policy,
 * `bundle.json` and Cedar's wasm. CommonJS, since Bolt and Cedar do not survive an ESM bundle.
 */
export class FunctionCode {
  readonly #folder: string
  readonly #policies: string
  /** By what its code names: each of those files must be beside it. */
  readonly #uses = new Map<string, PolicyUse>()

  constructor(scope: Construct, policies: string) {
    this.#folder = join(Stage.of(scope)?.outdir ?? '', 'functions')
    this.#policies = policies
    const names = Object.keys(functions) as FunctionName[]
    buildSync({
      entryPoints: names.map((name) => ({ in: entryOf(name), out: join(name, 'index') })),
      outdir: this.#folder,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      minify: true,
      // Unused exports of CommonJS would stay.
      mainFields: ['module', 'main'],
      external: neverLoaded,
      sourcemap: 'external',
      // With the files' text in them, maps were four times the code.
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'error',
    })
    for (const name of names) {
      const [file, map] = [join(this.#folder, name, 'index.js'), join(this.#folder, 'maps', name)]
      const code = readFileSync(file, 'utf8')
      const facts = code.includes('bundle.json') ? 'facts' : 'none'
      this.#uses.set(name, code.includes('cedar_wasm_bg.wasm') ? 'answers' : facts)
      // Not shipped, where they would be unpacked at each cold start.
      mkdirSync(map, { recursive: true })
      renameSync(`${file}.map`, join(map, 'index.js.map'))
    }
  }

  of(name: FunctionName): Code {
    const { policy } = functions[name]
    // The table says it, since memory goes with it. A file that is missing here would be missing at run time.
    const used = this.#uses.get(name)
    if (used !== policy)
      throw new Error(`\`${name}\` is said to take \`${policy}\` from policy, and its code takes \`${used}\``)
    const folder = join(this.#folder, name)
    if (policy !== 'none') copyFileSync(this.#policies, join(folder, 'bundle.json'))
    if (policy === 'answers')
      copyFileSync(join(dirname(cedar), 'cedar_wasm_bg.wasm'), join(folder, 'cedar_wasm_bg.wasm'))
    return Code.fromAsset(folder)
  }
}
