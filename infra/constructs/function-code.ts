import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, readFileSync, renameSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { Stage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { Construct } from 'constructs'

/** What a function asks of policy: nothing, the bundle's facts, or Cedar's answers too. */
export type PolicyUse = 'none' | 'facts' | 'answers'

const cedar = createRequire(import.meta.url).resolve('@cedar-policy/cedar-wasm/nodejs')
const bundler = join(import.meta.dirname, 'bundle.mjs')
const handlers = join(import.meta.dirname, '../../functions/handlers')

/**
 * Packages that are named in code that never runs in a Lambda, and left out of all bundles: the load of the Slack edge is
 * what a person who clicks waits for.
 */
const leftOut = [
  // Bolt loads every receiver there is; the Lambda one needs none of these. 1.6 MB less there.
  'express',
  '@slack/oauth',
  '@slack/socket-mode',
  'raw-body',
  // A Lambda's AWS credentials are in its environment: other places to look are never come to. 0.1 MB less in each bundle.
  '@aws-sdk/credential-provider-http',
  '@aws-sdk/credential-provider-ini',
  '@aws-sdk/credential-provider-login',
  '@aws-sdk/credential-provider-process',
  '@aws-sdk/credential-provider-sso',
  '@aws-sdk/credential-provider-web-identity',
  '@smithy/credential-provider-imds',
]
const absent = join(import.meta.dirname, 'absent.cjs')
const alias = {
  ...Object.fromEntries(leftOut.map((name) => [name, absent])),
  // No call that is made here streams. 20 KB less in each bundle.
  '@smithy/core/event-streams': join(import.meta.dirname, 'no-event-streams.cjs'),
  '@aws-sdk/endpoint-cache': join(import.meta.dirname, 'no-endpoint-cache.cjs'),
}

/**
 * Files of packages that are only named where they are, and never come to: Bolt's other receivers and its assistant, the
 * Web API's uploads and streams. 40 KB less in the Slack edge, each file an empty object there.
 */
const modules = join(import.meta.dirname, '../../node_modules')
const filesLeftOut = [
  '@slack/bolt/dist/Assistant.js',
  '@slack/bolt/dist/CustomFunction.js',
  '@slack/bolt/dist/conversation-store.js',
  '@slack/bolt/dist/receivers/ExpressReceiver.js',
  '@slack/bolt/dist/receivers/HTTPModuleFunctions.js',
  '@slack/bolt/dist/receivers/HTTPReceiver.js',
  '@slack/bolt/dist/receivers/HTTPResponseAck.js',
  '@slack/bolt/dist/receivers/SocketModeFunctions.js',
  '@slack/bolt/dist/receivers/SocketModeReceiver.js',
  '@slack/bolt/dist/receivers/custom-routes.js',
  // Of types alone: as code they are five KB of empty modules.
  '@slack/types/dist/index.js',
  '@slack/web-api/dist/chat-stream.js',
  '@slack/web-api/dist/file-upload.js',
].map((file) => join(modules, file))

/**
 * Files that are read in place of others: what Hotwork has of Bolt and of Slack's client, Slack's methods that are called here,
 * and one of two event emitters.
 */
const instead = {
  [join(modules, '@slack/bolt/dist/index.js')]: join(import.meta.dirname, 'slack-bolt.cjs'),
  [join(modules, '@slack/web-api/dist/index.js')]: join(import.meta.dirname, 'slack-web-api.cjs'),
  [join(modules, '@slack/web-api/dist/methods.js')]: join(import.meta.dirname, 'slack-methods.cjs'),
  [join(modules, 'p-queue/node_modules/eventemitter3/index.js')]: join(import.meta.dirname, 'one-emitter.cjs'),
}
/**
 * Classes of the AWS SDK that nothing here comes to, each left without what is in it: retrying by a rate of its own, which
 * takes a mode that nobody sets; hashing without Node's crypto; signing of event streams. 9 KB less in each bundle.
 */
const hollow = {
  [join(modules, '@smithy/core/dist-es/submodules/retry/util-retry/DefaultRateLimiter.js')]: ['DefaultRateLimiter'],
  [join(modules, '@smithy/core/dist-es/submodules/retry/util-retry/AdaptiveRetryStrategy.js')]: [
    'AdaptiveRetryStrategy',
  ],
  [join(modules, '@smithy/core/dist-es/submodules/checksum/sha256/Sha256Js.js')]: ['Sha256Js'],
  [join(modules, '@smithy/signature-v4/dist-es/HeaderFormatter.js')]: ['HeaderFormatter', 'Int64'],
}

/**
 * The code of all functions, bundled in one run: a folder each, with `index.js` and, for those that ask policy,
 * `bundle.json` and Cedar's wasm beside it. CommonJS, since Bolt and Cedar do not survive an ESM bundle.
 */
export class FunctionCode {
  readonly #folder: string
  readonly #policies: string
  /** What each function's code really takes from policy. */
  readonly #uses = new Map<string, PolicyUse>()

  constructor(scope: Construct, { names, policies }: { names: readonly string[]; policies: string }) {
    this.#folder = join(Stage.of(scope)?.outdir ?? '', 'functions')
    this.#policies = policies
    const options = {
      entryPoints: names.map((name) => ({ in: join(handlers, `${name}.ts`), out: join(name, 'index') })),
      outdir: this.#folder,
      bundle: true,
      platform: 'node',
      target: 'node24',
      format: 'cjs',
      minify: true,
      mainFields: ['module', 'main'],
      sourcemap: 'external',
      // A map says where in which file. With the files' text in it, maps were four times the code.
      sourcesContent: false,
      legalComments: 'none',
      logLevel: 'error',
      alias,
    }
    const told = JSON.stringify({ options, leftOut: filesLeftOut, instead, hollow })
    execFileSync(process.execPath, [bundler, told], { stdio: ['ignore', 'ignore', 'inherit'] })
    for (const name of names) {
      const [code, map] = [join(this.#folder, name, 'index.js'), join(this.#folder, 'maps', name)]
      this.#uses.set(name, useOf(readFileSync(code, 'utf8')))
      // Maps stay with the assembly, to read a stack trace by: shipped, they would be unpacked at each cold start.
      mkdirSync(map, { recursive: true })
      renameSync(`${code}.map`, join(map, 'index.js.map'))
    }
  }

  /** A function's code, with what it needs beside it. */
  of(name: string, use: PolicyUse): Code {
    // Said by the stack, since memory goes with it, and held to the code: what is missing here is missing at run time.
    const used = this.#uses.get(name) ?? 'none'
    if (used !== use)
      throw new Error(`\`${name}\` is said to take \`${use}\` from policy, and its code takes \`${used}\``)
    const folder = join(this.#folder, name)
    if (use !== 'none') copyFileSync(this.#policies, join(folder, 'bundle.json'))
    if (use === 'answers') copyFileSync(join(dirname(cedar), 'cedar_wasm_bg.wasm'), join(folder, 'cedar_wasm_bg.wasm'))
    return Code.fromAsset(folder)
  }
}

/** Whatever file a function's code names must be beside it. */
const useOf = (code: string): PolicyUse =>
  code.includes('cedar_wasm_bg.wasm') ? 'answers' : code.includes('bundle.json') ? 'facts' : 'none'
