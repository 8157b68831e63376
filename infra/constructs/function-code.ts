// Rules: test/infra/resources.test.ts
import { spawnSync } from 'node:child_process'
import { copyFileSync, cpSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Stack, Stage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'
import { bundler, type Lambda, lambdas, prebuilt } from '../functions.ts'

/**
 * The code of all functions: a folder for each, with `index.js` and, for those that ask policy, `bundle.json` and
 * Cedar's wasm. In a checkout it is bundled now; the package contains it.
 */
export class FunctionCode {
  readonly #folder: string
  readonly #policies: string

  constructor(scope: Construct, policies: string) {
    // One folder for each stack, since an app may have two with different policies.
    this.#folder = join(Stage.of(scope)?.outdir ?? '', `${Stack.of(scope).artifactId}.functions`)
    this.#policies = policies
    if (prebuilt === undefined) bundle(this.#folder)
    else for (const { name } of lambdas) copy(join(prebuilt, name), join(this.#folder, name))
  }

  of({ name, policy }: Lambda): Code {
    const folder = join(this.#folder, name)
    if (policy !== 'none') copyFileSync(this.#policies, join(folder, 'bundle.json'))
    if (policy === 'answers') copyFileSync(cedarWasm(), join(folder, 'cedar_wasm_bg.wasm'))
    return Code.fromAsset(folder)
  }
}

const copy = (from: string, to: string) => cpSync(from, to, { recursive: true })

/**
 * A separate process, since the package has no bundler to import. A run of all tests synthesizes often but bundles once
 * (test/support/run.ts).
 */
function bundle(folder: string): void {
  const once = process.env['HOTWORK_BUNDLED_FUNCTIONS']
  if (once !== undefined) {
    copy(once, folder)
    return
  }
  const { status, error, stderr } = spawnSync(process.execPath, [bundler, folder, join(folder, 'maps')], {
    encoding: 'utf8',
  })
  if (status !== 0) throw error ?? new Error(stderr)
}

/** The wasm is large, so the package has it once, beside the policy authors' program. */
const cedarWasm = (): string =>
  join(
    prebuilt === undefined
      ? dirname(createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs'))
      : join(prebuilt, 'policy'),
    'cedar_wasm_bg.wasm',
  )
