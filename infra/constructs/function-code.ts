import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { basename, dirname, join } from 'node:path'
import { Stage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { buildSync } from 'esbuild'

/** What a function asks of policy: nothing, the bundle's facts, or Cedar's answers too. */
export type PolicyUse = 'none' | 'facts' | 'answers'

const cedar = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')
const root = join(import.meta.dirname, '../..')
const handlersFolder = join(root, 'functions/handlers')

/**
 * Bolt loads every receiver there is; the Lambda one needs none of these. 1.6 MB becomes 0.2 MB, and the load of the
 * Slack edge is what a person who clicks waits for.
 */
const absent = join(import.meta.dirname, 'absent.cjs')
const alias = { express: absent, '@slack/oauth': absent, '@slack/socket-mode': absent, 'raw-body': absent }

/**
 * The code of all functions, bundled in one run: a folder each, with `index.js` and, for those that ask policy,
 * `bundle.json` and Cedar's wasm beside it. CommonJS, since Bolt and Cedar do not survive an ESM bundle.
 */
export class FunctionCode {
  readonly #folder: string
  readonly #policies: string
  readonly #askers: ReadonlySet<string>

  constructor(
    scope: Construct,
    { names, policies, handlers = handlersFolder }: { names: readonly string[]; policies: string; handlers?: string },
  ) {
    this.#folder = join(Stage.of(scope)?.outdir ?? '', 'functions')
    this.#policies = policies
    const { outputFiles, metafile } = buildSync({
      entryPoints: names.map((name) => ({ in: join(handlers, `${name}.ts`), out: join(name, 'index') })),
      outdir: this.#folder,
      write: false,
      metafile: true,
      absWorkingDir: root,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      minify: true,
      mainFields: ['module', 'main'],
      sourcemap: 'external',
      legalComments: 'none',
      logLevel: 'error',
      alias,
    })
    this.#askers = new Set(
      Object.values(metafile.outputs)
        .filter(({ inputs }) => Object.keys(inputs).some((path) => path.includes('@cedar-policy/cedar-wasm')))
        .map(({ entryPoint = '' }) => basename(entryPoint, '.ts')),
    )
    for (const { path, contents } of outputFiles) {
      // Maps stay with the assembly, to read a stack trace by: shipped, they would be unpacked at each cold start.
      const place = path.endsWith('.map') ? join(this.#folder, 'maps', path.slice(this.#folder.length + 1)) : path
      mkdirSync(dirname(place), { recursive: true })
      writeFileSync(place, contents)
    }
  }

  /** A function's code, with what it needs beside it. */
  of(name: string, use: PolicyUse): Code {
    // Said by the stack, since memory goes with it, and held to what the code really imports.
    if (this.#askers.has(name) !== (use === 'answers'))
      throw new Error(
        `\`${name}\` is said to ask \`${use}\` of policy, and its code ${this.#askers.has(name) ? 'bundles' : 'does not bundle'} Cedar`,
      )
    const folder = join(this.#folder, name)
    if (use !== 'none') copyFileSync(this.#policies, join(folder, 'bundle.json'))
    if (use === 'answers') copyFileSync(join(dirname(cedar), 'cedar_wasm_bg.wasm'), join(folder, 'cedar_wasm_bg.wasm'))
    return Code.fromAsset(folder)
  }
}
