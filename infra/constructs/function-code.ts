import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Stage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { buildSync } from 'esbuild'
import { entryOf, type FunctionName, functions, type PolicyUse } from '../functions.ts'

const cedar = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')

/**
 * Where the AWS SDK looks for credentials if the environment has none. A Lambda's environment always has them, so these
 * are never loaded: 0.1 MB less in each bundle.
 */
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
 * `bundle.json` and Cedar's wasm beside it. CommonJS, since Bolt and Cedar do not survive an ESM bundle.
 */
export class FunctionCode {
  readonly #folder: string
  readonly #policies: string
  /** What each function's code takes from policy: each file that the code names must be beside it. */
  readonly #uses = new Map<string, PolicyUse>()

  constructor(scope: Construct, { policies }: { policies: string }) {
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
      // A package's ES modules, where it has them: unused exports of CommonJS stay.
      mainFields: ['module', 'main'],
      external: neverLoaded,
      sourcemap: 'external',
      // A map says where in which file. With the files' text in it, maps were four times the code.
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'error',
    })
    for (const name of names) {
      const [file, map] = [join(this.#folder, name, 'index.js'), join(this.#folder, 'maps', name)]
      const code = readFileSync(file, 'utf8')
      const facts = code.includes('bundle.json') ? 'facts' : 'none'
      this.#uses.set(name, code.includes('cedar_wasm_bg.wasm') ? 'answers' : facts)
      // Maps stay with the assembly, to read a stack trace by: shipped, they would be unpacked at each cold start.
      mkdirSync(map, { recursive: true })
      renameSync(`${file}.map`, join(map, 'index.js.map'))
    }
  }

  /** A function's code, with what it needs beside it. */
  of(name: FunctionName): Code {
    const { policy } = functions[name]
    // Said in the table, since memory goes with it, and held to the code: a file that is missing here is missing at run time.
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
